"""Constants are fitted to passages whose plates are known: what is learnt lowers the loss, on other passages too."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.anpr_fit import Known, fit, loss, score, simplex
from edge.analytics.anpr.calibration import Calibration
from models.bundle.plates import PlateSeen
from models.bundle.reading import ALPHABET
from tests.edge.analytics.anpr.drawn import read_as, sight


def passages(seed: int, count: int) -> list[Known]:
    """Plates of which narrow pictures are wrong half of the time, and as sure as wide ones."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        text = "".join(random.choice(list(ALPHABET), 6))
        sights: list[PlateSeen] = []
        for _ in range(int(random.integers(3, 7))):
            wide = random.random() < 0.4
            other = ALPHABET[int(random.integers(len(ALPHABET)))]
            read = text if wide or random.random() < 0.5 else text[:3] + other + text[4:]
            sights.append(sight(read_as(read, 0.97), 160.0 if wide else 40.0))
        known = score(text, sights)
        assert known is not None
        found.append(known)
    return found


def test_it_learns_what_wide_pictures_are_worth() -> None:
    start = Calibration(worth=(1.0, 0.0, 0.0, 0.0, 0.0), scale=0.5)
    learnt = fit(passages(1, 60), start, 120)
    assert learnt.weight(160, 0.55, 50, 5) > 1.5 * learnt.weight(40, 0.55, 50, 5)
    others = passages(2, 40)
    assert loss(learnt, others) < loss(start, others)


def test_the_simplex_finds_the_bottom() -> None:
    bottom = simplex(lambda at: float(((at - [3.0, -2.0]) ** 2).sum()), np.zeros(2), np.array([1.0, 1.0]), 120)
    assert bottom == pytest.approx([3.0, -2.0], abs=1e-3)


def test_without_passages_there_is_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="no passage to fit to"):
        fit([], Calibration())
    assert score("1ABC234", []) is None
