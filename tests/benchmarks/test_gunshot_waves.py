"""A shot rendered in a city as its boxes hear it: physics, and that what is told comes from the box's own code."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import gunshot_city, gunshot_waves
from benchmarks.gunshot_city import RATE, Gun, Way, around_corner, draw_gun, render
from benchmarks.gunshot_waves import Heard, Waveforms, listen
from simulator.worlds.gunshots import Air, Network, Plan, travel_s

STILL = Air(15.0)
NEAR = Way(60.0, 0.0, 3.0, 0.0)


def gun(seed: int = 1, air: Air = STILL) -> Gun:
    return replace(draw_gun(np.random.default_rng(seed), air), peak_pa=3000.0, aim=0.0)


def ratio_db(way: Way, seeds: range = range(8), shot: Gun | None = None) -> float:
    """How far a shot stands out, on average over streets and noises."""
    return float(np.mean([render(np.random.default_rng(seed), shot or gun(), way).ratio_db for seed in seeds]))


def test_a_sound_begins_when_it_arrives_and_not_before() -> None:
    for seed in range(6):
        sound = render(np.random.default_rng(seed), gun(seed), NEAR)
        first = round(sound.arrival_s * RATE)
        before, after = sound.samples[: first - 8], sound.samples[first - 1 : first + 32]
        assert np.abs(after).max() > 10 * before.std()
        assert np.abs(before).max() < 6 * before.std()
        assert sound.samples.dtype == np.float32
        assert np.abs(sound.samples).max() <= 1


def test_farther_behind_the_muzzle_and_around_a_corner_less_is_heard() -> None:
    near, far = ratio_db(NEAR), ratio_db(replace(NEAR, metres=600.0))
    assert near - far > 14, "20 dB for the distance, of which houses at grazing incidence give some back"
    assert ratio_db(replace(NEAR, turn=math.pi)) == pytest.approx(near + 20 * math.log10(0.15), abs=2)
    assert 8 < near - ratio_db(replace(NEAR, detour=10.0)) < 27
    windy = gun(air=Air(15.0, east=3.0, north=4.0))
    assert ratio_db(NEAR, shot=windy) < near - 5


@given(st.floats(0.01, 300.0), st.floats(300.0, 360.0))
@settings(max_examples=30, deadline=None)
def test_a_corner_damps_at_most_25_db_and_the_highs_more(detour: float, speed: float) -> None:
    left = around_corner(np.linspace(0, 48_000, 200), detour, speed)
    assert np.all(np.diff(left) <= 1e-12)
    assert left[0] == pytest.approx(3**-0.5), "5 dB on the border of the shadow"
    assert left.min() >= 10 ** (-25 / 20) - 1e-9


def test_reflections_come_after_the_direct_sound_and_are_weaker_with_each_bounce() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        echoes = list(gunshot_city._houses(random, 300.0, float(random.uniform(0, 1)), 340.0))
        assert all(echo.later_s > 0 for echo in echoes)
        assert all(0 < echo.gain < 0.9**echo.bounces for echo in echoes)


def test_what_is_told_is_near_the_arrival_and_nothing_is_told_of_noise() -> None:
    heard = [listen(render(np.random.default_rng(seed), gun(seed), NEAR), NEAR) for seed in range(4)]
    assert all(one.off_s is not None and abs(one.off_s) < 3e-4 for one in heard)
    assert all(one.sigma_s is not None and 0 < one.sigma_s < 1e-3 for one in heard), "a near one overloads"
    faint = replace(gun(), peak_pa=1.0)
    assert listen(render(np.random.default_rng(5), faint, NEAR), NEAR).off_s is None


def test_onsets_come_as_late_as_the_way_wind_and_detours_make_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunshot_waves, "listen", lambda sound, way: Heard(way, sound.ratio_db, 0.002, 1e-4))
    boxes = np.array([[300.0, 0.0], [-300.0, 0.0], [0.0, 80.0]])
    air, plan = Air(25.0, east=5.0), Plan(turbulence=0.0, late=0.0)
    told = list(Waveforms()(np.zeros(2), boxes, air, plan, np.random.default_rng(1)))
    seconds = travel_s(np.zeros(2), boxes, np.full(3, 3.0), air)
    assert [one[0] for one in told if one] == pytest.approx((seconds + 0.002).tolist(), abs=2e-4), "heights differ"
    later = list(Waveforms()(np.zeros(2), boxes, air, replace(plan, late=1.0), np.random.default_rng(1)))
    assert all(one and other and one[0] > other[0] + 0.002 for one, other in zip(later, told, strict=True))


def test_a_shot_is_rendered_once_whatever_clocks_and_positions_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = 0

    def counted(random: np.random.Generator, gun: Gun, way: Way) -> gunshot_city.Sound:
        nonlocal rendered
        rendered += 1
        return render(random, gun, way)

    monkeypatch.setattr(gunshot_waves, "render", counted)
    waves = Waveforms()
    plans = (Plan(), Plan(position_m=3.0), Plan(clock_s=0.02, steady=0.95))
    shots = [Network(plan, np.random.default_rng(9), waves).shot() for plan in plans]
    assert rendered == len(waves.heard) > 0
    assert len({tuple(one.picker_sigma_s for one in shot.heard) for shot in shots}) == 1
    Network(Plan(wind=0.0), np.random.default_rng(9), waves).shot()
    assert rendered > len(shots[0].heard), "calm air sounds otherwise"
