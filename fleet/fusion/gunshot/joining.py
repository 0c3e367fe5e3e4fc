"""Words of boxes joined into incidents that people are told of. In memory, and nothing that is not in the store as well.

Rules:

- An incident has one id through its life: new when it is sure enough (:mod:`fleet.fusion.gunshot.raising`), update when
  somebody would see another picture, at most every :data:`UPDATE_MS`, end when it closes. What was told stays told, though it
  turn out less sure; what was never told is kept all the same.
- An incident that turns out to be part of another ends, and says of which.
- A box that does not say where it is, or more than a box can hear, is kept without anything made of it, and why.
- Whoever calls stores the changes before anything else is taken, or throws all of it away and begins from the store.
"""

from __future__ import annotations

import logging
import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from fleet.fusion.gunshot.associate import Association
from fleet.fusion.gunshot.detections import Detection, DetectionError, detection
from fleet.fusion.gunshot.heard import Heard, Key, Known
from fleet.fusion.gunshot.incidents import Incident
from fleet.fusion.gunshot.pace import MOST_A_MINUTE, Pace
from fleet.fusion.gunshot.plane import Plane
from fleet.fusion.gunshot.raising import Standard, raised
from fleet.fusion.gunshot.telling import assessed, became, materially, shots_told
from fleet.fusion.gunshot.told import ShotsTold
from fleet.fusion.gunshot.trust import Record
from protocol.events import Assessed, Phase
from protocol.identifiers import uuid7

ARITHMETIC = (ArithmeticError, ValueError, LookupError, AssertionError)
"""What goes wrong where numbers are of a kind that nobody has thought of."""
UPDATE_MS = 500
MOST_DOUBTED = 100
"""Microphones of which nothing is made that are named; there may be more."""

_log = logging.getLogger("lamplighter.gunshots")

Raised = Callable[[Incident, Standard], bool]


@dataclass(frozen=True)
class Kept:
    """An incident as it stands in the store; times in ms.

    Attributes:
        id, number: its name, and what the association calls it while it is open.
        begun, grown, closed: when the first box was heard of, when it last grew, and when it closed.
        became: of which incident it turned out to be a part.
        raised: when people were first told; ``None`` = they were not.
        held: whether alerts were held to high confidence then, or are now where nobody was told.
        withheld: whether nobody is told for that alone.
        seen, assessed: as known last.
    """

    id: str
    number: int
    begun: int
    grown: int
    seen: ShotsTold
    assessed: Assessed
    closed: int | None = None
    became: str | None = None
    raised: int | None = None
    held: bool = False
    withheld: bool = False


@dataclass
class _Open:
    kept: Kept
    members: frozenset[Key]
    told: tuple[ShotsTold, float] | None = None
    """As people were told last, and its probability."""
    told_at: int = 0


@dataclass
class Changes:
    """What is to be stored, in one transaction."""

    heard: dict[Key, Known] = field(default_factory=dict)
    """Words that are new or take the place of others."""
    incidents: dict[str, Kept] = field(default_factory=dict)
    belongs: dict[Key, str] = field(default_factory=dict)
    """Of which incident words are now."""
    told: list[tuple[Kept, Phase]] = field(default_factory=list)
    trust: dict[str, Record] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.heard or self.incidents or self.belongs or self.told or self.trust)


class Joining:
    """Incidents of one city.

    Args:
        plane: on which they are joined.
        raising: says which are told.
    """

    def __init__(self, plane: Plane, raising: Raised = raised) -> None:
        self.association = Association()
        self.plane, self._raising, self._pace = plane, raising, Pace()
        self.lost = False
        """Whether a box says that it is where the plane is no picture of the Earth."""
        self._known: dict[Key, Known] = {}
        """Of which something was made that is open."""
        self._keys: dict[Detection | None, Key] = {}
        """By detection."""
        self._open: dict[int, _Open] = {}
        self._touched: set[int] = set()
        self._due: set[int] = set()
        self._doubted: dict[str, str] = {}
        self._fresh: dict[Key, Known] = {}

    def __len__(self) -> int:
        """Incidents that are open."""
        return len(self._open)

    @property
    def doubted(self) -> tuple[str, ...]:
        """Microphones of which nothing is made, and why."""
        return tuple(self._doubted[name] for name in sorted(self._doubted))

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def take(self, heard: Heard, stored: tuple[str, int] | None = None, *, closed: bool = False) -> None:
        """Take one word.

        Args:
            heard: of a box.
            stored: boot and number of the latest word on the same that is in the store, if there is one.
            closed: whether that belongs to an incident that is not open any more.
        """
        before = self._fresh.get(heard.key) or self._known.get(heard.key)
        latest = (before.heard.boot, before.heard.seq) if before is not None else stored
        if latest is not None and latest[0] == heard.boot and heard.seq <= latest[1]:
            return
        if before is not None:
            heard = replace(heard, received=before.heard.received)
        known = Known(heard) if closed else self._made(heard, before)
        self._fresh[heard.key] = known
        if known.detection is not None:
            self._known[heard.key] = known
        name = f"{heard.device}/{heard.source}"
        self._doubted.pop(name, None)
        if known.doubt and len(self._doubted) < MOST_DOUBTED:
            self._doubted[name] = f"{name}: {known.doubt}"

    def refuse(self, heard: Heard, why: str) -> None:
        """Keep a word of which nothing can be made."""
        self._fresh[heard.key] = Known(heard, doubt=why)

    def close(self, now: int) -> None:
        """Close what has not grown for long; ``now`` in ms."""
        self.association.close(now / 1000)

    def changes(self, now: int, standard: Standard) -> Changes:
        """What has changed since the last call; ``now`` in ms."""
        made = Changes(heard=self._fresh)
        self._fresh = {}
        for number in sorted(self._touched | self._due):
            incident = self.association.incident(number)
            if incident is not None:
                self._changed(incident, now, standard, made)
        for number in [number for number in self._open if self.association.incident(number) is None]:
            self._ended(self._open.pop(number), now, made)
        self._touched.clear()
        return made

    def restore(self, kept: Kept, members: Iterable[Known], told: tuple[ShotsTold, float] | None) -> None:
        """Put back an open incident; the one that grew longest ago first.

        Args:
            kept: as it stands in the store.
            members: what boxes said of it.
            told: as people were told last, and its probability.
        """
        found = [one for one in members if one.detection is not None]
        detections = tuple(one.detection for one in found if one.detection is not None)
        if detections and not self._restored(kept, detections):
            found = []
        for one in found:
            self._known[one.heard.key] = one
            self._keys[one.detection] = one.heard.key
        self._open[kept.number] = _Open(kept, frozenset(one.heard.key for one in found), told)
        if kept.raised is not None:
            self._due.add(kept.number)

    def _restored(self, kept: Kept, detections: tuple[Detection, ...]) -> bool:
        try:
            self.association.restore(kept.number, detections, kept.grown / 1000)
        except ARITHMETIC as error:  # or one incident would keep all others from being told, for ever
            _log.error("incident %s cannot be put back, and ends: %r", kept.id, error)
            return False
        return True

    def _made(self, heard: Heard, before: Known | None) -> Known:
        was = None if before is None else before.detection
        if not self._pace.allows(heard.device, heard.received):
            return Known(heard, was, f"says more than {MOST_A_MINUTE} things a minute")
        try:
            made = detection(heard.device, heard.body, self.plane)
        except DetectionError as error:
            self.lost |= heard.body.where is not None
            return Known(heard, was, str(error).removeprefix(f"{heard.device}: "))
        if self._keys.get(made, heard.key) != heard.key:
            return Known(heard, was, "says the same under another incident")
        now = heard.received / 1000
        if was is None:
            changed = self.association.add(made, now)
        else:
            changed = self.association.replace(was, made, now)
            self._keys.pop(was, None)
        self._keys[made] = heard.key
        self._touched.update(incident.number for incident in changed)
        return Known(heard, made)

    def _changed(self, incident: Incident, now: int, standard: Standard, made: Changes) -> None:
        known = [self._known[self._keys[d]] for d in incident.detections]
        keys = frozenset(one.heard.key for one in known)
        one = self._open.get(incident.number)
        before = None if one is None else one.kept
        echo = None if incident.echo_of is None else self._open.get(incident.echo_of)
        was_raised = before is not None and before.raised is not None
        held = before.held if before is not None and was_raised else standard is Standard.HIGH
        seen = shots_told(
            incident, [k.heard for k in known], self.plane, self.association.trust.of,
            held=held, echo_of=None if echo is None else echo.kept.id,
        )  # fmt: skip
        begun = min(k.heard.received for k in known)
        kept = Kept(
            id=uuid7(now) if before is None else before.id,
            number=incident.number,
            begun=begun if before is None else min(begun, before.begun),
            grown=math.floor(incident.grown_s * 1000),
            seen=seen,
            assessed=assessed(seen, incident.probability),
            raised=None if before is None else before.raised,
            held=held,
        )
        first = not was_raised and self._raising(incident, standard)
        if first:
            kept = replace(kept, raised=now)
        elif not was_raised:
            kept = replace(kept, withheld=held and self._raising(incident, Standard.NORMAL))
        now_open = self._open[incident.number] = one or _Open(kept, frozenset())
        made.belongs.update((key, kept.id) for key in keys - now_open.members)
        now_open.kept, now_open.members = kept, keys
        made.incidents[kept.id] = kept
        self._tell(now_open, now, made, first=first)

    def _tell(self, one: _Open, now: int, made: Changes, *, first: bool) -> None:
        kept = one.kept
        self._due.discard(kept.number)
        if kept.raised is None:
            return
        if not first:
            if one.told is not None and not materially(one.told[0], kept.seen, kept.assessed.probability - one.told[1]):
                return
            if 0 <= now - one.told_at < UPDATE_MS:
                self._due.add(kept.number)
                return
        made.told.append((kept, Phase.NEW if first else Phase.UPDATE))
        one.told, one.told_at = (kept.seen, kept.assessed.probability), now

    def _ended(self, one: _Open, now: int, made: Changes) -> None:
        """Closed, or found to be part of another."""
        kept = replace(one.kept, closed=now)
        self._due.discard(kept.number)
        heirs = []
        for key in one.members:
            known = self._known.get(key)
            heir = None if known is None or known.detection is None else self.association.holding(known.detection)
            if heir is not None:
                heirs.append(heir.number)
            else:
                self._forget(key)
        if heirs:
            other = self._open[statistics.mode(sorted(heirs))].kept.id
            seen, said = became(kept.seen, kept.assessed, other)
            kept = replace(kept, became=other, seen=seen, assessed=said)
        else:
            counted = {device: self.association.trust.record(device) for device, _ in one.members}
            made.trust.update({device: record for device, record in counted.items() if record is not None})
        made.incidents[kept.id] = kept
        if kept.raised is not None:
            made.told.append((kept, Phase.END))

    def _forget(self, key: Key) -> None:
        known = self._known.pop(key, None)
        if known is not None:
            self._keys.pop(known.detection, None)
