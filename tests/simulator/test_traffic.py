"""The drawn street: its truth is what was drawn, its plates are nobody's, and the shipped models find and read them."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import av
import numpy as np
import pytest

from benchmarks.passages import shipped_chain
from benchmarks.traffic_clip import clip, play, truth
from edge.analytics.anpr.consensus import fuse
from models.bundle.plates import COLOURS
from protocol.plates import fold, normalise
from simulator.media.driving import PAINTS, draw_backdrop, draw_street, recorded

MOST_BYTES = 2_000_000
LOOKED = 61
"""Pictures that are looked at here: two vehicles drive by, one away, one towards; the bench looks at all."""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return truth(clip())


def test_the_truth_names_the_clips_bytes_and_it_is_small(told: dict[str, Any]) -> None:
    data = clip().read_bytes()
    assert hashlib.sha256(data).hexdigest() == told["sha256"]
    assert len(data) < MOST_BYTES
    with av.open(str(clip())) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (told["width"], told["height"], told["frames"])
        assert stream.average_rate == told["fps"]


def test_plates_are_of_a_series_that_is_not_issued(told: dict[str, Any]) -> None:
    plates = [row["plate"] for row in told["vehicles"]]
    assert len(set(plates)) == len(plates) >= 12
    for plate in plates:
        assert normalise(plate) == plate
        assert re.fullmatch(r"[567][A-NP-Z]{3}[0-9]{3}", plate), "index 5 to 7 of Belgium's series is not given out"


def test_what_it_says_of_vehicles_is_spelled_as_on_the_wire(told: dict[str, Any]) -> None:
    assert set(PAINTS) < set(COLOURS)
    lanes = set()
    for row in told["vehicles"]:
        assert row["colour"] in PAINTS
        assert row["kind"] in {"car", "van"}
        assert len(row["boxes"]) == row["to"] - row["from"] + 1 >= 5
        assert 60 <= row["plate_px"] <= 110, "of each plate where it is nearest"
        lanes.add(row["lane"])
    assert lanes == {"away", "towards"}


def test_it_begins_and_ends_with_an_empty_street_so_that_it_can_be_shown_again(told: dict[str, Any]) -> None:
    assert min(row["from"] for row in told["vehicles"]) > 5
    assert max(row["to"] for row in told["vehicles"]) < told["frames"] - 5


def test_the_clip_is_what_the_script_draws(told: dict[str, Any]) -> None:
    street = draw_street(told["seed"])
    assert [v.plate.text for v in sorted(street.vehicles, key=lambda v: v.starts_s)][:1] == [told["vehicles"][0]["plate"]]
    backdrop = draw_backdrop(told["seed"], street.camera)
    number = 30
    fine, seen = street.picture((number - 1) / told["fps"], backdrop)
    (drawn,) = recorded([fine], np.random.default_rng(0))
    with av.open(str(clip()), "r") as container:
        frames = container.decode(video=0)
        picture = next(frame.to_ndarray(format="rgb24") for at, frame in enumerate(frames, 1) if at == number)
    assert float(np.abs(picture.astype(float) - drawn).mean()) < 6
    assert len(seen) >= 1


def test_the_shipped_models_find_the_vehicles_and_the_consensus_reads_their_plates(told: dict[str, Any]) -> None:
    played = play(clip(), shipped_chain(), LOOKED)
    whole = {row["plate"] for row in told["vehicles"] if row["to"] <= LOOKED}
    assert len(whole) == 2
    assert played.looks < 4 * played.pictures
    assert played.astray <= 2
    for vehicle in played.vehicles:
        if vehicle.plate in whole:
            assert vehicle.found > 0.5 * vehicle.pictures
            assert len(vehicle.sights) > 10
            (best, *_) = fuse(vehicle.sights, 0.01)
            assert fold(best.text) == fold(vehicle.plate)
