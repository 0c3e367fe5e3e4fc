"""Which compiled form of each model runs where on this box, why no other does, and how quick each one is.

Rules: a form is measured in a process of its own, as it would run, while it answers its golden vectors. One that hangs or dies
has no time, and the next is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.boxfile import BoxFile
from edge.channel import Channel, ChannelError
from edge.infer.messages import FromAccelerator, Load, Loaded, Loading, ModelOrder, Refused, Stop, Task, Up
from edge.process import end, spawn
from edge.runtime.accelerator import WORKER
from edge.runtime.plan import bundles_of
from edge.runtime.planner import BundlePlanner
from edge.runtime.policy import RuntimePolicy
from edge.runtime.times import read_times, write_times
from hardware.accelerators import detect
from models.bundle import choose
from models.bundle.bundle import Bundle, load_bundle
from models.bundle.choose import Offer, Times
from protocol.basis import Struct
from protocol.config import Source
from protocol.manifest import Variant


class Form(Struct, frozen=True):
    """A compiled form on an accelerator."""

    variant: str
    accelerator: str
    ms: float | None
    """Of an inference, where it has been measured."""
    reason: str
    """Why it is not used; empty for the one that is."""


class Choice(Struct, frozen=True):
    """What is used of a bundle, first, and what is not."""

    bundle: str
    forms: tuple[Form, ...]


@dataclass(frozen=True)
class Measured:
    """What came of measuring one form."""

    variant: Variant
    accelerator: str
    ms: float | None
    fault: str = ""


def explained(file: BoxFile, *, measure: bool, as_json: bool, say: Callable[[str], None]) -> Iterator[str]:
    """Lines for whoever asks a box's file.

    Args:
        file: of the box.
        measure: every form first, and keep the times.
        as_json: an object for each bundle instead of words.
        say: is told what is going on, and what could not be measured.

    Raises:
        BundleError: when a bundle in use is not there.
        OSError: when times cannot be kept.
    """
    state, accelerators = Path(file.box.state), detect()
    bundles = list(dict.fromkeys(name for source in file.sources for name in bundles_of(source)))
    times = dict(read_times(state))
    planner = BundlePlanner(file.box.bundles, accelerators)
    if measure:
        for found in measured(planner, bundles, say):
            key = found.variant.sha256, found.accelerator
            times.pop(key, None)
            if found.ms is None:
                say(f"{found.variant.file} on {found.accelerator}: not measured: {found.fault}")
            else:
                times[key] = found.ms
        write_times(state, times)
    for choice in explain(BundlePlanner(file.box.bundles, accelerators, times=times), file.sources, times):
        yield from [msgspec.json.encode(choice).decode()] if as_json else _lines(choice)


def _lines(choice: Choice) -> Iterator[str]:
    yield f"{choice.bundle}:"
    for form in choice.forms:
        took = "" if form.ms is None else f", {form.ms:.1f} ms"
        verdict = f"not used: {form.reason}" if form.reason else "used"
        yield f"  {form.variant} on {form.accelerator}{took}: {verdict}"


def explain(planner: BundlePlanner, sources: Sequence[Source], times: Times) -> tuple[Choice, ...]:
    """Say what is chosen of each bundle that looks, and why nothing else.

    Raises:
        BundleError: when one is not there.
    """
    found = dict.fromkeys(choice for source in sources for choice in planner.choices(source))
    return tuple(_explained(planner, name, choice, times) for name, choice in found)


def _explained(planner: BundlePlanner, name: str, choice: choose.Choice, times: Times) -> Choice:
    known = {variant.file: variant.sha256 for variant in load_bundle(planner.place(name)).manifest.variants}
    forms = [Form(r.variant, r.accelerator, times.get((known[r.variant], r.accelerator)), r.reason) for r in choice.rejected]
    if choice.variant is not None:
        used = times.get((choice.variant.sha256, choice.accelerator))
        forms.insert(0, Form(choice.variant.file, choice.accelerator, used, ""))
    return Choice(name, tuple(forms))


def measured(planner: BundlePlanner, bundles: Sequence[str], progress: Callable[[str], None]) -> Iterator[Measured]:
    """Measure every form that something here can run.

    Raises:
        BundleError: when a bundle is not there.
    """
    for name in bundles:
        bundle = load_bundle(planner.place(name))
        for offer in planner.offers:
            for variant in bundle.manifest.variants:
                if offer.available and variant.runtime == offer.runtime and variant.precision in offer.precisions:
                    progress(f"{variant.file} on {offer.accelerator}")
                    yield _measure(planner.entry(offer.accelerator), bundle, variant, offer)


def _measure(entry: str, bundle: Bundle, variant: Variant, offer: Offer) -> Measured:
    order = ModelOrder(bundle.manifest.name, str(bundle.folder), variant.file, "", Task.PROOF)
    policy = RuntimePolicy()
    process, connection = spawn(WORKER, f"measuring {offer.accelerator}", entry)
    channel: Channel[FromAccelerator] = Channel(connection, FromAccelerator)
    try:
        said = _heard(channel, policy.start_s)
        if isinstance(said, Up):
            channel.send(Load(order))
            said = Loading()
            while isinstance(said, Loading):
                said = _heard(channel, policy.deadline.load_s)
        match said:
            case Loaded(_, ms):
                channel.send(Stop())
                return Measured(variant, offer.accelerator, ms)
            case Refused(_, reason):
                return Measured(variant, offer.accelerator, None, reason)
            case _:
                return Measured(variant, offer.accelerator, None, "does not answer; its process was ended")
    except ChannelError:
        return Measured(variant, offer.accelerator, None, "its process died while it was opened")
    finally:
        channel.close()
        end(process, policy.stop_s)


def _heard(channel: Channel[FromAccelerator], patience_s: float) -> FromAccelerator | None:
    return channel.receive() if channel.waiting(patience_s) else None
