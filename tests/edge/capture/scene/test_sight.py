"""Dark, blurred and blocked views of a real square, and what is none of these."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from edge.capture.faults import FaultCode
from edge.capture.port import Plane
from edge.capture.scene.sight import BLOCKED_S, BLURRED_S, CLEAR_S, DARK_S
from edge.capture.scene.watch import SceneWatch
from tests.edge.capture.scene.square import (
    ALL,
    HELD_OUT,
    Change,
    as_it_is,
    blurred,
    exposed,
    grey,
    noisy,
    played,
    raised_and_cleared,
)

SETTLING_S = 3.0
"""The mean of a second has become another picture."""


def hand(luma: Plane, number: int) -> Plane:
    """Before the left 60%: dark, out of focus, never quite still."""
    edge = int(luma.shape[1] * 0.6) + number % 3
    cover = np.zeros(luma.shape, np.float32)
    cover[:, :edge] = 1
    cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), 12))
    shade = np.linspace(50, 90, luma.shape[1], dtype=np.float32)
    return noisy(3)(grey(luma * (1 - cover) + shade * cover), number)


def snow(luma: Plane, number: int) -> Plane:
    """On the lower 60%: bright, and without a shape."""
    covered = luma.copy()
    covered[int(luma.shape[0] * 0.4) :] = 215
    return noisy(4)(covered, number)


def shadow(luma: Plane, number: int) -> Plane:
    """Of a cloud: half the light in a band that goes across in half a minute."""
    dimmed = luma.astype(np.float32)
    left = number * 7 % 600 - 200
    band = slice(max(0, left), max(0, left + 200))
    dimmed[:, band] = (dimmed[:, band] - 16) * 0.5 + 16
    return grey(dimmed)


def drift(luma: Plane, number: int) -> Plane:
    """Exposure, by 20% up and down."""
    return exposed(1 + 0.2 * np.sin(number / 9))(luma, number)


@pytest.mark.parametrize(
    ("code", "change", "within_s"),
    [
        (FaultCode.DARK, exposed(0.03), DARK_S),
        (FaultCode.DARK, lambda luma, number: noisy(3)(exposed(0.0)(luma, number), number), DARK_S),
        (FaultCode.BLURRED, blurred(3), BLURRED_S),
        (FaultCode.BLURRED, blurred(6), BLURRED_S),
        (FaultCode.BLURRED, lambda luma, number: noisy(8)(blurred(6)(luma, number), number), BLURRED_S),
        (FaultCode.BLOCKED, hand, BLOCKED_S),
        (FaultCode.BLOCKED, snow, BLOCKED_S),
        (FaultCode.BLOCKED, lambda luma, number: noisy(3)(np.full_like(luma, 120), number), BLOCKED_S),
    ],
    ids=["night", "no light", "defocus", "water", "water and noise", "hand", "snow", "all of it"],
)
def test_it_is_named_in_time_alone_and_taken_back(code: FaultCode, change: Change, within_s: float) -> None:
    raised_s, cleared_s = raised_and_cleared(code, change)
    assert within_s <= raised_s <= within_s + SETTLING_S
    assert cleared_s <= CLEAR_S + SETTLING_S


@pytest.mark.parametrize(
    "change",
    [as_it_is, noisy(8), drift, shadow, exposed(0.2), blurred(1)],
    ids=["as it is", "noise", "drift", "shadow", "dusk", "compression"],
)
def test_a_square_with_people_raises_nothing(change: Change) -> None:
    looks = played(SceneWatch(), [(HELD_OUT, as_it_is), (ALL, change)])
    assert {code for _, codes in looks for code in codes} == set()


@pytest.mark.parametrize(
    ("change", "seen", "remedy"),
    [
        (exposed(0.0), r"light 0 of 219 grey levels, needs 10", "add light"),
        (blurred(6), r"fine detail is [12]\d% of what this view had", "focus"),
        (hand, r"[456]\d% of what had detail shows none", "before the camera"),
    ],
    ids=["dark", "blurred", "blocked"],
)
def test_it_says_what_was_seen_and_what_to_do(change: Change, seen: str, remedy: str) -> None:
    watch = SceneWatch()
    list(played(watch, [(HELD_OUT, as_it_is), (slice(0, 40), change)]))
    (fault,) = watch.faults
    assert re.match(seen, fault.detail)
    assert fault.detail.endswith(remedy)


def test_what_lasts_is_not_learnt() -> None:
    """A lens that stays blurred for twenty minutes is as blurred then as at first."""
    watch = SceneWatch()
    looks = list(played(watch, [(HELD_OUT, as_it_is), *[(ALL, blurred(3))] * 3]))
    assert looks[-1][1] == {FaultCode.BLURRED}


def test_what_passes_is_not_told() -> None:
    """A lorry before the lens for eight seconds."""
    looks = played(SceneWatch(), [(HELD_OUT, as_it_is), (slice(0, 16), hand), (HELD_OUT, as_it_is)])
    assert not any(codes for _, codes in looks)


def test_another_size_begins_anew() -> None:
    watch = SceneWatch()
    list(played(watch, [(HELD_OUT, as_it_is)]))
    noise = np.random.default_rng(1)
    for i in range(60):
        watch.look(noise.integers(80, 90, (120, 160), np.uint8), 100 + i / 2)
    assert watch.faults == ()
