"""Ratios stay honest on a machine that slows down half-way; memory is that of the model alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.bundle.bundle import zoo
from models.factory.machine import this_machine
from models.factory.memory import measure_memory
from models.factory.statistics import EvaluationError
from models.factory.timing import median_interval, noise_for, onnx_runs, time_together

DETECTOR = zoo() / "person-vehicle-fast"


class Workshop:
    """A machine whose clock moves only by the work that is done, and which slows down."""

    def __init__(self, slower_after: int = 10**9) -> None:
        self.now = 0.0
        self.done: list[str] = []
        self.slower_after = slower_after

    def work(self, name: str, ms: float) -> Callable[[], None]:
        def run() -> None:
            self.done.append(name)
            self.now += ms * 1e6 * (3 if len(self.done) > self.slower_after else 1)

        return run

    def clock(self) -> int:
        return round(self.now)


def test_variants_take_turns_in_another_order_each_round() -> None:
    shop = Workshop()
    time_together({"a": shop.work("a", 1), "b": shop.work("b", 1)}, rounds=20, warm_up=2, clock=shop.clock)
    rounds = ["".join(shop.done[i : i + 2]) for i in range(0, len(shop.done), 2)]
    assert rounds == ["ab", "ba"] * 11


def test_a_machine_that_slows_down_half_way_changes_no_ratio() -> None:
    shop = Workshop(slower_after=120)
    first, second = time_together({"fp32": shop.work("f", 4), "int8": shop.work("i", 1)}, rounds=100, clock=shop.clock)
    assert (first.ratio, first.ratio_low, first.ratio_high) == (1, 1, 1)
    assert (second.ratio, second.against) == (0.25, "fp32")
    assert second.p95_ms == pytest.approx(3)
    assert second.n == 100


def test_warm_up_does_not_count() -> None:
    slow = iter([100.0] * 5 + [1.0] * 40)
    now = [0.0]

    def run() -> None:
        now[0] += next(slow) * 1e6

    (found,) = time_together({"a": run}, rounds=30, warm_up=5, clock=lambda: round(now[0]))
    assert (found.median_ms, found.p95_ms) == (1, 1)


def test_the_interval_of_a_median_covers_it() -> None:
    random = np.random.default_rng(6)
    covered = sum(low <= np.log(2) <= high for low, high in (median_interval(random.exponential(size=40)) for _ in range(1000)))
    assert 940 <= covered <= 990
    assert median_interval(np.arange(6.0)) == (0, 5)
    with pytest.raises(EvaluationError, match="at least six"):
        median_interval(np.arange(5.0))


@pytest.mark.parametrize(("variants", "rounds"), [({}, 200), ({"a": lambda: None}, 19)])
def test_too_little_is_not_timed(variants: dict[str, Callable[[], object]], rounds: int) -> None:
    with pytest.raises(EvaluationError, match="at least one variant and 20 rounds"):
        time_together(variants, rounds=rounds)


def test_real_variants_are_timed() -> None:
    paths = {"int8": DETECTOR / "person-vehicle-fast.int8.onnx"}
    for one in time_together(onnx_runs(paths), rounds=20, warm_up=1):
        assert 0 < one.low_ms <= one.median_ms <= one.high_ms
        assert one.median_ms <= one.p95_ms


def test_memory_is_that_of_the_model_alone() -> None:
    model = DETECTOR / "person-vehicle-fast.int8.onnx"
    found = measure_memory("int8", model, processes=1)
    assert found.variant == "int8"
    assert model.stat().st_size / 1e6 < found.pss_mb < 150
    assert found.rss_mb > 4
    assert found.peak_mb >= 0


def test_a_model_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(EvaluationError, match=r"broken\.onnx: its memory cannot be measured"):
        measure_memory("int8", broken)


class Asks:
    """A session that asks for something."""

    def __init__(self, type_: str, shape: list[object]) -> None:
        self.name, self.type, self.shape = "x", type_, shape

    def get_inputs(self) -> list[Asks]:
        return [self]


@pytest.mark.parametrize(
    ("type_", "dtype", "most"),
    [
        ("tensor(uint8)", np.uint8, 255),
        ("tensor(int8)", np.int8, 127),
        ("tensor(float)", np.float32, 1),
        ("tensor(int64)", np.int64, 255),
    ],
)
def test_noise_has_the_shape_and_the_type_that_is_asked_for(type_: str, dtype: type, most: float) -> None:
    noise = noise_for(Asks(type_, ["batch", 64, None, 3]))["x"]
    assert noise.shape == (1, 64, 1, 3)
    assert noise.dtype == dtype
    assert 0 <= noise.min() < noise.max() <= most
    with pytest.raises(EvaluationError, match="hand in the inputs"):
        noise_for(Asks("tensor(string)", [1]))


def test_the_machine_is_described_without_its_name(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: Some Processor 3000\nflags\t: vnni\n")
    found = this_machine(1, cpuinfo)
    assert found.processor.startswith("Some Processor 3000, ")
    assert found.cores >= 1
    assert set(found.packages) >= {"numpy", "onnxruntime"}
    assert this_machine(1, tmp_path / "none").processor
