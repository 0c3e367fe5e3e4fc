"""Something that is done every so often. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Due:
    """Something that is done every so often."""

    every_s: float
    next_s: float = field(default=0.0)

    def now(self, now_s: float) -> bool:
        """Whether it is time; counts as done when it is."""
        if now_s < self.next_s:
            return False
        self.next_s = now_s + self.every_s
        return True
