"""From plates to what leaves: a hit as soon as it is sure, one pseudonym at the end, or nothing."""

from __future__ import annotations

import logging
import pickle
from typing import TypeVar

import numpy as np
import pytest

from edge.analytics.anpr.analytics import AnprAnalytics
from edge.analytics.anpr.sight import Sight
from edge.guard.builder import EventBuilder, Origin
from edge.observation import Observation
from protocol.basis import Struct
from protocol.config import Anpr, Lane, Source
from protocol.events import AnprHit, AnprRead, Clock, ClockSource, Colour, EventType, Phase, VehicleKind
from protocol.pseudonyms import pseudonym
from tests.edge.analytics.anpr.drawn import columns, read_as, sight
from tests.edge.analytics.anpr.street import HEIGHT, KEY, WIDTH, Keys, Lists, Street, at, tracks

QUIET = Anpr(lists=("stolen",))
COUNTED = Anpr(lists=("stolen",), others="pseudonym", purpose="traffic")
PLATE = "1ABC234"
SURE = read_as(PLATE, 0.995)
S = TypeVar("S", bound=Struct)


def told(observations: list[Observation], kind: type[S]) -> list[S]:
    return [observation.observed for observation in observations if isinstance(observation.observed, kind)]


def passing(street: Street, text: str = PLATE, track: int = 1, pictures: int = 6) -> list[Observation]:
    """A vehicle that goes by and is gone."""
    found = [street.picture((track, 300 + 30 * n, read_as(text, 0.99)), width=90 + 4 * n) for n in range(pictures)]
    return [each for some in found for each in some] + street.empty(25)


def test_a_source_without_plates_is_refused() -> None:
    with pytest.raises(ValueError, match="'gate' reads no plates"):
        AnprAnalytics(Source("gate", "gate.mp4"), WIDTH, HEIGHT, Lists(), Keys())


def test_of_a_plate_on_no_list_nothing_leaves() -> None:
    street = Street(QUIET, Lists({"stolen": ("2XYZ999",)}))
    assert passing(street) == []
    assert street.close() == []
    assert street.lists.asked > 0


def test_where_others_are_pseudonyms_one_leaves_at_the_end() -> None:
    observations = passing(Street(COUNTED))
    (read,) = told(observations, AnprRead)
    assert len(observations) == 1
    (only,) = observations
    assert only.phase is None
    assert only.incident_key is None
    assert only.at == at(0.6)  # when its plate was last seen, not when it was given up
    assert only.frame == 6
    assert read.pseudonym.value == pseudonym(KEY, PLATE)
    assert read.pseudonym.purpose == "traffic"
    assert read.posterior > 0.9
    assert read.passage.pictures == 6
    assert read.passage.duration_s == pytest.approx(0.5)
    assert read.passage.plate_px == pytest.approx(110)
    assert read.passage.kind is VehicleKind.CAR
    assert read.passage.colour is Colour.GREY


def test_without_a_key_nothing_leaves() -> None:
    assert passing(Street(COUNTED, keys=Keys(held=False))) == []


def test_a_plate_that_nobody_can_read_gives_no_pseudonym() -> None:
    street = Street(COUNTED)
    doubtful = columns([{"A": 0.3, "B": 0.3, "R": 0.3}] * 6)
    for _ in range(4):
        assert street.picture((1, 300, doubtful)) == []
    assert street.close() == []


def test_a_listed_plate_is_told_at_once_and_ends_with_its_passage() -> None:
    street = Street(COUNTED, Lists({"stolen": (PLATE,)}))
    first = street.picture((1, 300, SURE))
    (hit,) = told(first, AnprHit)
    assert first[0].type is EventType.ANPR_HIT
    assert first[0].phase is Phase.NEW
    assert (hit.list, hit.version, hit.plate, hit.through) == ("stolen", 3, PLATE, "best")
    assert hit.alternates[0].plate == PLATE
    assert hit.alternates[0].probability == hit.posterior
    rest = [each for n in range(1, 6) for each in street.picture((1, 300 + 30 * n, SURE))] + street.empty(25)
    assert [each.phase for each in rest] == [Phase.END]
    assert {each.incident_key for each in (*first, *rest)} == {"gate/passage-1/stolen"}
    assert street.close() == []


def test_a_hit_says_why() -> None:
    street = Street(QUIET, Lists({"stolen": (PLATE,)}))
    (observation,) = street.picture((1, 300, SURE))
    assert observation.assessed is not None
    assert observation.assessed.what == "listed-plate"
    assert isinstance(observation.observed, AnprHit)
    assert observation.assessed.probability == observation.observed.posterior
    assert {cue.name for cue in observation.assessed.cues} >= {"posterior", "pictures", "plate-width", "best-other-reading"}


def test_a_hit_waits_until_it_is_sure_enough() -> None:
    street = Street(QUIET, Lists({"stolen": ("KLAPROS",)}, least=0.9))
    doubtful = read_as("KLAPROS", 0.99, {2: ("R", 0.5)})
    assert street.picture((1, 300, doubtful)) == []
    found = [each for _ in range(4) for each in street.picture((1, 300, read_as("KLAPROS", 0.99)))]
    assert [each.phase for each in found] == [Phase.NEW]
    assert told(found, AnprHit)[0].posterior >= 0.9


def test_a_plate_that_is_read_wrong_matches_through_an_alternate() -> None:
    street = Street(QUIET, Lists({"stolen": ("KLBPROS",)}, least=0.05))
    (hit,) = told(street.picture((1, 300, read_as("KLRPROS", 0.99, {2: ("B", 0.35)}))), AnprHit)
    assert hit.through == "alternate"
    assert hit.plate == "KLBPROS"
    assert [each.plate for each in hit.alternates][:2] == ["KLRPROS", "KLBPROS"]
    assert [each.probability for each in hit.alternates] == sorted((a.probability for a in hit.alternates), reverse=True)


def test_a_pattern_matches_and_says_so() -> None:
    (hit,) = told(Street(QUIET, Lists({"stolen": ("1AB?234",)})).picture((1, 300, SURE)), AnprHit)
    assert hit.through == "pattern"


def test_a_hit_whose_reading_changes_is_told_again() -> None:
    street = Street(QUIET, Lists({"stolen": ("KLAPROS", "KLRPROS")}, least=0.3))
    street.picture((1, 300, read_as("KLRPROS", 0.95, {2: ("A", 0.3)})))
    later = [each for _ in range(15) for each in street.picture((1, 300, read_as("KLAPROS", 0.999)))]
    assert [each.phase for each in later] == [Phase.UPDATE]
    assert told(later, AnprHit)[0].plate == "KLAPROS"


def test_a_hit_that_turns_out_to_be_none_says_so_at_its_end() -> None:
    street = Street(QUIET, Lists({"stolen": ("KLRPROS",)}, least=0.3))
    assert street.picture((1, 300, read_as("KLRPROS", 0.95, {2: ("A", 0.4)})))
    later = [each for _ in range(15) for each in street.picture((1, 300, read_as("KLAPROS", 0.9999)))]
    last = street.close()
    assert [each.phase for each in (*later, *last)] == [Phase.UPDATE, Phase.END]
    (hit,) = told(last, AnprHit)
    assert hit.plate == "KLRPROS"
    assert hit.posterior < 0.3
    assert "KLRPROS" in {each.plate for each in hit.alternates}


def test_a_list_that_comes_while_a_vehicle_stands_there_finds_it() -> None:
    street = Street(QUIET)
    for _ in range(6):
        street.picture((1, 300, SURE))
    assert street.picture((1, 300, None)) == []
    street.lists.patterns["stolen"] = (PLATE,)
    found = [each for _ in range(25) for each in street.picture((1, 300, None))]
    assert [each.phase for each in found] == [Phase.NEW]


def test_only_lists_that_count_here_are_asked() -> None:
    assert passing(Street(Anpr(lists=("wanted",)), Lists({"stolen": (PLATE,)}))) == []


def test_each_list_is_an_incident_of_its_own() -> None:
    street = Street(Anpr(lists=("stolen", "wanted")), Lists({"stolen": (PLATE,), "wanted": ("1ABC*",)}))
    first = street.picture((1, 300, SURE))
    assert {each.incident_key for each in first} == {"gate/passage-1/stolen", "gate/passage-1/wanted"}
    assert {each.phase for each in street.close()} == {Phase.END}


def test_a_track_that_breaks_and_goes_on_is_one_passage() -> None:
    street = Street(COUNTED)
    for n in range(5):
        street.picture((1, 300 + 20 * n, SURE))
    street.empty(8)
    for n in range(5):
        street.picture((2, 560 + 20 * n, SURE))
    (read,) = told(street.close(), AnprRead)
    assert read.passage.pictures == 10


def test_a_track_that_coasts_beside_its_successor_is_one_passage() -> None:
    street = Street(COUNTED)
    for n in range(5):
        street.picture((1, 300 + 20 * n, SURE))
    for n in range(5):
        street.picture((1, 400, None), (2, 400 + 20 * n, SURE))
    (read,) = told(street.close(), AnprRead)
    assert read.passage.pictures == 10


@pytest.mark.parametrize(
    ("gap", "place", "text"),
    [
        (40, 400.0, PLATE),  # too late
        (2, 1100.0, PLATE),  # elsewhere: the same plate twice is two vehicles
        (2, 400.0, "2XYZ987"),  # the next vehicle
    ],
)
def test_what_does_not_follow_on_is_another_passage(gap: int, place: float, text: str) -> None:
    street = Street(COUNTED)
    found = [each for n in range(5) for each in street.picture((1, 300 + 20 * n, SURE))]
    found += street.empty(gap)
    for n in range(5):
        found += street.picture((2, place + 20 * n, read_as(text, 0.995)))
    assert [read.passage.pictures for read in told([*found, *street.close()], AnprRead)] == [5, 5]


def test_two_vehicles_beside_one_another_are_two() -> None:
    street = Street(COUNTED)
    for n in range(6):
        street.picture((1, 300 + 20 * n, SURE), (2, 800 + 20 * n, read_as("2XYZ987", 0.995)))
    reads = told(street.close(), AnprRead)
    assert {read.pseudonym.value for read in reads} == {pseudonym(KEY, PLATE), pseudonym(KEY, "2XYZ987")}


def test_a_track_that_jumps_to_another_vehicle_ends_the_passage() -> None:
    street = Street(COUNTED)
    found = [each for n in range(6) for each in street.picture((1, 300 + 20 * n, SURE))]
    for n in range(6):
        found += street.picture((1, 400 + 20 * n, read_as("2XYZ987", 0.995)))
    reads = told([*found, *street.close()], AnprRead)
    assert [read.pseudonym.value for read in reads] == [pseudonym(KEY, PLATE), pseudonym(KEY, "2XYZ987")]
    assert [read.passage.pictures for read in reads] == [6, 6]


def test_the_next_vehicle_in_a_track_that_coasts_is_not_told_with_the_hit() -> None:
    street = Street(QUIET, Lists({"stolen": (PLATE,)}))
    found = [each for n in range(5) for each in street.picture((1, 300 + 20 * n, SURE))]
    for _ in range(25):
        found += street.picture((1, 400, None))
    for n in range(6):
        found += street.picture((1, 400 + 20 * n, read_as("2XYZ987", 0.8)))
    hits = told([*found, *street.close()], AnprHit)
    assert len(hits) == 2
    assert {alternate.plate for hit in hits for alternate in hit.alternates}.isdisjoint({"2XYZ987"})


def test_a_vehicle_whose_plate_is_seen_again_in_its_track_is_one_passage() -> None:
    street = Street(COUNTED)
    for pause in (25, 0):
        for n in range(5):
            street.picture((1, 300 + 5 * n, SURE))
        for _ in range(pause):
            street.picture((1, 320, None))
    (read,) = told(street.close(), AnprRead)
    assert read.passage.pictures == 10


def test_one_wrong_picture_ends_nothing() -> None:
    street = Street(COUNTED)
    for n in range(6):
        street.picture((1, 300 + 20 * n, SURE))
    street.picture((1, 420, read_as("2XYZ987", 0.995)))
    for n in range(6):
        street.picture((1, 440 + 20 * n, SURE))
    (read,) = told(street.close(), AnprRead)
    assert read.pseudonym.value == pseudonym(KEY, PLATE)


def test_of_two_plates_on_one_track_the_nearer_one_goes_on() -> None:
    street = Street(COUNTED)
    for n in range(6):
        street.picture((1, 900 + 10 * n, read_as("2XYZ987", 0.995)), (1, 300 + 10 * n, SURE))
    (read,) = told(street.close(), AnprRead)
    assert read.passage.pictures == 6
    assert read.posterior > 0.9


def test_a_vehicle_without_a_plate_is_no_passage() -> None:
    street = Street(COUNTED)
    for _ in range(10):
        assert street.picture((1, 300, None)) == []
    assert street.close() == []


def test_pictures_that_were_missed_let_time_pass() -> None:
    street = Street(COUNTED)
    for _ in range(4):
        street.picture((1, 300, SURE))
    street.picture()
    assert street.analytics.missed(at(1.0)) == []
    assert len(told(street.analytics.missed(at(4.0)), AnprRead)) == 1


def test_a_recording_is_followed_in_its_own_time() -> None:
    """Played as fast as the box can: the clock hardly moves, the recording does."""
    analytics = Street(COUNTED).analytics
    for n in range(4):
        seen = Sight(1, sight(SURE, 110, (300 + 20 * n, 400)), "car", 0.9, (150, 200, 450, 450))
        assert analytics.update(tracks({1: 300 + 20 * n}), [seen], at(n / 1000), n + 1, media_s=n / 10) == []
    found = [each for n in range(4) for each in analytics.update(tracks({}), [], at(0.01), 5 + n, media_s=1.0 + n)]
    (read,) = told(found, AnprRead)
    assert read.passage.duration_s == pytest.approx(0.3)


def test_lanes_are_told() -> None:
    lane = Lane("left", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    (read,) = told(passing(Street(Anpr(others="pseudonym", purpose="traffic", lanes=(lane,)))), AnprRead)
    assert read.passage.lane == "left"
    assert read.passage.lane_probability > 0.8


def test_vehicles_that_stand_are_spared_once_they_are_known() -> None:
    street = Street(QUIET)
    for _ in range(20):
        street.picture((1, 300, SURE), (2, 900, columns([{"A": 0.4, "B": 0.4}] * 4)))
    assert street.analytics.spare == {1}
    street.picture((1, 700, None), (2, 900, None))
    assert street.analytics.spare == frozenset()


def test_small_plates_are_said_to_be() -> None:
    street = Street(Anpr(least_px=60))
    for n in range(6):
        street.picture((1, 300 + 10 * n, read_as(PLATE, 0.6)), width=41)
    assert street.analytics.plate_px == pytest.approx(41)
    assert [reason.code for reason in street.analytics.reasons] == ["plates-too-small"]


def test_everything_told_passes_the_guard() -> None:
    street = Street(COUNTED, Lists({"stolen": (PLATE, "18BC234")}, least=0.05))
    observations = [each for n in range(12) for each in street.picture((1, 300 + 20 * n, read_as(PLATE, 0.9, {1: ("8", 0.2)})))]
    observations += street.empty(25)
    observations += passing(street, "2XYZ987", track=2)
    builder = EventBuilder(evaluation=False)
    clock = Clock(ClockSource.NTP, synchronised=True)
    for observation in observations:
        builder.build(observation, clock, Origin())
    assert builder.refused == 0
    assert {each.type for each in observations} == {EventType.ANPR_HIT, EventType.ANPR_READ}


def test_what_was_read_is_forgotten_and_never_printed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    street = Street(COUNTED, keys=Keys(held=False))
    for n in range(6):
        street.picture((1, 300 + 20 * n, SURE))
    passages = street.analytics._passages
    assert PLATE.encode() in pickle.dumps(passages)  # while it is under way
    printed = repr(passages.running()) + repr(vars(street.analytics)) + repr(vars(passages))
    assert PLATE not in printed
    street.empty(25)
    assert PLATE.encode() not in pickle.dumps((passages, street.analytics._standing, street.analytics._widths))
    assert PLATE not in caplog.text


def test_the_views_of_a_passage_are_gone_with_it() -> None:
    street = Street(QUIET)
    street.picture((1, 300, SURE))
    (passage,) = street.analytics._passages.running()
    street.close()
    assert passage.readings() == []
    assert PLATE.encode() not in pickle.dumps(passage)


def test_nothing_breaks_on_nonsense() -> None:
    street = Street(COUNTED)
    random = np.random.default_rng(3)
    for _ in range(20):
        noise = random.normal(0, 3, (36, 37)).astype(np.float32)
        noise -= np.log(np.exp(noise).sum(axis=1, keepdims=True))
        street.picture(*((int(track), float(random.uniform(0, 1280)), noise) for track in random.integers(1, 5, 3)))
    for observation in street.close():
        assert isinstance(observation.observed, AnprRead)
