"""Which keys a box should hold now, and whether it is to be sent them. Pure.

Rules:

- A box gets the keys of the lists that its configuration names and that stand, and of its purposes' periods: this one and, when
  it was made, the next. While a list's key is being replaced it gets both until it uses the list under the new one.
- What a box holds besides it forgets: it is sent what it should hold also when that is less.
- The same is sent again after :data:`FIRST_S` and then at growing intervals; between any two are :data:`LEAST_S` seconds, and
  in :data:`WINDOW_S` there are at most :data:`MOST_IN_WINDOW`, whatever a box says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from fleet.lists.boxes import Box
from fleet.lists.keystore import KeyRow
from fleet.lists.ledger import Version
from fleet.lists.periods import GRACE_MS
from fleet.policy.policy import Policy
from protocol.keys import MOST_KEYS

LEAST_S = 2.0
FIRST_S = 30.0
"""A command that was not answered by then has died at the broker."""
LAST_S = 600.0
WINDOW_S = 600.0
MOST_IN_WINDOW = 12
"""A box that starts every minute is served; one that offers a lock a second is not."""


class Given(msgspec.Struct, frozen=True):
    """A key that a box should hold; times in ms."""

    id: str
    use: Literal["list", "pseudonym"]
    purpose: str
    begins: int
    ends: int


@dataclass(frozen=True)
class Handout:
    """What a box was sent last; times in ms."""

    boot: str
    given: str
    sent_at: int
    tries: int
    window_at: int
    window_count: int


def wanted(box: Box, active: Mapping[str, Version], keys: Iterable[KeyRow], policy: Policy, now: int) -> tuple[Given, ...]:
    """Keys that a box should hold.

    Args:
        box: the box.
        active: versions that stand, by list.
        keys: that were not destroyed.
        policy: of the fleet.
        now: ms.
    """
    uses = {} if box.state is None else box.state.lists
    current: list[Given] = []
    leaving: list[Given] = []
    for key in keys:
        if key.use == "pseudonym" and key.purpose in box.plates.purposes:
            purpose = policy.purposes.get(key.purpose)
            if purpose is not None and purpose.pseudonyms and key.ends is not None and key.ends > now:
                current.append(Given(key.id, "pseudonym", key.purpose, key.begins, key.ends))
        version = active.get(key.list or "") if key.use == "list" and key.list in box.plates.lists else None
        if version is None:
            continue
        if key.id == version.key:
            current.append(Given(key.id, "list", key.purpose, key.begins, version.expires))
        elif key.retired_at is not None and 0 < uses.get(version.list, 0) < (version.version or 0):
            ends = min(version.expires, key.retired_at + GRACE_MS)
            if ends > now:
                leaving.append(Given(key.id, "list", key.purpose, key.begins, ends))
    return tuple(sorted((*current, *leaving)[:MOST_KEYS], key=lambda one: one.id))


def name_of(keys: tuple[Given, ...]) -> str:
    """What was given, in one digest: ids and times, not the keys."""
    return hashlib.sha256(msgspec.json.encode(keys)).hexdigest()


def needs(box: Box, keys: tuple[Given, ...], last: Handout | None) -> bool:
    """Whether a box does not hold what it should."""
    if box.state is None or box.state.lock is None:
        return False
    if set(box.state.keys) != {key.id for key in keys}:
        return True
    # It holds the right ones, perhaps with an end that has moved since.
    return last is not None and last.boot == box.state.boot and last.given != name_of(keys)


def next_at(box: Box, keys: tuple[Given, ...], last: Handout | None) -> int:
    """When, ms, a box that :func:`needs` keys may be sent them; 0 = at once."""
    if last is None or box.state is None:
        return 0
    earliest = last.sent_at + round(LEAST_S * 1000)
    if (last.boot, last.given) == (box.state.boot, name_of(keys)):
        again_s = min(LAST_S, FIRST_S * 2 ** min(last.tries - 1, 10))
        earliest = last.sent_at + round(again_s * 1000)
    if last.window_count >= MOST_IN_WINDOW:
        earliest = max(earliest, last.window_at + round(WINDOW_S * 1000))
    return earliest


def after(box: Box, keys: tuple[Given, ...], last: Handout | None, now: int) -> Handout:
    """What is remembered of a box that was sent keys now."""
    assert box.state is not None
    given = name_of(keys)
    same = last is not None and (last.boot, last.given) == (box.state.boot, given)
    tries = last.tries + 1 if last is not None and same else 1
    fresh = last is None or now - last.window_at >= WINDOW_S * 1000
    begun, count = (now, 1) if last is None or fresh else (last.window_at, last.window_count + 1)
    return Handout(box.state.boot, given, now, tries, begun, count)
