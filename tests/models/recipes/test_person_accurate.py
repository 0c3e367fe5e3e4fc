"""The operating points of person-vehicle-accurate are those that its recipe's own choice gives."""

from __future__ import annotations

import pytest

from models.bundle.bundle import load_bundle, zoo
from models.factory.forms import used_file
from models.recipes.person_vehicle_accurate.choose import choose
from models.recipes.person_vehicle_fast.judge import TRUTH
from tests.models.data import needed

NAME = "person-vehicle-accurate"


def test_thresholds_are_those_that_were_chosen() -> None:
    bundle = load_bundle(zoo() / NAME)
    person, vehicle = choose(used_file(bundle), needed(str(TRUTH)).parents[1])
    points = bundle.manifest.operating_points
    assert points["default"].thresholds == pytest.approx({"person": person}, abs=0.005)
    others = dict.fromkeys(("bicycle", "car", "motorcycle", "bus", "truck"), vehicle)
    assert points["vehicles"].thresholds == pytest.approx({"person": person, **others}, abs=0.005)
