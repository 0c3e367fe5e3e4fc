"""A camera that repeats itself is blind."""

from __future__ import annotations

import numpy as np

from edge.capture.frozen import FROZEN_AFTER_S, FrozenWatch


def test_the_same_picture_for_too_long_is_frozen_and_another_one_is_not() -> None:
    noise = np.random.default_rng(1)
    still = noise.integers(0, 255, (576, 768), np.uint8)
    watch = FrozenWatch()
    assert [watch.frozen(still, t / 2) for t in range(8)] == [t / 2 >= FROZEN_AFTER_S for t in range(8)]
    assert not watch.frozen(noise.integers(0, 255, (576, 768), np.uint8), 4.0)


def test_a_dark_scene_with_noise_is_not_frozen() -> None:
    noise = np.random.default_rng(1)
    watch = FrozenWatch()
    assert not any(watch.frozen(noise.integers(16, 18, (120, 160), np.uint8), float(t)) for t in range(20))
