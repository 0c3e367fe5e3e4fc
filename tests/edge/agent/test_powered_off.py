"""The image of a box that was powered off yields no plate: not by reading, not by enumeration, with nothing that is on it.

Whoever has the image has every file of the state folder, the digests of the lists, and the pseudonyms that have not been sent
yet; what they try is in :mod:`benchmarks.plates_image`. With the key, the same search finds everything.
"""

from __future__ import annotations

import base64
import functools
import shutil
from pathlib import Path

import pytest

from benchmarks.plates_image import GUESSED, Image, series
from edge.clock import SystemClock
from edge.observation import Observation
from protocol.events import AnprRead, EventType, Passage
from protocol.keys import packed
from tests.edge.agent.plated import Plated
from tests.edge.lists.desk import LIST_KEY, OTHERS, SERIES_KEY, STOLEN, Desk, Made

LISTED = [f"1ABC{n:03}" for n in range(0, 1000, 7)] + ["1XYZ123", "2AAA001"]
PASSED = [f"1ABD{n:03}" for n in range(0, 1000, 50)]
BIT = [f"1AB{letter}{n:03}" for letter in "CD" for n in range(1000)]
"""A small part of the series, in which there are plates of the list and of the street."""


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Image:
    site = Plated(tmp_path, Desk())
    made = Made(site.desk, 3, LISTED)
    site.publish(made.file)
    with site.running(monkeypatch) as box:
        site.want(made.order())
        site.state(lambda state: state.lists == {"stolen": 3}, "the list is used")
        assert site.give(STOLEN, OTHERS).ok
        matching, clock = box.agent._plates._opened().matching, SystemClock()
        for plate in PASSED:
            stands = matching.of("travel-times", plate, clock.now().wall)
            assert stands is not None
            read = Observation(EventType.ANPR_READ, clock.now(), AnprRead(stands, 0.9, Passage(3, 1.0, 100.0)))
            box.agent._link.post(functools.partial(box.agent._voice.say, read))
        box.until(lambda status: status.telemetry.outbox.pending > len(PASSED), "they wait for the manager")
        box.agent._outbox.flush()
        shutil.copytree(
            tmp_path / "state", tmp_path / "image", ignore=shutil.ignore_patterns("*.sock")
        )  # the power is cut here
    said = [body["observed"]["pseudonym"]["value"] for kind, body in box.said() if kind == "anpr.read"]
    return Image(tmp_path / "image", said)


def test_a_powered_off_image_yields_nothing_and_with_its_key_everything(image: Image) -> None:
    assert len(image.digests) == len(LISTED)
    assert len(image.pseudonyms) == len(PASSED)
    names = {path.name for path in image.files}
    assert {"device.key", "ca.crt", "outbox.sqlite", "desired.json", "versions"} <= names
    assert image.plates([*LISTED, *PASSED]) == []
    everything = b"\0".join(image.files.values())
    for secret in (LIST_KEY, SERIES_KEY):
        for spelt in (secret, packed(secret).encode(), base64.b64encode(secret), secret.hex().encode()):
            assert spelt not in everything
    assert image.keys(LISTED[0], PASSED[0]) == set(), "no byte of the image is a key"
    assert image.enumerate(BIT, GUESSED) == set()

    some = next(iter(image.files))
    image.files[some] = image.files[some][:100] + LIST_KEY + image.files[some][100:] + packed(SERIES_KEY).encode()
    assert image.keys(LISTED[0], PASSED[0]) == {LIST_KEY, SERIES_KEY}, "the search would find them"
    assert image.enumerate(BIT, (LIST_KEY,)) == set(LISTED) & set(BIT)
    assert image.enumerate(BIT, (SERIES_KEY,)) == set(PASSED)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_the_whole_series_yields_nothing(image: Image) -> None:
    """All 17.6 million plates from 1-AAA-000 on, unkeyed and under the empty key."""
    assert image.enumerate(series(), (b"",)) == set()
