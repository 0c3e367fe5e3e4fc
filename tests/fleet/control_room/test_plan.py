"""A plan is refused at the start, with the remedy, not on the operator's screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleet.control_room import plan as plan_module
from fleet.control_room.plan import PlanError, read_plan
from tests.fleet.control_room.town import write_plan

SQUARE = {"type": "Polygon", "coordinates": [[[4.35, 50.85], [4.36, 50.85], [4.36, 50.86], [4.35, 50.85]]]}


def collection(*features: object, kind: str = "FeatureCollection") -> bytes:
    return json.dumps({"type": kind, "features": list(features)}).encode()


def feature(kind: object, geometry: object = SQUARE) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": {"kind": kind}}


def test_a_plan_is_served_as_it_is(tmp_path: Path) -> None:
    path = write_plan(tmp_path / "plan.geojson")
    assert read_plan(path) == path.read_bytes()
    kinds = {one["properties"]["kind"] for one in json.loads(read_plan(path))["features"]}
    assert kinds == plan_module.KINDS


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not a GeoJSON"),
        (b"not json", "not a GeoJSON"),
        (b"\xff\xfe", "not a GeoJSON"),
        (b"[" * 100_000, "not a GeoJSON"),
        (b"[]", "not a GeoJSON"),
        (collection(feature("street"), kind="Feature"), "not a GeoJSON"),
        (collection("street"), "not a GeoJSON"),
        (collection(feature("street", {"type": "Point"})), "coordinates"),
        (collection(), "nothing would be drawn"),
        (collection(feature("castle"), feature(None)), "nothing would be drawn"),
        (collection({"type": "Feature", "geometry": None}), "nothing would be drawn"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(tmp_path: Path, data: bytes, word: str) -> None:
    path = tmp_path / "plan.geojson"
    path.write_bytes(data)
    with pytest.raises(PlanError, match=word) as caught:
        read_plan(path)
    assert str(path) in str(caught.value)


def test_a_plan_that_is_not_there_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlanError, match="--plan"):
        read_plan(tmp_path / "none.geojson")
    with pytest.raises(PlanError, match="--plan"):
        read_plan(tmp_path)
    path = tmp_path / "plan.geojson"
    path.write_bytes(collection(feature("street")))
    monkeypatch.setattr(plan_module, "_MOST_BYTES", path.stat().st_size)
    assert read_plan(path)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(PlanError, match="simplify"):
        read_plan(path)


def test_one_known_kind_among_strangers_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "plan.geojson"
    path.write_bytes(collection({"type": "Feature", "geometry": None, "properties": None}, feature("castle"), feature("water")))
    assert read_plan(path)
