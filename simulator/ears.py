"""The real boxes of the demo that listen: six, each with a recording of what goes off as it hears it.

Rule: what they play is in step by the wall clock, as if six microphones stood in one city; no box knows of another.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from edge.agent.status import read_status
from protocol.config import Microphone
from simulator.boxes import RealBox
from simulator.shots.planted import Truth
from simulator.shots.recordings import lay_down
from simulator.worlds.city import City
from simulator.worlds.sites import EARS, ear_sites

_SOUND = "sound"
_AGENT = "import ctypes, sys; ctypes.CDLL(None).prctl(1, 15); import simulator.agent; simulator.agent.run(sys.argv[-1])"
"""One that dies with its parent, called with the arguments of `lamplighter`."""


def make_ears(  # noqa: PLR0913 - what a box follows from
    city: City, folder: Path, manager: str, codes: dict[str, str], truth: Truth, begins: dt.datetime
) -> list[RealBox]:
    """Prepare them, and write what they play.

    Args:
        city: where.
        folder: for their files and their states.
        manager: address of the manager.
        codes: one-time enrolment codes by device.
        truth: of the recording.
        begins: a whole second: when its first sample is played.
    """
    sounds = lay_down(folder / _SOUND, truth, tuple(device for device, *_ in EARS), begins)
    return [
        RealBox(
            site.device,
            (
                Microphone(
                    "mast",
                    str(sounds[site.device]),
                    pace="wall-clock",
                    repeat=True,
                    full_scale_db=truth.full_scale_db,
                    where=site.where(city.origin, 0.0),
                ),
            ),
            folder / site.device,
            manager,
            codes[site.device],
            agent=_AGENT,
        )
        for site in ear_sites(city)
    ]


def listens(box: RealBox) -> bool:
    """Whether all its microphones are listened to, as the box itself says."""
    try:
        microphones = read_status(box.folder / "state" / "status.sock").telemetry.microphones
    except (OSError, msgspec.DecodeError):  # not up yet
        return False
    return bool(microphones) and all(one.state == "running" for one in microphones.values())
