"""What rendered plates are made of, as items of a split: alphabets, and photos behind them.

Rule: a rendering has no source but these; where training and evaluation share none, no rendering leaks from one to the other.
"""

from __future__ import annotations

import hashlib

from models.factory.leaks import Item
from models.synthesis.glyphs import SEEDS, Split, fonts
from models.synthesis.photos import photos


def alphabets(split: Split, *, packages: bool = True) -> dict[str, Item]:
    """Pens, each known by its seed, and, when ``packages`` are used, typefaces, each known by where it lies."""
    items = {f"pen {seed}": _named(f"pen {seed}") for seed in SEEDS[split]}
    if packages:
        items |= {font.path: _named(font.path) for font in fonts(split)}
    return items


def backgrounds(split: Split) -> dict[str, Item]:
    """Photos of packages that scenes stand in front of."""
    return {str(photo.path): Item(str(photo.path), photo.sha256) for photo in photos() if photo.split == split}


def renderings(stream: int, count: int) -> dict[str, Item]:
    """Renderings that come from one seed; each is a source."""
    return {f"rendering {stream}/{at}": _named(f"rendering {stream}/{at}") for at in range(count)}


def _named(name: str) -> Item:
    return Item(name, hashlib.sha256(name.encode()).hexdigest())
