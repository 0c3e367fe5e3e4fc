"""What a box may say of shots, as an example: see :mod:`protocol.examples`."""

from __future__ import annotations

from protocol.basis import Estimate
from protocol.gunshot import Bearing, Confuser, FireMode, GunshotDetected, Hearing, Shock

SHOTS = GunshotDetected(
    shots=Estimate(3.0, 3.0, 4.0),
    onsets_ms=(0.0, 412.6, 1003.1),
    onset_sigma_ms=0.08,
    mode=FireMode.SINGLE,
    hearing=Hearing(level_db=-14.2, snr_db=31.0, wind_db=-58.0, microphones=4),
    confuser=Confuser("fireworks", 0.12),
    cadence_rpm=Estimate(119.6, 118.9, 120.4),
    shock=Shock.FOUND,
    shock_lead_ms=Estimate(41.3, 41.1, 41.5),
    bearing=Bearing(azimuth_deg=212.5, sigma_deg=2.1, elevation_deg=3.0),
)
