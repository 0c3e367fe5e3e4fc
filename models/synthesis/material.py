"""What pictures may be made of: which split's typefaces and photos, or nothing that does not come with this repository."""

from __future__ import annotations

from dataclasses import dataclass

from models.synthesis.glyphs import Split


@dataclass(frozen=True)
class Material:
    """Material for drawing.

    Attributes:
        split: whose typefaces and photos are used; those of ``train`` and ``evaluate`` are disjoint.
        packages: whether typefaces and photos of Debian packages are used. Without them lettering comes from drawn pens and
            backgrounds are drawn: enough for tests, not varied enough for training.
    """

    split: Split = "train"
    packages: bool = True
