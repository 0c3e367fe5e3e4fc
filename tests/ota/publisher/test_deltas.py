"""Made by every method, the same each time; the smallest is kept, and only where it pays."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import zstandard

from ota.deltafile import HEADER_SIZE, MEMORY, Method
from ota.publisher import deltas
from ota.publisher.deltas import PAYS, best, best_split, candidates, full

_RANDOM = np.random.default_rng(5)
WEIGHTS = np.clip(np.rint(_RANDOM.normal(0, 30, 60_000)), -127, 127).astype(np.int8)
"""As 8-bit weights are spread; what becomes of real ones is measured by the bench."""


def nudged(share: float) -> bytes:
    """Some weights one step beside."""
    return (WEIGHTS + (_RANDOM.random(WEIGHTS.size) < share)).astype(np.int8).tobytes()


def head_replaced() -> bytes:
    changed = WEIGHTS.copy()
    changed[-2000:] = _RANDOM.permutation(changed[-2000:])
    return changed.tobytes()


OLD = WEIGHTS.tobytes()


@pytest.mark.parametrize(
    ("base", "result", "method"),
    [
        pytest.param(OLD, nudged(0.5), Method.DIFFERENCE, id="nearly every weight a step beside"),
        pytest.param(OLD, OLD[30_000:] + OLD[:30_000], Method.PATCH, id="halves changed places"),
        pytest.param(OLD, OLD[:9000] + b"name" + OLD[9000:20_000] + b"other" + OLD[20_000:], Method.PATCH, id="put in twice"),
        pytest.param(OLD, b"name" + nudged(0.5), Method.DIFFERENCE, id="a step beside, and longer in front"),
        pytest.param(OLD, nudged(0.5) + b"name", Method.DIFFERENCE, id="a step beside, and longer behind"),
        pytest.param(OLD, _RANDOM.permutation(WEIGHTS).tobytes(), None, id="another network"),
        pytest.param(b"", OLD, None, id="from nothing"),
        pytest.param(OLD, b"", None, id="to nothing"),
        pytest.param(OLD, bytes(60_000), None, id="to what packs into nothing"),
    ],
)
def test_the_smallest_wins_where_it_pays(base: bytes, result: bytes, method: Method | None) -> None:
    chosen = best(base, result)
    assert (chosen and chosen.method) == method
    whole, *others = candidates(base, result)
    if chosen is None:
        assert all(len(made.data) > PAYS * len(whole.data) for made in others)
    else:
        assert len(chosen.data) == min(len(made.data) for made in others) <= PAYS * len(whole.data)


def test_a_retrained_head_is_as_small_as_the_head() -> None:
    chosen = best(OLD, head_replaced())
    assert chosen is not None
    assert len(chosen.data) < 2000 + 2 * HEADER_SIZE


def test_of_equals_the_simpler_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    made = candidates(OLD, head_replaced())
    least = min(made, key=lambda delta: len(delta.data)).data
    even = [made[0], *(deltas.Delta(delta.method, least) for delta in made[:0:-1])]
    monkeypatch.setattr(deltas, "candidates", lambda *_: even)
    chosen = best(OLD, head_replaced())
    assert chosen is not None
    assert chosen.method == Method.PATCH


@pytest.mark.parametrize(("length", "kept"), [(89, True), (90, True), (91, False), (100, False), (101, False)])
def test_what_pays(length: int, kept: bool) -> None:
    whole = deltas.Delta(Method.FULL, bytes(100))
    assert deltas.pays(deltas.Delta(Method.PATCH, bytes(length)), whole) is kept


def test_a_full_file_costs_what_zstd_costs() -> None:
    packed = zstandard.ZstdCompressor(level=deltas.LEVEL, write_checksum=False).compress(OLD)
    assert full(OLD).data[HEADER_SIZE:] == packed


@pytest.mark.parametrize(
    ("base", "result", "split"),
    [
        (b"abcdef", b"abcdef", 0),
        (b"abcdef", b"abcXdef", 3),
        (b"abcdef", b"abdef", 2),
        (b"abcdef", b"Xabcdef", 0),
        (b"abcdef", b"abcdefX", 6),
        (b"", b"abc", 0),
        (b"abc", b"", 0),
    ],
)
def test_the_split_is_where_something_was_put_in_or_left_out(base: bytes, result: bytes, split: int) -> None:
    assert best_split(base, result) == split


def test_no_patch_that_the_boxes_have_no_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = 2 * len(OLD) + len(OLD)
    for memory, methods in ((needed, set(Method)), (needed - 1, {Method.FULL, Method.DIFFERENCE})):
        monkeypatch.setattr(deltas, "MEMORY", memory)
        assert {made.method for made in candidates(OLD, nudged(0.1))} == methods
    assert MEMORY > 3 * 21_000_000


def test_windows_are_no_larger_than_the_result() -> None:
    """Else boxes would refuse them (see the rules of applying)."""
    for size in (0, 1, 1000, 70_000, 9_000_000):
        for made in candidates(OLD, bytes(size)):
            payload = made.data[HEADER_SIZE + (8 if made.method is Method.DIFFERENCE else 0) :]
            found = zstandard.get_frame_parameters(payload)
            assert found.window_size <= max(size, 1024)
            assert found.window_size <= 1 << 20 or made.method is Method.PATCH, "a box unpacks the rest in 1 MB"
            assert found.content_size == size
            assert not found.has_checksum


def test_the_same_files_give_the_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib; from ota.publisher.deltas import candidates; from tests.ota.publisher.test_deltas import OLD, OTHER;"
        "print(*(hashlib.sha256(made.data).hexdigest() for made in candidates(OLD, OTHER)))"
    )
    said = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in range(2)}
    assert len(said) == 1


OTHER = nudged(0.3)
