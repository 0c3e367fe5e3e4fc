"""Reflections against the geometry that they come from, and what a place keeps of a sound."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from models.synthesis.sound.echoes import Echo, Rest, response
from models.synthesis.sound.places import distance, room_echoes, street_echoes

RATE, SPEED = 16_000, 340.0


def test_echoes_arrive_when_they_must() -> None:
    answer = response(np.random.default_rng(1), RATE, 0.2, [Echo(0.0100, 0.5), Echo(0.05, -0.25, 1)], 1e9, None)
    assert np.flatnonzero(np.abs(answer) > 1e-9).tolist() == [0, 160, 800]
    assert answer[[0, 160, 800]] == pytest.approx([1, 0.5, -0.25])


def test_half_a_sample_is_shared() -> None:
    answer = response(np.random.default_rng(1), RATE, 0.1, [Echo(100.5 / RATE, 1.0)], 1e9, None)
    assert answer[[100, 101]] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("listener", [(50.0, 3.0, 4.0), (0.5, 9.0, 2.0)])
def test_the_first_bounce_is_the_shortest_way_over_the_wall(listener: tuple[float, float, float]) -> None:
    source, width = (0.0, 4.0, 1.5), 12.0
    echoes = list(street_echoes(source, listener, width, 0.7, 0.5, SPEED))
    direct = distance(source, listener)
    for wall in (0.0, width):
        x, z = np.meshgrid(np.linspace(-1, 51, 2601), np.linspace(0, 6, 301))
        ways = np.sqrt(x**2 + (source[1] - wall) ** 2 + (z - source[2]) ** 2)
        ways += np.sqrt((x - listener[0]) ** 2 + (listener[1] - wall) ** 2 + (z - listener[2]) ** 2)
        way = float(ways.min())
        later = (way - direct) / SPEED
        found = min((echo for echo in echoes if echo.bounces == 1), key=lambda echo: abs(echo.later_s - later))
        assert found.later_s == pytest.approx(later, abs=2e-6)
        assert found.gain == pytest.approx(0.7 * direct / way, rel=1e-4)


def test_no_echo_is_before_the_direct_sound_or_louder() -> None:
    street = street_echoes((0, 4, 1.5), (50, 3, 4), 12, 0.9, 0.9, SPEED)
    room = room_echoes((1, 2, 1.5), (4, 3, 1.2), (6, 5, 3), 0.9, SPEED)
    for echo in itertools.chain(street, room):
        assert echo.later_s >= 0
        assert abs(echo.gain) < 0.91


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_the_rest_has_its_energy_in_its_band_and_dies_away_in_its_time(rate: int) -> None:
    rest = Rest(level_db=6, begins_s=0.02, grows_s=0.001, lasts_s=1.0, highs=1.0)
    answer = response(np.random.default_rng(2), rate, 1.6, [], 1e9, rest)
    assert not answer[1 : int(0.019 * rate)].any()
    hertz = np.fft.rfftfreq(len(answer), 1 / rate)
    inside = (hertz >= 300) & (hertz < 1200)
    direct = inside.sum()  # of a click, every frequency is 1
    heard = np.square(np.abs(np.fft.rfft(answer * (np.arange(len(answer)) > 0))[inside])).sum()
    assert 10 * np.log10(heard / direct) == pytest.approx(6, abs=0.3)
    level = [10 * np.log10(np.square(answer[int(at * rate) :][: rate // 10]).mean()) for at in (0.1, 0.5)]
    assert level[0] - level[1] == pytest.approx(60 * 0.4, abs=5), "about 60 dB a second"
