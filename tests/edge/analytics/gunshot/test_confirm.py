"""Windows joined to a probability, and the strongest confuser."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analytics.gunshot.confirm import NARROWEST, Calibration, Confirmation
from protocol.manifest import OperatingPoint

LABELS = ("explosion", "gunshot", "machine-gun", "fireworks", "thunder")


def heard(**scores: float) -> np.ndarray:
    return np.array([scores.get(label.replace("-", "_"), 0.0) for label in LABELS], np.float32)


def test_at_the_threshold_the_chance_is_even_and_it_rises_with_the_score() -> None:
    confirmation = Confirmation(LABELS, Calibration(threshold=0.4))
    chances = [confirmation.join([heard(gunshot=score)]).probability for score in (0.0, 0.2, 0.4, 0.6, 1.0)]
    assert chances[2] == pytest.approx(0.5, abs=1e-6)
    assert chances == sorted(chances)
    assert chances[0] >= 0.004
    assert chances[-1] <= Calibration().certain


def test_all_windows_count() -> None:
    confirmation = Confirmation(LABELS)
    one, all_of_them = [heard(), heard(machine_gun=0.9), heard(thunder=0.3)], [heard(machine_gun=0.3)] * 3
    assert confirmation.join(one).score == pytest.approx(confirmation.join(all_of_them).score)
    assert confirmation.join([heard(machine_gun=0.9)] * 3).probability > confirmation.join(one).probability


def test_fireworks_speak_against_and_are_named() -> None:
    confirmation = Confirmation(LABELS)
    clean, doubtful = confirmation.join([heard(gunshot=0.5)]), confirmation.join([heard(gunshot=0.5, fireworks=0.6)])
    assert doubtful.probability < clean.probability
    assert clean.confuser is None
    assert doubtful.confuser is not None
    assert doubtful.confuser.name == "fireworks"
    assert doubtful.confuser.probability == pytest.approx(0.6, abs=1e-4)


def test_an_explosion_speaks_for_nothing() -> None:
    confirmation = Confirmation(LABELS)
    assert confirmation.join([heard(explosion=1.0)]).probability == confirmation.join([heard()]).probability


@given(st.lists(st.lists(st.floats(width=32), min_size=5, max_size=5), min_size=1, max_size=4))
def test_no_answers_break_it(rows: list[list[float]]) -> None:
    verdict = Confirmation(LABELS).join([np.array(row, np.float32) for row in rows])
    assert 0 < verdict.probability < 1
    assert verdict.assessed().what == "gunshot"


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(ValueError, match="none of the labels thunder is a shot"):
        Confirmation(("thunder",))
    with pytest.raises(ValueError, match="needs 5 answers"):
        Confirmation(LABELS).join([np.zeros(4, np.float32)])
    with pytest.raises(ValueError, match="needs 5 answers"):
        Confirmation(LABELS).join([])


def test_the_simulators_blast_speaks_for_a_shot_and_is_no_confuser() -> None:
    confirmation = Confirmation((*LABELS, "blast"))
    silent, blast = np.zeros(6, np.float32), np.array([0, 0.2, 0, 0, 0, 1], np.float32)
    assert confirmation.join([blast]).probability > confirmation.join([np.array([0, 0.2, 0, 0, 0, 0], np.float32)]).probability
    assert confirmation.join([silent, blast]).confuser is None


def test_what_a_score_is_worth_comes_from_the_bundle() -> None:
    point = OperatingPoint({"gunshot": 0.2}, 0.5, "rendered streams", settings={"width": 0.05})
    assert (Calibration.of(point).threshold, Calibration.of(point).width) == (0.2, 0.05)
    assert Calibration.of(OperatingPoint({}, 0.5, "nothing", settings={"width": -1.0})) == Calibration(width=NARROWEST)
