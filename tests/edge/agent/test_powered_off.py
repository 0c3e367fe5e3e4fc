"""The image of a box that was powered off yields no plate: not by reading, not by enumeration, with nothing that is on it.

Whoever has the image has every file of the state folder, the digests of the lists, and the pseudonyms that have not been sent
yet. A key would have to be among its bytes: every window of 32 bytes is tried as one, and what files hold in base64 or
hexadecimal, against a plate that is known to be on the list and one that is known to have gone by. Then a series is enumerated
under what needs no key, and under what everybody could guess. With the key, the same search finds everything.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import itertools
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.observation import Observation
from protocol.events import AnprRead, EventType, Passage
from protocol.keys import packed
from protocol.lists import cut, digest, read_file, read_whole
from protocol.plates import fold
from protocol.pseudonyms import pseudonym
from tests.edge.agent.plated import Plated
from tests.edge.lists.desk import LIST_KEY, OTHERS, SERIES_KEY, STOLEN, Desk, Made

MASK = "." * 7
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LISTED = [f"1ABC{n:03}" for n in range(0, 1000, 7)] + ["1XYZ123", "2AAA001"]
PASSED = [f"1ABD{n:03}" for n in range(0, 1000, 50)]
BIT = [f"1AB{letter}{n:03}" for letter in "CD" for n in range(1000)]
"""A small part of the series, in which there are plates of the list and of the street."""


class Image:
    """What lies on the disk."""

    def __init__(self, folder: Path, said: list[str]) -> None:
        self.files = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
        self.digests: set[bytes] = set()
        for data in self.files.values():
            if data.startswith(b'{"fleet"') and data.count(b"\n") > 1:
                file = read_file(data)
                self.digests.update(*(cut(part) for part in read_whole(file.header, file.body).values()))
        self.pseudonyms = set(said)

    def candidates(self) -> Iterator[bytes]:
        """Everything on it that could be a key."""
        seen = set[bytes]()
        for data in self.files.values():
            yield hashlib.sha256(data).digest()
            for size, decode in ((43, _from_base64), (64, _from_hex)):
                yield from filter(None, (decode(found) for found in re.findall(rb"(?=([A-Za-z0-9_+/-]{%d}))" % size, data)))
            for at in range(len(data) - 31):
                window = data[at : at + 32]
                if window not in seen:
                    seen.add(window)
                    yield window

    def keys(self, listed: str, passed: str) -> set[bytes]:
        """Candidates that are a key: known plates prove it."""
        wanted, known = b"lamplighter plate 1\n" + f"{MASK}\n{fold(listed)}".encode(), fold(passed).encode()
        stands = {bytes.fromhex(value) for value in self.pseudonyms}
        return {
            key
            for key in self.candidates()
            if hmac.digest(key, wanted, "sha256")[:16] in self.digests
            or hmac.digest(key, b"lamplighter pseudonym 1\n" + known, "sha256")[:16] in stands
        }

    def enumerate(self, series: Iterable[str], keys: Iterable[bytes]) -> set[str]:
        """Plates of a series that are found under any of some keys."""
        found, keys = set(), tuple(keys)
        for plate in series:
            text = fold(plate)
            if hashlib.sha256(text.encode()).digest()[:16] in self.digests:
                found.add(plate)
            for key in keys:
                if digest(key, MASK, text) in self.digests or pseudonym(key, text) in self.pseudonyms:
                    found.add(plate)
        return found

    def plates(self, plates: Iterable[str]) -> list[str]:
        """Plates that stand there in clear, however they are spelt."""
        everything = b"\0".join(self.files.values()).upper()
        return [
            plate
            for plate in plates
            for spelt in {plate, fold(plate), f"{plate[0]}-{plate[1:4]}-{plate[4:]}"}
            if spelt.encode() in everything
        ]


def _from_base64(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text.replace(b"-", b"+").replace(b"_", b"/") + b"=", validate=True)
    except binascii.Error:
        return None


def _from_hex(text: bytes) -> bytes | None:
    try:
        return bytes.fromhex(text.decode())
    except ValueError:
        return None


GUESSED = (b"", bytes(32), b"city", b"stolen", b"list-1", b"travel-1", b"lamplighter plate 1\n", bytes(range(1, 33)))


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
    series = (f"1{''.join(abc)}{n:03}" for abc in itertools.product(LETTERS, repeat=3) for n in range(1000))
    assert image.enumerate(series, (b"",)) == set()
