"""What can stand against the box itself: its disk, its clock."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from edge.timefloor import Floor
from hardware.system import disk_free_mb
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS

DISK_LOW_MB = 200.0


def of_disk(folder: Path) -> tuple[Reason, ...]:
    """There should be room on the disk of a folder."""
    free = disk_free_mb(folder)
    if free is None or free >= DISK_LOW_MB:
        return ()
    detail = f"{free:.0f} MB free, {DISK_LOW_MB:.0f} needed: free some space on the disk of {folder}"
    return (Reason("disk-low", "disk", detail[:TEXT_CHARACTERS]),)


def of_clock(wall: dt.datetime, floor: Floor) -> tuple[Reason, ...]:
    """Behind what files prove, no certificate is valid yet (row 60)."""
    if wall >= floor.at:
        return ()
    detail = f"it says {wall:%Y-%m-%d}, and {floor.why} on {floor.at:%Y-%m-%d}: no certificate is believed until it is set"
    return (Reason("clock-behind", "clock", f"{detail}; run lamplighter edge clock as root before the agent"),)
