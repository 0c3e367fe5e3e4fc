"""The alarm of a zone: one incident, from its beginning to its end, whatever the count does in between."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analytics.crowd.alarm import Alarm, AlarmNews, AlarmState
from protocol.config import ZoneAlarm
from protocol.events import Phase

LETTERS = {Phase.NEW: "n", Phase.UPDATE: "u", Phase.END: "e"}


def play(settings: ZoneAlarm, counts: list[float], step_s: float = 1.0) -> list[tuple[int, AlarmNews]]:
    alarm = Alarm(settings)
    told = ((i, alarm.update(people, 100.0 + i * step_s)) for i, people in enumerate(counts))
    return [(i, news) for i, news in told if news is not None]


def word(told: list[tuple[int, AlarmNews]]) -> str:
    return " ".join(f"{LETTERS[news.phase]}{i}" for i, news in told)


HYSTERESIS = ZoneAlarm(enter_at=8, leave_at=5, min_duration_s=3, update_interval_s=10)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([8] * 4, "n3"),
        ([8] * 3, ""),  # two seconds are not three
        ([8, 8, 8, 7, 8, 8, 8], ""),  # begins anew
        ([7.9] * 20, ""),
        ([9] * 4 + [7, 6, 7, 8, 7] * 2, "n3 u13"),  # between the thresholds it goes on
        ([9] * 4 + [5] * 4, "n3 e7"),
        ([9] * 4 + [5, 5, 5, 6, 5, 5, 5], "n3"),  # calm for too short a time, twice
        ([9] * 4 + [5, 5, 5, 6, 5, 5, 5, 5], "n3 e11"),
        ([9] * 25, "n3 u13 u23"),
        ([9] * 4 + [5] * 4 + [9] * 4, "n3 e7 n11"),
        ([9] * 4 + [5] * 20, "n3 e7"),
        ([0] * 10, ""),
    ],
)
def test_with_hysteresis_and_a_least_duration(counts: list[float], expected: str) -> None:
    assert word(play(HYSTERESIS, counts)) == expected


def test_without_a_duration_it_is_told_at_once() -> None:
    told = play(ZoneAlarm(enter_at=1, leave_at=0, min_duration_s=0), [0, 1, 0, 1, 0])
    assert word(told) == "n1 e2 n3 e4"


def test_it_says_how_full_and_how_long() -> None:
    told = play(HYSTERESIS, [8, 12, 9, 9, 6, 5, 4, 3, 2, 9, 9, 9, 10])
    assert [(news.phase, news.peak, news.duration_s) for _, news in told] == [
        (Phase.NEW, 12, 3.0),
        (Phase.END, 12, 8.0),
        (Phase.NEW, 10, 3.0),
    ]


@pytest.mark.parametrize(
    ("counts", "ends"), [([8] * 2, False), ([8] * 4, True), ([8] * 4 + [5], True), ([8] * 4 + [5] * 4, False)]
)
def test_a_zone_that_can_no_longer_be_watched(counts: list[float], *, ends: bool) -> None:
    alarm = Alarm(HYSTERESIS)
    for i, people in enumerate(counts):
        alarm.update(people, float(i))
    news = alarm.close(float(len(counts)))
    assert (news is not None and news.phase is Phase.END) is ends
    assert alarm.state is AlarmState.CALM
    assert alarm.close(99.0) is None


STEPS = st.lists(st.tuples(st.integers(0, 12), st.floats(0.05, 4.0)), max_size=80)


@given(steps=STEPS, least_s=st.floats(0, 5), every_s=st.floats(0.5, 20))
def test_whatever_the_count_does(steps: list[tuple[int, float]], least_s: float, every_s: float) -> None:
    settings = ZoneAlarm(enter_at=8, leave_at=5, min_duration_s=least_s, update_interval_s=every_s)
    alarm = Alarm(settings)
    now_s, full_since, calm_since, told_s = 50.0, None, None, 0.0
    began_s = 0.0
    peak = 0.0
    phases = ""
    open_ = False
    for people, step_s in steps:
        now_s += step_s
        full_since = (now_s if full_since is None else full_since) if people >= 8 else None
        calm_since = (now_s if calm_since is None else calm_since) if people <= 5 else None
        if not open_:
            began_s = now_s if full_since is None else full_since
            peak = max(peak, people) if full_since not in {None, now_s} else float(people)
        else:
            peak = max(peak, people)
        news = alarm.update(people, now_s)
        must_begin = not open_ and full_since is not None and now_s - full_since >= least_s
        must_end = open_ and calm_since is not None and now_s - calm_since >= least_s
        if news is None:
            assert not must_begin
            assert not must_end
            continue
        phases += LETTERS[news.phase]
        assert (news.phase is Phase.NEW) == must_begin
        assert (news.phase is Phase.END) == must_end
        if news.phase is Phase.UPDATE:
            assert now_s - told_s >= every_s
        assert news.peak == peak
        assert news.duration_s == pytest.approx(now_s - began_s)
        open_ = news.phase is not Phase.END
        told_s = now_s
    assert re.fullmatch(r"(nu*e)*(nu*)?", phases)
    assert (alarm.close(now_s) is not None) == open_
