"""How long one inference takes on one thread, and how two variants compare on a machine that is never quiet.

Rules: variants take turns, one run each in every round and in another order each time, so that whatever else the machine does
falls on all of them; a ratio is the median of the rounds' own ratios. Intervals of medians are those of order statistics, which
assume no distribution (David and Nagaraja, Order Statistics, 2003, section 7.1). The clock is handed in.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.litert import LiteRtNetwork
from models.factory.session import open_session
from models.factory.statistics import Array, EvaluationError
from protocol.basis import Struct

ROUNDS = 200
"""Enough for a 95th percentile with ten runs above it."""
LEAST_ROUNDS = 20
"""With fewer, the highest run would be the 95th percentile."""
WARM_UP = 10
"""Rounds before counting: the first runs allocate, and the processor raises its clock."""
_DTYPES: dict[str, type[np.generic]] = {
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
}


class Latency(Struct, frozen=True):
    """Times of one variant; milliseconds."""

    variant: str
    median_ms: float
    low_ms: float
    """Lower end of the median's 95% interval."""
    high_ms: float
    p95_ms: float
    n: int
    against: str
    """The variant that the ratio compares with: the first of those that were timed together."""
    ratio: float
    """This variant's time by the other's, median over rounds."""
    ratio_low: float
    ratio_high: float


def time_together(
    runs: Mapping[str, Callable[[], object]],
    *,
    rounds: int = ROUNDS,
    warm_up: int = WARM_UP,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> tuple[Latency, ...]:
    """Time several variants in turn.

    Args:
        runs: one inference of each, by name of the variant.
        rounds: that count.
        warm_up: rounds before.
        clock: nanoseconds that never go back.

    Raises:
        EvaluationError: without variants, or with too few rounds.
    """
    if not runs or rounds < LEAST_ROUNDS:
        msg = f"timing: {len(runs)} variants, {rounds} rounds; give at least one variant and {LEAST_ROUNDS} rounds"
        raise EvaluationError(msg)
    names = list(runs)
    times = np.empty((len(names), rounds))
    for number in range(-warm_up, rounds):
        for place in range(len(names)):
            which = (place + number) % len(names)
            began = clock()
            runs[names[which]]()
            if number >= 0:
                times[which, number] = (clock() - began) / 1e6
    return tuple(_latency(name, times[i], names[0], times[0]) for i, name in enumerate(names))


def onnx_runs(
    paths: Mapping[str, Path], feeds: Mapping[str, npt.NDArray[Any]] | None = None
) -> dict[str, Callable[[], object]]:
    """One inference of each ONNX file, as a box without an accelerator runs it: one thread, on the CPU.

    Args:
        paths: files by name of the variant.
        feeds: inputs by name; noise of the model's own shape when absent.
    """
    return {name: _runner(open_session(path), feeds) for name, path in paths.items()}


def model_runs(paths: Mapping[str, Path], outputs: Sequence[str]) -> dict[str, Callable[[], object]]:
    """One inference of each file on the CPU, ONNX or TFLite, one thread, on noise.

    Args:
        paths: files by name of the variant.
        outputs: names that a TFLite file gives its outputs, where it has several.
    """
    tflite = {name: path for name, path in paths.items() if path.suffix == ".tflite"}
    runs = onnx_runs({name: path for name, path in paths.items() if name not in tflite})
    return runs | {name: _tflite_runner(path, outputs) for name, path in tflite.items()}


def _tflite_runner(path: Path, outputs: Sequence[str]) -> Callable[[], object]:
    network = LiteRtNetwork(path.read_bytes(), path.name, outputs if len(outputs) > 1 else ())
    _, shape, dtype = network.input
    values = _noise(np.random.default_rng(0), shape, dtype.type)
    return lambda: network.run(values)


def noise_for(session: Any, seed: int = 0) -> dict[str, npt.NDArray[Any]]:
    """Inputs of the shapes and types that a session asks for, drawn evenly; sizes that it leaves open are 1.

    Raises:
        EvaluationError: for a type that no model of ours takes.
    """
    random = np.random.default_rng(seed)
    feeds: dict[str, npt.NDArray[Any]] = {}
    for wanted in session.get_inputs():
        dtype = _DTYPES.get(wanted.type)
        if dtype is None:
            msg = f"input {wanted.name!r} is {wanted.type}; hand in the inputs to time it with"
            raise EvaluationError(msg)
        shape = [size if isinstance(size, int) and size > 0 else 1 for size in wanted.shape]
        feeds[wanted.name] = _noise(random, shape, dtype)
    return feeds


def _noise(random: np.random.Generator, shape: Sequence[int], dtype: type[np.generic]) -> npt.NDArray[Any]:
    most = 1.0 if issubclass(dtype, np.floating) else min(256, np.iinfo(dtype).max + 1)  # type: ignore[type-var]
    return (random.random(shape) * most).astype(dtype)


def _runner(session: Any, feeds: Mapping[str, npt.NDArray[Any]] | None) -> Callable[[], object]:
    inputs = dict(noise_for(session) if feeds is None else feeds)
    return lambda: session.run(None, inputs)


def _latency(name: str, times: Array, against: str, others: Array) -> Latency:
    low, high = median_interval(times)
    ratios = times / others
    ratio_low, ratio_high = median_interval(ratios)
    return Latency(
        variant=name,
        median_ms=float(np.median(times)),
        low_ms=low,
        high_ms=high,
        p95_ms=float(np.percentile(times, 95)),
        n=len(times),
        against=against,
        ratio=float(np.median(ratios)),
        ratio_low=ratio_low,
        ratio_high=ratio_high,
    )


def median_interval(values: Array) -> tuple[float, float]:
    """At least 95% interval of the median: the k-th smallest and largest value, k from the binomial distribution.

    Raises:
        EvaluationError: with fewer than six values, which have no such interval.
    """
    n, outside, k = len(values), 0.0, 0
    while True:
        outside += 2 * math.comb(n, k) / 2**n
        if outside > 0.05:  # noqa: PLR2004 - 95%
            break
        k += 1
    if k == 0:
        msg = f"median of {n} values: no 95% interval; measure at least six times"
        raise EvaluationError(msg)
    ranked = np.sort(values)
    return float(ranked[k - 1]), float(ranked[n - k])
