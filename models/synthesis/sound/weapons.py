"""What is fired, as far as it can be heard: blast, bullet and rate.

Sources of the ranges: published measurements of muzzle blasts (Maher, "Acoustical characterization of gunshots", 2007; Beck,
Nakasone and Marr, "Variations in recorded acoustic gunshot waveforms", 2011; Routh and Maher, 2016) and makers' tables of
velocities. Each is drawn for each weapon anew: load, barrel and muzzle device change them as much as the calibre does.
"""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Calibre:
    """One kind of cartridge.

    Attributes:
        name: as it is known.
        peak_pa: of the muzzle blast 1 m ahead of the muzzle, pascals.
        positive_ms: how long the first push lasts there, milliseconds.
        bullet_m_s: velocity at the muzzle, m/s.
        bullet_mm: diameter and length, millimetres.
        weight: how often it is drawn.
        rates: rounds a minute that such weapons fire by themselves; nothing when they do not.
    """

    name: str
    peak_pa: Range
    positive_ms: Range
    bullet_m_s: Range
    bullet_mm: tuple[float, float]
    weight: float
    rates: Range | None = None


CALIBRES: tuple[Calibre, ...] = (
    Calibre(".22 LR", (150, 600), (0.2, 0.5), (300, 380), (5.6, 11), 1),
    Calibre("9 mm Parabellum", (900, 2500), (0.35, 1.0), (330, 400), (9, 15), 4, (400, 1200)),
    Calibre(".45 ACP", (800, 2200), (0.4, 1.2), (245, 300), (11.4, 17), 1.5, (600, 900)),
    Calibre(".357 Magnum", (2000, 5000), (0.4, 1.1), (400, 480), (9, 16), 1),
    Calibre(".50 AE", (2500, 6000), (0.6, 1.5), (430, 470), (12.7, 20), 0.5),
    Calibre("5.56 x 45 mm", (2000, 6000), (0.4, 1.4), (850, 980), (5.7, 23), 3, (600, 950)),
    Calibre("7.62 x 39 mm", (2000, 6000), (0.5, 1.6), (690, 740), (7.9, 27), 3, (550, 700)),
    Calibre("7.62 x 51 mm", (3000, 8000), (0.6, 1.8), (800, 870), (7.8, 32), 1, (550, 900)),
    Calibre("12 gauge", (1500, 5000), (0.8, 2.5), (360, 420), (18, 20), 2),
    Calibre(".50 BMG", (6000, 12000), (1.2, 4.0), (820, 920), (13, 58), 0.3, (450, 600)),
)
"""The ten that differ most in what is heard."""
