"""Which deltas a release is published with.

Rules: a file is made from the same file of releases that the fleet runs, a model from the form of the same runtime and
precision, whatever it is called there; and from nothing, packed. :mod:`ota.publisher.deltas` decides how, and whether it pays
on the wire. Here is decided whether it pays in the metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ota.deltafile import Content
from ota.publisher.deltas import PAYS, candidates, chosen, full
from protocol.release import NOTHING, Difference, Form, TargetName

DEFAULT_BASES = 2
"""Releases before a new one from which deltas are made unless others are named: the one that most boxes run, and the one that
those run which missed an update or were taken back."""
LEAST_SAVED = 4096
"""Bytes that a delta must save one box. Its entry takes 400 bytes of metadata, and every box fetches those whole with every new
version of targets, until the release is removed: ten times, say."""


@dataclass(frozen=True)
class Base:
    """A release from which deltas are made."""

    release: int
    forms: tuple[Form, ...]
    sha256: Mapping[str, str]
    """By name of file."""
    read: Callable[[str], bytes]
    """Content of a file, checked."""


@dataclass(frozen=True)
class MadeDelta:
    """A delta to publish."""

    path: str
    data: bytes
    difference: Difference


def make_deltas(
    name: TargetName, content: bytes, forms: Sequence[Form], bases: Iterable[Base], told: Callable[[str], None]
) -> tuple[MadeDelta, ...]:
    """Make the deltas to one file.

    Args:
        name: of the file in the repository.
        content: of the file.
        forms: of its release.
        bases: releases to begin from.
        told: what is being done.
    """
    told(f"packing {name.file}")
    mine = Content.of(content)
    whole = full(content)
    packed = len(whole.data) <= min(PAYS * len(content), len(content) - LEAST_SAVED)
    made = [_made(name, whole.data, NOTHING, mine)] if packed else []
    alternative = len(whole.data) if packed else len(content)
    seen = {mine.sha256}
    for base in bases:
        file = _counterpart(name.file, forms, base)
        if file is None or base.sha256[file] in seen:
            continue
        seen.add(base.sha256[file])
        told(f"comparing {name.file} with release {base.release}")
        weighed = candidates(base.read(file), content)
        found = chosen(weighed)
        if found is not weighed[0] and alternative - len(found.data) >= LEAST_SAVED:
            made.append(_made(name, found.data, base.sha256[file], mine))
    return tuple(made)


def _made(name: TargetName, data: bytes, base: str, mine: Content) -> MadeDelta:
    return MadeDelta(name.delta_from(base), data, Difference(base, mine.sha256, mine.size))


def _counterpart(file: str, forms: Sequence[Form], base: Base) -> str | None:
    """Which file of the base the box has that would fetch this one."""
    for form in forms:
        if form.file == file:
            same = [f.file for f in base.forms if (f.runtime, f.precision) == (form.runtime, form.precision)]
            return file if file in same else next(iter(same), None)
    return file if file in base.sha256 else None
