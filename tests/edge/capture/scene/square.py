"""The pictures of the square, and what weather, spiders and hands make of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator

import av
import cv2
import numpy as np

from edge.capture.faults import FaultCode
from edge.capture.frames import picture_of
from edge.capture.port import Plane
from edge.capture.scene.watch import LOOK_EVERY_S, SceneWatch
from edge.gate.motion import shrink
from tests.edge.capture.clips import SQUARE

FPS = 10
STEP = int(LOOK_EVERY_S * FPS)
"""Only pictures that are looked at are kept: 159 of 795."""
TUNED, HELD_OUT, ALL = slice(0, 400 // STEP), slice(400 // STEP, None), slice(None)
"""Constants were chosen on the first part; what is claimed is claimed for the second."""

Change = Callable[[Plane, int], Plane]


@functools.cache
def pictures() -> tuple[Plane, ...]:
    """Every fifth, halved once as the gate does it: (288, 384)."""
    with av.open(str(SQUARE)) as container:
        frames = enumerate(container.decode(video=0))
        return tuple(_halved(picture_of(frame, 0.0).y) for number, frame in frames if number % STEP == 0)


def _halved(luma: Plane) -> Plane:
    return np.asarray(cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def as_it_is(luma: Plane, _: int) -> Plane:
    return luma


def exposed(gain: float) -> Change:
    return lambda luma, _: grey((luma.astype(np.float32) - 16) * gain + 16)


def blurred(sigma: float) -> Change:
    """By so many pixels of the whole picture."""
    return lambda luma, _: np.asarray(cv2.GaussianBlur(luma, (0, 0), sigma / 2), np.uint8)


def noisy(sigma: float) -> Change:
    """By so many grey levels in the whole picture, of which half is left where four pixels are one."""
    noise = np.random.default_rng(3).normal(0, sigma / 2, (9, 288, 384)).astype(np.float32)
    return lambda luma, number: grey(luma + noise[number % 9])


def grey(values: object) -> Plane:
    return np.asarray(np.clip(np.asarray(values), 0, 255), np.uint8)


def played(watch: SceneWatch, plan: Iterable[tuple[slice, Change]]) -> Iterator[tuple[float, frozenset[FaultCode]]]:
    """Show parts of the clip one after the other; yields time and what stands after each look."""
    number = 0
    for part, change in plan:
        for luma in pictures()[part]:
            at_s = number * LOOK_EVERY_S
            watch.look(shrink(change(luma, number)), at_s)
            yield at_s, frozenset(fault.code for fault in watch.faults)
            number += 1


def raised_and_cleared(code: FaultCode, change: Change, part: slice = HELD_OUT) -> tuple[float, float]:
    """Show a part of the clip as it is, changed, and as it is again.

    Returns:
        Seconds from the change until the fault stands alone, and from its end until nothing stands.
    """
    looks = list(played(SceneWatch(), [(part, as_it_is), (part, change), (part, as_it_is)]))
    length = len(pictures()[part])
    standing = [at_s for at_s, codes in looks if codes]
    assert {found for _, codes in looks for found in codes} == {code}
    assert min(standing) >= looks[length][0]
    assert [codes for _, codes in looks[2 * length - 10 : 2 * length]] == [{code}] * 10
    return min(standing) - looks[length][0], max(standing) + LOOK_EVERY_S - looks[2 * length][0]
