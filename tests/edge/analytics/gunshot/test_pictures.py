"""The ring, resampling, and what the network is given."""

from __future__ import annotations

import numpy as np
import pytest

from edge.analytics.gunshot.pictures import Pictures
from edge.analytics.gunshot.resample import HALF, decimate
from edge.analytics.gunshot.ring import SECONDS, Ring
from models.bundle.gunshot import FRAME, HOP, bands, picture
from models.bundle.yamnet import SAMPLES


def tone(hertz: float, rate: int, samples: int, first: int = 0) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * (np.arange(samples) + first) / rate)


def test_resampling_keeps_what_is_heard_in_its_place_and_takes_the_rest() -> None:
    for hertz in (100, 1000, 6500):
        kept = decimate(tone(hertz, 48_000, 3 * 1000 + 2 * HALF - 2, -HALF))
        assert kept == pytest.approx(tone(hertz, 16_000, 1000), abs=3e-3)
    for hertz in (9500, 12_000, 20_000):
        assert np.abs(decimate(tone(hertz, 48_000, 3 * 1000 + 2 * HALF - 2))).max() < 1e-3


def test_the_ring_keeps_five_seconds_and_no_more() -> None:
    ring = Ring(2, 1000)
    sound = np.arange(2 * 12_345, dtype=np.float32).reshape(2, 12_345)
    for start in range(0, 12_345, 777):
        ring.put(sound[:, start : start + 777])
    assert (ring.begin, ring.end) == (12_345 - SECONDS * 1000, 12_345)
    assert np.array_equal(ring.part(8_000, 12_345), sound[:, 8_000:])
    assert not ring.part(0, 7_345).any()
    assert np.array_equal(ring.part(7_000, 8_000)[:, 345:], sound[:, 7_345:8_000])


def test_a_block_longer_than_the_ring_leaves_its_end() -> None:
    ring = Ring(1, 1000)
    ring.put(np.arange(9_000, dtype=np.float32)[None])
    assert np.array_equal(ring.part(4_000, 9_000)[0], np.arange(4_000, 9_000))


def test_forgetting_leaves_zeros_and_goes_on_counting() -> None:
    ring = Ring(1, 1000)
    ring.put(np.ones((1, 3_000), np.float32))
    ring.forget()
    assert not ring._sound.any()
    assert (ring.begin, ring.end) == (3_000, 3_000)
    assert not ring.part(0, 3_000).any()


def test_windows_are_those_of_the_sound_itself_and_frames_are_computed_once() -> None:
    random = np.random.default_rng(2)
    sound = (0.1 * random.standard_normal(40_000)).astype(np.float32)
    ring, pictures = Ring(1, 16_000), Pictures(16_000)
    ring.put(sound[None])
    for end in (20_000, 22_240, 24_005):
        last = (end - FRAME) // HOP
        part = sound[last * HOP + FRAME - SAMPLES : last * HOP + FRAME]
        expected = picture(bands(part), float(np.abs(part).max()))
        assert pictures.ending(ring, 0, end) == pytest.approx(expected, abs=1e-4)
    assert len(pictures._known) == 96 + (24_005 - 20_000) // HOP


def test_forty_eight_kilohertz_give_the_same_picture_as_sixteen() -> None:
    both = []
    for rate in (16_000, 48_000):
        ring, pictures = Ring(1, rate), Pictures(rate)
        ring.put((0.3 * np.sum([tone(hertz, rate, 2 * rate) for hertz in (300, 2000, 5000)], axis=0))[None].astype(np.float32))
        both.append(pictures.ending(ring, 0, int(1.7 * rate)))
    assert both[0] == pytest.approx(both[1], abs=0.02)


def test_no_band_outlives_its_sound() -> None:
    ring, pictures = Ring(1, 16_000), Pictures(16_000)
    ring.put(0.1 * np.ones((1, 20_000), np.float32))
    pictures.ending(ring, 0, 20_000)
    pictures.expire(19_000)
    assert set(pictures._known) == {119, 120, 121, 122}, "frames of 10 ms each from 1.19 s on"
    pictures.expire(40_000)
    assert not pictures._known


def test_before_the_stream_is_silence() -> None:
    ring, pictures = Ring(1, 16_000), Pictures(16_000)
    ring.put(np.ones((1, 2_000), np.float32))
    early = pictures.ending(ring, 0, 2_000)
    assert early.shape == (96, 64)
    assert np.isfinite(early).all()


def test_no_other_rate() -> None:
    with pytest.raises(ValueError, match="16,000 or 48,000"):
        Pictures(44_100)
