"""What an order means on this box: which files, by which way, or why not. Pure but for looking things up.

Rules:

- Decided is by signed metadata alone: an order chooses, it does not say what it chose (rows 10 and 15 of the faults).
- A release below the highest that has passed its probation here is refused (row 8), and so is one that has failed here.
- Refused is before anything is fetched: other boards, other runtimes, an agent that is too old, a disk that is too small.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from models.bundle.choose import Offer
from ota.deltafile import Content
from ota.device.catalogue import Catalogue, Target
from ota.device.errors import MissingError, RefusedError, Why
from ota.device.state import DeltaPart, Part, Plan, State
from protocol.errors import ProtocolError
from protocol.release import MANIFEST_FILE, Difference, Form, Release, TargetName, difference_of, release_of

FILE_BYTES = 200_000_000
"""Largest file of a bundle, as its manifest has it."""
RESERVE_BYTES = 32 << 20
"""Left free on the disk, for the state itself, the outbox and the logs."""


@dataclass(frozen=True)
class Box:
    """What an order is held against."""

    board: str
    """Its name, as the board says it."""
    agent: str
    """Version of Lamplighter that runs."""
    offers: Sequence[Offer]
    """Accelerators, best first."""
    standby: Sequence[Offer] = ()
    """Those that stand in for one that fails, best first; what they run is fetched too."""


def objection(state: State, bundle: str, release: int) -> RefusedError | None:
    """Why a release cannot be ordered here, whatever it is; ``None`` = it can."""
    if state.is_quarantined(bundle, release):
        return RefusedError(Why.QUARANTINED, f"release {release} of {bundle} has failed on this box; order a newer one")
    highest = state.committed.get(bundle, 0)
    if release < highest:
        msg = f"release {release} of {bundle} is older than {highest}, which has run here; sign its content as a new release"
        return RefusedError(Why.OLDER, msg)
    return None


def resolve(bundle: str, release: int, catalogue: Catalogue, box: Box, bases: Collection[Content]) -> Plan:
    """Find out what is to be fetched.

    Args:
        bundle: what was ordered.
        release: which release of it.
        catalogue: signed metadata.
        box: this one.
        bases: files of the bundle that are here, for deltas.

    Raises:
        RefusedError: it does not fit this box, or what is signed of it contradicts itself.
        MissingError: it is not among what is signed.
        TrustError: as the catalogue does.
        FetchError: likewise.
    """
    target = catalogue.find(TargetName(bundle, release, MANIFEST_FILE).path)
    if target is None:
        msg = f"release {release} of {bundle} is not in the repository; publish it, or order another"
        raise MissingError(msg)
    found = _release(target)
    if (found.bundle, found.release) != (bundle, release):
        msg = f"what is signed at {target.path} is release {found.release} of {found.bundle}; sign it again"
        raise RefusedError(Why.METADATA_WRONG, msg)
    _check_fit(found, box)
    form = form_for(found.forms, box.offers)
    if form is None:
        has = ", ".join(f"{offer.runtime} {'/'.join(offer.precisions)}" for offer in box.offers if offer.available) or "nothing"
        msg = f"no variant of release {release} of {bundle} runs here; this box has {has}"
        raise RefusedError(Why.RUNTIME, msg)
    standby = form_for(found.forms, box.standby)
    files = dict.fromkeys((MANIFEST_FILE, *found.files, form.file, *(() if standby is None else (standby.file,))))
    return Plan(
        release=found,
        form=form.file,
        parts=tuple(_part(TargetName(bundle, release, file), catalogue, bases) for file in files),
    )


def form_for(forms: Sequence[Form], offers: Sequence[Offer]) -> Form | None:
    """Take the first offer that can run a variant, in the precision that it runs best, as `models.bundle.choose` does."""
    for offer in offers:
        for precision in offer.precisions if offer.available else ():
            for form in forms:
                if (form.runtime, form.precision) == (offer.runtime, precision):
                    return form
    return None


def check_room(plan: Plan, has: Callable[[Content], bool], free: int, used: int, budget: int) -> None:
    """Refuse what does not fit on the disk, before it is fetched.

    Args:
        plan: what is to be fetched.
        has: whether a file is here.
        free: bytes left on the disk.
        used: bytes that updates take now.
        budget: bytes that they may take.

    Raises:
        RefusedError: there is no room.
    """
    needed = sum(part.size + (part.delta.size if part.delta else 0) for part in plan.parts if not has(part.content))
    if needed > free - RESERVE_BYTES:
        msg = f"{needed} bytes are needed, {max(0, free - RESERVE_BYTES)} are free beside the reserve; make room on the disk"
        raise RefusedError(Why.DISK_FULL, msg)
    if used + needed > budget:
        msg = f"{needed} bytes are needed, and of {budget} for updates {used} are taken; allow more"
        raise RefusedError(Why.DISK_BUDGET, msg)


def _release(target: Target) -> Release:
    try:
        return release_of(target.custom)
    except ProtocolError as error:
        raise RefusedError(Why.METADATA_WRONG, f"{target.path}: {error}") from error


def _check_fit(release: Release, box: Box) -> None:
    name = f"release {release.release} of {release.bundle}"
    if release.hardware and not any(box.board.startswith(beginning) for beginning in release.hardware):
        msg = f"{name} is for {', '.join(release.hardware)[:60]}; this is a {box.board[:40]}"
        raise RefusedError(Why.HARDWARE, msg)
    if _version(box.agent) < _version(release.agent):
        msg = f"{name} needs agent {release.agent}, this is {box.agent[:20]}; update this box's software first"
        raise RefusedError(Why.AGENT, msg)


def _version(text: str) -> tuple[int, ...]:
    """Numbers of a version; ``0.2`` and ``0.2.0`` are one, and what stands behind the numbers does not count."""
    found = re.match(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}", text)
    numbers = [int(number) for number in found.group().split(".")] if found else []
    return tuple((numbers + [0] * 4)[:4])


def _part(name: TargetName, catalogue: Catalogue, bases: Collection[Content]) -> Part:
    target = catalogue.find(name.path)
    if target is None:
        msg = f"{name.path} is not signed, but the release needs it; publish the release anew"
        raise RefusedError(Why.METADATA_WRONG, msg)
    if target.content.size > FILE_BYTES:
        msg = f"{name.path} has {target.content.size} bytes, at most {FILE_BYTES} are fetched"
        raise RefusedError(Why.TOO_LARGE, msg)
    ways = sorted(_deltas(name, target.content, catalogue, bases), key=lambda way: (way.size, way.sha256))
    return Part(file=name.file, size=target.content.size, sha256=target.content.sha256, delta=ways[0] if ways else None)


def _deltas(name: TargetName, content: Content, catalogue: Catalogue, bases: Collection[Content]) -> Iterator[DeltaPart]:
    """Deltas that help: from a file that is here, to the signed one, shorter than it. What is signed wrongly does not."""
    for base in bases:
        target = catalogue.find(name.delta_from(base.sha256))
        if target is None or target.content.size >= content.size:
            continue
        try:
            found = difference_of(target.custom)
        except ProtocolError:
            continue
        if found == Difference(base.sha256, content.sha256, content.size):
            yield DeltaPart(base=base.sha256, size=target.content.size, sha256=target.content.sha256)
