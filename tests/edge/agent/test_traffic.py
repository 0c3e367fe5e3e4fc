"""From results to plates: what is known of vehicles, and what is said of their plates."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from edge.agent.pipeline import Pipeline
from edge.analytics.anpr.ports import Match
from edge.clock import Instant
from edge.infer.outcome import NothingSeen, Outcome, PlatesLooked, Seen, TimedOut
from edge.observation import Observation
from edge.region import Size
from edge.runtime.result import FrameResult
from models.bundle.detections import Detections
from protocol.config import Anpr, Report, Source, Zone
from protocol.events import AnprHit, CrowdCount, EventType, ModelRef, Phase, Pseudonym
from tests.edge.infer.test_packed import TEXT, plate

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.timezone.utc)
SIZE = Size(1280, 720)
LABELS = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
READER = ModelRef("plate-reader", "1.1.0", "a" * 64, "default")
EVERYWHERE = Zone(id="all", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))


class Wanted:
    """One list with one plate."""

    def match(self, readings: Any, lists: Any, now: dt.datetime) -> list[Match]:
        del now
        return [Match(lists[0], 3, r.text, r.probability, pattern=False, least=0.1) for r in readings if r.text == TEXT][:1]

    def of(self, purpose: str, plate: str, now: dt.datetime) -> Pseudonym | None:
        del purpose, plate, now
        return None


def detections(at: float) -> Detections:
    boxes = [[600, 300, 640, 420], [300 + at, 300, 520 + at, 460], [900, 100, 950, 160]]
    return Detections(np.array(boxes, np.float32), np.array([0.9, 0.8, 0.7], np.float32), np.array([0, 2, 1], np.int16))


def result(number: int, outcome: Outcome) -> FrameResult:
    at = Instant(100.0 + number / 10, NOON + dt.timedelta(seconds=number / 10))
    looked = isinstance(outcome, Seen | NothingSeen)
    regions, labels = ((SIZE.whole,), LABELS) if looked else ((), ())
    return FrameResult(
        "gate", number, at, number / 10, SIZE, regions, outcome, READER if looked else None, labels, reader=READER
    )


def passing(number: int, looked: PlatesLooked | None = None) -> FrameResult:
    found = PlatesLooked((plate(1),), (1,), 3.0, 1.0) if looked is None else looked
    return result(number, Seen(detections(12.0 * number), 9.0, found))


def pipeline(**options: Any) -> Pipeline:
    anpr = Anpr(lists=("stolen",), least_px=80.0)
    return Pipeline(Source(id="gate", uri="a.mp4", anpr=anpr, **options), Report(count_interval_s=0), Wanted())


def of(observations: list[Observation], kind: type) -> list[Observation]:
    return [each for each in observations if isinstance(each.observed, kind)]


def test_a_plate_on_a_list_is_a_hit_and_is_said_by_the_model_that_reads() -> None:
    line = pipeline()
    said = [each for number in range(1, 8) for each in line.take(passing(number))]
    said += line.close(result(8, NothingSeen(1.0)).captured)
    hits = of(said, AnprHit)
    assert [hits[0].phase, hits[-1].phase] == [Phase.NEW, Phase.END]
    assert {(hit.type, hit.model) for hit in hits} == {(EventType.ANPR_HIT, READER)}
    assert of(said, CrowdCount) == [], "nobody is counted where no zone and no line asks for it"
    assert line.close(result(9, NothingSeen(1.0)).captured) == []


def test_people_are_counted_beside_plates_where_zones_ask_for_it() -> None:
    line = pipeline(zones=(EVERYWHERE,))
    said = [each for number in range(1, 15) for each in line.take(passing(number))]
    counts = [each.observed for each in of(said, CrowdCount)]
    assert counts[-1].people.value == 1  # type: ignore[attr-defined]
    assert of(said, AnprHit)
    assert {each.model for each in of(said, CrowdCount)} == {None}, "counts are said by the model that counts"


def test_the_gate_is_told_of_people_and_of_vehicles_but_not_of_bicycles() -> None:
    line = pipeline(zones=(EVERYWHERE,))
    for number in range(1, 4):
        line.take(passing(number))
    assert len(line.expected) == 2
    alone = pipeline()
    for number in range(1, 4):
        alone.take(passing(number))
    ((left, right),) = [(each.box.left, each.box.right) for each in alone.expected]
    assert left == pytest.approx(336, abs=15)
    assert right == pytest.approx(556, abs=15)


def test_where_nobody_looked_for_plates_nothing_is_concluded() -> None:
    for looked in (PlatesLooked((), (), failed="plate-reader@default", fault="no device"), PlatesLooked((), ())):
        line = pipeline()
        said = [each for number in range(1, 6) for each in line.take(passing(number, looked))]
        assert said == []
        assert line.expected, "vehicles are followed all the same"
    line = pipeline()
    assert line.take(result(1, TimedOut(2.0))) == []


def test_row_plates_too_small_are_a_reason_of_their_own_with_both_widths() -> None:
    line = pipeline()
    assert (line.standing["plates gate"], line.plate_px) == ((), None)
    for number in range(1, 12):
        line.take(passing(number))
    (reason,) = line.standing["plates gate"]
    assert reason.subject == "plates gate"
    assert "60 px wide" in reason.detail
    assert "80 are needed" in reason.detail
    assert line.plate_px == pytest.approx(60)


def test_a_vehicle_that_stands_and_is_known_is_spared() -> None:
    line = pipeline()
    for number in range(1, 40):
        found = PlatesLooked((plate(1),), (1,), 3.0, 1.0)
        line.take(result(number, Seen(detections(0.0), 9.0, found)))
    (spared,) = line.spared
    assert spared.left == pytest.approx(300, abs=6)
    for number, at in enumerate((30.0, 80.0, 150.0), 40):
        line.take(result(number, Seen(detections(at), 9.0, PlatesLooked((plate(1),), (1,)))))
    assert line.spared == (), "it moves"


def test_the_agents_own_process_has_no_image_arithmetic() -> None:
    """Pictures are looked at in other processes; the library for it would take megabytes of a small board here."""
    code = "import edge.agent.agent, sys; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
