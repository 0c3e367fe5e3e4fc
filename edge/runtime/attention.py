"""How well microphones are listened to: seconds of sound that were, and times that it failed. Pure.

Rules:

- What listens is asked for as long as a microphone is there. One that is missing, gives nothing or may not be used asks for
  nothing, and its faults are its own.
- A process that dies or hangs has failed, whoever's fault it was: capture and what listens are one process. So has one whose
  listener cannot be made, and a second in which sound was lost because nobody fetched it in time.
- While that is mended, something is asked that does not answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Attention:
    """Of one microphone, or of several.

    Attributes:
        heard: seconds of sound that were listened to, by microphone.
        failures: times that it failed.
        waiting: microphones that are there, or were a moment ago, and are not listened to now.
    """

    heard: int = 0
    failures: int = 0
    waiting: int = 0

    @property
    def asked(self) -> int:
        """How often it was asked."""
        return self.heard + self.failures + self.waiting

    @classmethod
    def joined(cls, several: Iterable[Attention]) -> Attention:
        """All of them together."""
        found = tuple(several)
        return cls(*(sum(getattr(one, name) for one in found) for name in ("heard", "failures", "waiting")))
