"""Whether a watchdog has brought about this start of the box.

Linux keeps what its watchdog's hardware tells of the last start in ``bootstatus`` (Documentation/watchdog/watchdog-api.rst);
``WDIOF_CARDRESET`` says that the watchdog itself has bitten. Boards whose hardware forgets say 0, which says nothing.
"""

from __future__ import annotations

from pathlib import Path

_CLASS = Path("/sys/class/watchdog")
_CARD_RESET = 0x0020


def caused_start(folder: Path = _CLASS) -> bool:
    """Whether any watchdog of this board says that it did."""
    for path in folder.glob("watchdog*/bootstatus"):
        try:
            status = int(path.read_text("ascii"), 0)
        except (OSError, ValueError):
            continue
        if status & _CARD_RESET:
            return True
    return False
