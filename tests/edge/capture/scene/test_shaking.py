"""A camera on a pole that swings, and what moves although the pole does not."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from edge.capture.faults import FaultCode
from edge.capture.port import Plane
from edge.capture.scene.shaking import FIRM_S, SHAKING_S, SPAN_S, Shaking
from edge.capture.scene.watch import LOOK_EVERY_S, SceneWatch
from edge.gate.motion import shrink
from tests.edge.capture.scene.square import (
    ALL,
    HELD_OUT,
    TUNED,
    Change,
    as_it_is,
    blurred,
    exposed,
    noisy,
    pictures,
    played,
    raised_and_cleared,
)
from tests.edge.capture.scene.test_place import both, crowd, moved


def swinging(part: float, hz: float = 1.7) -> Change:
    """To either side by a part of the width."""

    def change(luma: Plane, number: int) -> Plane:
        angle = 2 * np.pi * hz * number * LOOK_EVERY_S
        matrix = np.array([[1, 0, part * np.sin(angle)], [0, 1, part / 3 * np.cos(angle)]], np.float32)
        matrix[:, 2] *= luma.shape[1]
        return np.asarray(cv2.warpAffine(luma, matrix, luma.shape[::-1], borderMode=cv2.BORDER_REFLECT), np.uint8)

    return change


@pytest.mark.parametrize(
    "change",
    [
        swinging(0.008),
        swinging(0.02),
        both(swinging(0.01), noisy(8)),
        both(swinging(0.01), crowd),
        both(swinging(0.01), exposed(0.4)),
    ],
    ids=["0.8%", "2%", "noise", "crowd", "dusk"],
)
def test_it_is_named_in_time_alone_and_taken_back(change: Change) -> None:
    raised_s, cleared_s = raised_and_cleared(FaultCode.SHAKING, change)
    assert SHAKING_S <= raised_s <= SHAKING_S + SPAN_S + 5
    assert cleared_s <= FIRM_S + SPAN_S + 5


@pytest.mark.parametrize(
    "change",
    [swinging(0.002), moved(right=0.05), crowd, blurred(4)],
    ids=["a breeze", "turned once", "crowd", "blurred"],
)
def test_what_does_not_swing_is_not_said_to(change: Change) -> None:
    looks = played(SceneWatch(), [(HELD_OUT, as_it_is), (TUNED, change)])
    assert not any(FaultCode.SHAKING in codes for _, codes in looks)


def test_one_that_swings_far_is_neither_blurred_nor_moved_however_long() -> None:
    """By 3% of the width, and smeared while a picture is taken; by 6%."""
    smear = np.full((1, 9), 1 / 9, np.float32)
    for change in (
        both(swinging(0.03), lambda luma, _: np.asarray(cv2.filter2D(luma, -1, smear), np.uint8)),
        swinging(0.06),
    ):
        raised_and_cleared(FaultCode.SHAKING, change, ALL)


def test_one_that_is_panned_slowly_does_not_swing() -> None:
    begun = len(pictures()[HELD_OUT])
    looks = played(
        SceneWatch(), [(HELD_OUT, as_it_is), (slice(0, 60), lambda luma, at: moved(right=(at - begun) * 0.004)(luma, at))]
    )
    assert {code for _, codes in looks for code in codes} == {FaultCode.MOVED}


def test_it_says_by_how_much() -> None:
    watch = SceneWatch()
    list(played(watch, [(HELD_OUT, as_it_is), (slice(0, 60), swinging(0.02))]))
    (fault,) = watch.faults
    told = re.match(r"swings by (.+)% of its width", fault.detail)
    assert told
    assert float(told[1]) == pytest.approx(2.0, abs=0.4)


@pytest.mark.parametrize("hz", [0.5, 1.0, 2.0, 2.5, 4.0])
def test_no_rhythm_hides_it(hz: float) -> None:
    """Ten pictures a second, as they would come: looks are not even."""
    watch, still = SceneWatch(), pictures()[90]
    list(played(watch, [(HELD_OUT, as_it_is)]))
    begun_s = len(pictures()[HELD_OUT]) * LOOK_EVERY_S
    for number in range(200):
        at_s = begun_s + number / 10
        if watch.is_due(at_s):
            watch.look(shrink(swinging(0.015, hz / LOOK_EVERY_S / 10)(still, number)), at_s)
    assert {fault.code for fault in watch.faults} == {FaultCode.SHAKING}


def test_without_landmarks_it_is_not_judged() -> None:
    shaking, none = Shaking(), np.empty((0, 2), np.float32)
    for number in range(60):
        shaking.look(shrink(swinging(0.02)(pictures()[0], number)), np.asarray(none, np.float32), number / 2)
    assert shaking.fault is None


def test_in_the_dark_no_picture_is_kept() -> None:
    """It is compared with one of eight seconds ago at most, and in the dark with none."""
    watch = SceneWatch()
    list(played(watch, [(HELD_OUT, as_it_is)]))
    assert held(watch)
    for number in range(4):
        watch.look(np.full((144, 192), 16, np.uint8), 100 + number / 2)
    assert not held(watch)


def held(watch: SceneWatch) -> list[Plane]:
    """Pictures that are compared with."""
    anchor = vars(vars(watch)["_shaking"])["_anchor"]
    return [] if anchor is None else [anchor.picture]
