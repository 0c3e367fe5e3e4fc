"""What draws: a source of randomness, and the letters that it may use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.synthesis.canvas import Mask
from models.synthesis.glyphs import Alphabet, Split, draw_face, draw_words


@dataclass(frozen=True)
class Hand:
    """Passed to all that draws.

    Attributes:
        random: the only source of chance; two in the same state draw the same.
        split: whose alphabets are used.
        fonts: whether typefaces are used besides pens; they must be installed then.
    """

    random: np.random.Generator
    split: Split = "train"
    fonts: bool = True

    def chance(self, share: float) -> bool:
        """Return whether something that is so in this share of cases is so now."""
        return bool(self.random.random() < share)

    def face(self) -> Alphabet:
        """Choose an alphabet for numbers."""
        return draw_face(self.random, self.split, fonts_wanted=self.fonts)

    def words(self, text: str, height: float) -> Mask:
        """Set small print, capitals ``height`` pixels high; uint8 (rows, columns)."""
        return draw_words(self.random, self.split, text, height, fonts_wanted=self.fonts)
