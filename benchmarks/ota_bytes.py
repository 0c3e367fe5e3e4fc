"""What an update costs on the wire, as a share of what the whole bundle costs under zstd.

What counts: all files of the bundle that a box with ONNX Runtime fetches, which are the 8-bit model, the golden vectors and the
manifest. Of each the smallest delta from the release before is taken where it pays, else the full file; our own header counts.
Against it stands the zstd frame (level 19) of each file of the new release, without any header of ours. What costs the same
either way is left out: signed metadata, HTTP, TLS. Every delta is applied as a box would before it is counted.

The pairs are readers of plates that were really trained (:mod:`benchmarks.ota_training`; ``ota_pairs.json`` says how, and how
well each reads): a head drawn anew and retrained, all weights fine-tuned, and a network with other beginnings. A head is the
layer of classes, 1.6% of the weights, which stays in floating point and so is 6% of the model's bytes.

Golden vectors are part of every figure, for better and for worse. Their inputs do not change and are never sent again, which is
why even a new model costs less than its bundle; NAME_model tells the model's file alone, where a new model saves nothing.
Their answers are new in every release. When they were kept with all their digits, a retrained head cost 0.19 of the bundle:
26 kB of head, and 112 kB of answers that no delta could foretell. Now they are kept as exactly as they are asked (``vectors``
of the reader's recipe).

A fine-tuned model is where methods part: NAME_patch tells the whole bundle if patches were the only deltas.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import zstandard

from benchmarks.figure import Figure, Options
from benchmarks.ota_pairs import FIRST, MODEL, PARTS, Files, Record, Release, read
from ota.deltafile import Content, Method
from ota.device.delta import apply
from ota.publisher.deltas import LEVEL, Delta, candidates, chosen

DESCRIPTION = "Bytes of an update on the wire, as a share of the whole bundle under zstd"

TARGETS = {"retrained_head": 0.10, "fine_tune": 0.40, "new_model": 1.02}


@dataclass(frozen=True)
class Cost:
    """Of one file of a bundle, in bytes."""

    file: str
    whole: int
    """Under zstd."""
    sent: Delta
    patch: int
    """What it would be if patches were the only deltas."""


def run(options: Options) -> Iterator[Figure]:
    """Make the deltas of each pair, apply them, and count."""
    record, files = read()
    for release in record.releases:
        if release.name == FIRST:
            continue
        options.progress(release.name)
        yield from figures(record, release, costs(files[FIRST], files[release.name]))


def costs(base: Files, result: Files) -> tuple[Cost, ...]:
    """What each file costs that a box fetches.

    Raises:
        DeltaError: when a delta does not give the file.
    """
    return tuple(_cost(part, base[part], result[part]) for part in PARTS)


def _cost(part: str, base: bytes, result: bytes) -> Cost:
    made = candidates(base, result)
    sent = chosen(made)
    target = io.BytesIO()
    apply(io.BytesIO(sent.data), io.BytesIO(base), target, Content.of(result))
    patch = chosen([delta for delta in made if delta.method in {Method.FULL, Method.PATCH}])
    return Cost(part, len(zstandard.ZstdCompressor(level=LEVEL).compress(result)), sent, len(patch.data))


def figures(record: Record, release: Release, found: tuple[Cost, ...]) -> Iterator[Figure]:
    """Turn costs into shares."""
    name = release.name.replace("-", "_")
    whole = sum(cost.whole for cost in found)
    parts = ", ".join(
        f"{cost.file} {len(cost.sent.data):,} of {cost.whole:,} bytes ({cost.sent.method.name.lower()})" for cost in found
    )
    how = f"{release.learnt}, {release.weights_changed:,} of {record.weights:,} weights changed, reads {release.read_right:.0%}"
    yield Figure(
        name=name,
        value=sum(len(cost.sent.data) for cost in found) / whole,
        unit="share",
        n=len(found),
        target=TARGETS[name],
        against=f"{how}; {parts}",
    )
    (model,) = [cost for cost in found if cost.file == MODEL]
    yield Figure(
        name=f"{name}_model", value=len(model.sent.data) / model.whole, unit="share", n=1, against="the model's file alone"
    )
    yield Figure(
        name=f"{name}_patch",
        value=sum(cost.patch for cost in found) / whole,
        unit="share",
        n=len(found),
        against="the whole bundle, if patches were the only deltas",
    )
