"""Windows of sound itself: the samples that they should be, at either rate."""

from __future__ import annotations

import numpy as np
import pytest

from edge.analytics.gunshot.ring import Ring
from edge.analytics.gunshot.waves import Waves
from models.bundle.yamnet import SAMPLES


def test_at_the_networks_rate_they_are_the_samples() -> None:
    ring, sound = Ring(2, 16_000), np.random.default_rng(1).standard_normal((2, 40_000)).astype(np.float32)
    ring.put(sound)
    assert np.array_equal(Waves(16_000).ending(ring, 1, 30_000), sound[1, 30_000 - SAMPLES : 30_000])


def test_at_48_khz_a_tone_stays_the_tone() -> None:
    ring, moments = Ring(1, 48_000), np.arange(120_000) / 48_000
    ring.put(np.sin(2 * np.pi * 440 * moments)[None].astype(np.float32))
    windows, end = Waves(48_000), 100_000
    assert windows.after > 0
    found = windows.ending(ring, 0, end)
    first = end // 3 - SAMPLES
    wanted = np.sin(2 * np.pi * 440 * (first + np.arange(SAMPLES)) / 16_000)
    assert found.shape == (SAMPLES,)
    np.testing.assert_allclose(found, wanted, atol=2e-3)


def test_before_the_first_sample_is_silence() -> None:
    ring = Ring(1, 16_000)
    ring.put(np.ones((1, 8_000), np.float32))
    found = Waves(16_000).ending(ring, 0, 8_000)
    assert not found[: SAMPLES - 8_000].any()
    assert found[SAMPLES - 8_000 :].all()


def test_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="not at 44100"):
        Waves(44_100)
