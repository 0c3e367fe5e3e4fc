"""What a box's configuration says of plates: which lists it uses and for which purposes it makes pseudonyms. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from fleet.policy.policy import Policy, PolicyError
from protocol.config import Refusal

MOST_LISTS = 16
"""Of a twin, as the contract says."""


class _Anpr(msgspec.Struct):
    lists: tuple[str, ...] = ()
    others: str = "nothing"
    purpose: str | None = None


class _Source(msgspec.Struct):
    anpr: _Anpr | None = None


class _Config(msgspec.Struct):
    """A configuration, as far as it must be understood here: boxes of a later version say more."""

    sources: tuple[_Source, ...] = ()


_decoder = msgspec.json.Decoder(_Config)


@dataclass(frozen=True)
class Plates:
    """What a box needs.

    Attributes:
        lists: that its sources name, each once, in their order.
        purposes: of its pseudonyms.
    """

    lists: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()


def plates_of(config: bytes | None) -> Plates:
    """What a configuration needs; one that cannot be read needs nothing."""
    if config is None or b'"anpr"' not in config:
        return Plates()
    try:
        found = [source.anpr for source in _decoder.decode(config).sources if source.anpr is not None]
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Plates()
    lists = dict.fromkeys(name for anpr in found for name in anpr.lists)
    purposes = dict.fromkeys(anpr.purpose for anpr in found if anpr.others == "pseudonym" and anpr.purpose is not None)
    return Plates(tuple(lists)[:MOST_LISTS], tuple(purposes))


def refusals(config: bytes, policy: Policy) -> tuple[Refusal, ...]:
    """What a box may not be told: too many lists, or pseudonyms for a purpose that has none."""
    found: list[Refusal] = []
    lists: set[str] = set()
    for number, source in enumerate(_decoder.decode(config).sources):
        if source.anpr is None:
            continue
        at = f"sources[{number}].anpr"
        lists.update(source.anpr.lists)
        if len(lists) > MOST_LISTS:
            found.append(Refusal(f"{at}.lists", f"a box uses at most {MOST_LISTS} lists; name fewer"))
        if source.anpr.purpose is None:
            continue
        try:
            allowed = policy.purpose(source.anpr.purpose).pseudonyms
        except PolicyError as error:
            found.append(Refusal(f"{at}.purpose", str(error)[:400]))
        else:
            if not allowed:
                words = f"the fleet's policy has no pseudonyms for {source.anpr.purpose}; choose a purpose that does"
                found.append(Refusal(f"{at}.purpose", words))
    return tuple(found)
