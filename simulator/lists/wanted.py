"""The demo's hit list, and who goes by: the plates that are drawn in the recording of the street."""

from __future__ import annotations

import json
from importlib import resources

LIST, PURPOSE = "stolen", "stolen-vehicles"
WANTED = "6UYP667"
"""On the list. Its car goes by when a third of the recording has been played, and is read in dozens of pictures."""
BASIS = "demonstration, no real case"
COMMENT = "a car of the recording"
DAYS = 30
PSEUDONYMS = "travel-times"
"""Purpose under which everybody else is a pseudonym."""


def others() -> tuple[str, ...]:
    """Plates of all other vehicles of the recording; none of them is issued."""
    truth = json.loads((resources.files("simulator") / "media" / "traffic.json").read_text("utf-8"))
    return tuple(vehicle["plate"] for vehicle in truth["vehicles"] if vehicle["plate"] != WANTED)
