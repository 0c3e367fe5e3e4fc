"""The short form of New Year's Eve, and that what boxes say of one sound is of one sound."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks import gunshot_newyear
from benchmarks.figure import Figure, Options, Skipped
from benchmarks.gunshot_abroad import BEFORE_S, METRES, Source, What
from benchmarks.gunshot_hearings import Hearing, Sound, draw, listen, load
from benchmarks.gunshot_network import Network
from benchmarks.gunshot_newyear import Ran, asks, half
from benchmarks.gunshot_nights import City
from edge.analytics.gunshot.confirm import Calibration
from fleet.fusion.gunshot.raising import LEAST, Standard, raised
from models.bundle.yamnet import RATE_HZ
from models.recipes.gunshot.shape import LABELS


def _ear(score: float) -> Network:
    """Says of everything how much it is like a gunshot, and nothing of what else it may be."""
    answers = np.array([score if label == "gunshot" else 0.0 for label in LABELS], np.float32)
    return Network("", tuple(LABELS), lambda _picture: answers, Calibration())


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return {figure.name: figure for figure in gunshot_newyear.run(Options(Path(), quick=True))}


def test_the_short_form_tells_everything(figures: dict[str, Figure]) -> None:
    shares = ("recall_newyear", "recall_newyear_unheld", "told_newyear", "precision_normal_night", "recall_normal_night")
    assert all(0 <= figures[name].value <= 1 for name in shares if figures[name].n)
    assert figures["manager_core_share"].value < 0.5
    assert figures["recall_newyear"].value <= figures["told_newyear"].value
    assert figures["false_incidents_per_hour"].value <= figures["false_incidents_per_hour_unheld"].value
    assert "short form" in figures["recall_newyear"].against


def test_fewer_false_ones_cost_more_shots(figures: dict[str, Figure]) -> None:
    curve = [figure.value for name, figure in figures.items() if name.startswith("missed_at_")]
    assert len(curve) == 7
    assert curve == sorted(curve, reverse=True)


def test_a_bar_at_the_high_standard_is_the_high_standard() -> None:
    sounds = half(load(), gunshot_newyear.CHOSEN_ON)
    ran = gunshot_newyear.newyear(sounds, Options(Path(), quick=True))
    at_high = asks(LEAST[Standard.HIGH], LEAST[Standard.HIGH])
    states = [state for judged in ran.result.incidents.values() for state in judged.states]
    assert states
    assert [at_high(state) for state in states] == [raised(state, Standard.HIGH) for state in states]


@pytest.mark.parametrize("what", What)
def test_one_source_is_the_same_for_all_and_fainter_afar(what: What) -> None:
    source = Source(what, (1, 2))

    def heard(way: int, metres: float) -> npt.NDArray[np.float32]:
        return source.heard(np.random.default_rng(way), metres)

    def strength(sound: npt.NDArray[np.float32]) -> float:
        return float(np.abs(sound[round(BEFORE_S * RATE_HZ) :]).mean() / np.abs(sound[: round(BEFORE_S * RATE_HZ)]).mean())

    near, far = METRES[what][0], METRES[what][-1]
    once = heard(3, near)
    assert np.isfinite(once).all()
    assert np.abs(once).max() <= 1
    assert (once == heard(3, near)).all()
    assert (once != heard(4, near)).any()
    assert strength(once) > strength(heard(3, far))


def test_a_box_tells_of_a_near_shot_when_it_arrives_and_of_nothing_when_its_network_hears_none() -> None:
    sound = Source(What.SHOT, (5, 1)).heard(np.random.default_rng(1), 20.0)
    (told,) = listen(_ear(0.9), sound)
    assert abs(told.after_ms) < 5
    assert told.assessed.probability > 0.9
    assert told.messages >= 2
    assert listen(_ear(0.0), sound) == ()


def test_drawing_goes_on_where_it_ended() -> None:
    ear = _ear(0.9)
    whole = list(draw(ear, What.BLOW, 0, 2))
    assert whole[1:] == list(draw(ear, What.BLOW, 1, 2))


def test_one_shot_of_which_all_boxes_tell_is_one_incident_at_its_place() -> None:
    (told,) = listen(_ear(0.9), Source(What.SHOT, (5, 1)).heard(np.random.default_rng(1), 20.0))
    sound = Sound(tuple(Hearing(metres, (told,)) for metres in (20.0, 400.0)))
    city = City(np.random.default_rng(4), 49)
    (shot,) = city.happen(What.SHOT, [sound], 1, 60.0)
    result = city.run([shot])
    ran = Ran([shot], 1, result, city.square_km, 49)
    assert result.detections == len({d.node for judged in result.incidents.values() for d in judged.states[-1].detections})
    largest = max((judged.states[-1] for judged in result.incidents.values()), key=lambda incident: incident.boxes)
    assert largest.boxes >= 5
    assert largest.located.x is not None
    assert largest.located.y is not None
    assert math.hypot(largest.located.x - shot.x, largest.located.y - shot.y) < 30
    assert ran.score(lambda incident: incident.boxes >= 5).found == 1


def test_a_sample_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Skipped, match="make gunshot-hearings"):
        load(tmp_path / "none.zst")
    (tmp_path / "broken.zst").write_bytes(b"no")
    with pytest.raises(Skipped, match="make gunshot-hearings"):
        load(tmp_path / "broken.zst")
