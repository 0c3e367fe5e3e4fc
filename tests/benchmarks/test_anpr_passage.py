"""How passages are judged, on sights whose columns are made by hand, and the short form from beginning to end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks import anpr_passage
from benchmarks.anpr_passage import outcome, run
from benchmarks.figure import Options
from benchmarks.passages import Part, moved, rendered, seen, shipped_chain
from models.bundle.plates import COLOURS, PlateSeen
from models.bundle.reading import ALPHABET, Reading
from models.synthesis.passage import Passage
from tests.models.data import needed


def sight(text: str, sure: float = 0.99) -> PlateSeen:
    """A picture in which a reader sees a text, each character as sure as said."""
    columns = np.full((2 * len(text) + 1, len(ALPHABET) + 1), 1e-6)
    columns[0::2, 0] = 1
    for at, character in enumerate(text):
        columns[2 * at + 1, 0] = 1 - sure
        columns[2 * at + 1, 1 + ALPHABET.index(character)] = sure
    corners = np.array([[0, 0], [80, 0], [80, 20], [0, 20]], np.float32)
    normal = np.log(columns / columns.sum(axis=1, keepdims=True)).astype(np.float32)
    return PlateSeen(0, corners, 0.9, normal, 0.5, 40.0, np.full(len(COLOURS), 0.1, np.float32))


def agreed(*texts: str) -> anpr_passage.Fuse:
    """A consensus that always says the same."""
    found = [Reading(text, 0.5 / 2**at) for at, text in enumerate(texts)]

    def joined(sights: Sequence[PlateSeen], least: float) -> Sequence[Reading]:
        assert sights
        assert least == 0
        return found

    return joined


def test_a_misread_picture_counts_by_its_share_and_letters_that_look_alike_are_one() -> None:
    sights = [sight("1ABC234"), sight("1A8C234"), None, sight("IABC234"), sight("7ABC234")]
    judged = outcome("p", "1-ABC-234", sights, agreed("1ABC234")).values
    assert judged["single"] == 0.5
    assert judged["consensus"] == 0
    assert judged["among"] == 1
    assert (judged["shown"], judged["pictures"]) == (4, 5)


def test_the_surest_picture_is_told_apart() -> None:
    judged = outcome("p", "AB1", [sight("AB1", 0.7), sight("AB7", 0.95)], agreed("AB1")).values
    assert judged["surest"] == 1
    judged = outcome("p", "AB1", [sight("AB1", 0.95), sight("AB7", 0.7)], agreed("AB1")).values
    assert judged["surest"] == 0


@pytest.mark.parametrize(("place", "among"), [(1, 1.0), (10, 1.0), (11, 0.0)])
def test_the_truth_must_be_among_ten(place: int, among: float) -> None:
    texts = [f"AB{number}" for number in range(20, 40)]
    texts[place - 1] = "AB1"
    judged = outcome("p", "AB1", [sight("AB20")], agreed(*texts)).values
    assert judged["among"] == among
    assert judged["consensus"] == float(place > 1)
    assert judged["right"] == [float(place == 1)]


def test_a_plate_that_no_picture_shows_is_an_error_of_both_and_claims_nothing() -> None:
    judged = outcome("p", "AB1", [None, None], agreed("AB1")).values
    assert (judged["single"], judged["consensus"], judged["among"]) == (1, 1, 0)
    assert judged["posterior"] == judged["right"] == []


def test_choosing_and_reporting_share_no_plate() -> None:
    chosen, reported = ({passage.text for passage in rendered(part, 6, 5)} for part in Part)
    assert len(chosen) == len(reported) == 6
    assert not chosen & reported


def test_the_short_form_measures_rendered_passages_and_judges_nothing(tmp_path: Path) -> None:
    told = {figure.name: figure for figure in run(Options(data=tmp_path, quick=True))}
    assert set(told) == {
        f"rendered.{name}"
        for name in (
            "single_error", "consensus_error", "consensus_share_of_single", "alternates_recall", "posterior_ece",
            "surest_picture_error", "pictures_with_plate",
        )
    }  # fmt: skip
    assert all(figure.target is None for figure in told.values())
    assert 0 < told["rendered.single_error"].value < 1
    assert told["rendered.consensus_error"].value < told["rendered.single_error"].value
    assert told["rendered.pictures_with_plate"].value > 0.7


def test_a_photo_that_goes_by_is_seen_and_the_same_photo_is_the_same_passage() -> None:
    data = needed("anpr/eu").parents[1]

    def first() -> Passage:
        return next(moved(data, "eu", 1))

    passage, again = first(), first()
    np.testing.assert_array_equal(passage.pictures[0], again.pictures[0])
    sights = seen(shipped_chain(), passage)
    assert len(sights) == len(passage.pictures)
    shown = [sight for sight in sights if sight is not None]
    assert len(shown) > len(sights) / 2
    assert all(30 < sight.width < 200 for sight in shown)
