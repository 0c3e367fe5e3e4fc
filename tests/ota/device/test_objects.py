"""Files by their content: only what was read back and hashed has a name, and a partial counts as far as it was synced."""

from __future__ import annotations

import contextlib
import random
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ota.deltafile import Content
from ota.device.disk import RealDisk, Writing
from ota.device.objects import FOLDER, Note, Objects
from simulator.faults.forgetful import ForgetfulDisk, Plan, PowerCut

DATA = bytes(range(250)) * 20
CONTENT = Content.of(DATA)


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(RealDisk(tmp_path))


def fetched(objects: Objects, data: bytes, *, upto: int | None = None) -> None:
    with closing(objects.resume(CONTENT, 0)) as partial:
        partial.write(data[:upto])
        if upto is None:
            partial.sync()
        else:
            partial.keep("mirror", '"tag"')


def test_a_file_that_is_the_one(objects: Objects) -> None:
    assert not objects.has(CONTENT)
    fetched(objects, DATA)
    assert not objects.has(CONTENT)
    assert objects.take(CONTENT)
    assert objects.has(CONTENT)
    assert objects.is_sound(CONTENT)
    with objects.open(CONTENT) as file:
        assert file.read() == DATA


@pytest.mark.parametrize("data", [b"", DATA[:-1], DATA + b"x", DATA[:-1] + b"x", DATA[::-1]])
def test_row_19_a_file_that_is_not_is_thrown_away(objects: Objects, tmp_path: Path, data: bytes) -> None:
    fetched(objects, data)
    assert not objects.take(CONTENT)
    assert not objects.has(CONTENT)
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_file_that_the_card_has_spoilt_is_seen(objects: Objects) -> None:
    fetched(objects, DATA)
    assert objects.take(CONTENT)
    path = objects._disk.at(objects.path(CONTENT))
    path.write_bytes(DATA[:-1] + b"x")
    assert objects.has(CONTENT), "by its size"
    assert not objects.is_sound(CONTENT)


def test_a_partial_is_gone_on_with(objects: Objects) -> None:
    fetched(objects, DATA, upto=1000)
    assert objects.begun(CONTENT) == Note(1000, "mirror", '"tag"')
    with closing(objects.resume(CONTENT, 1000)) as partial:
        assert partial.size == 1000
        partial.write(DATA[1000:])
        partial.sync()
    assert objects.take(CONTENT)
    assert objects.begun(CONTENT) == Note()


def test_a_partial_that_is_begun_again_forgets_what_was_noted(objects: Objects) -> None:
    fetched(objects, DATA, upto=1000)
    with closing(objects.resume(CONTENT, 0)) as partial:
        partial.write(b"other")
    assert objects.begun(CONTENT) == Note()


@pytest.mark.parametrize("note", [b"", b"{}", b"nonsense", b'{"size": 100000}', b'{"size": -5}', b'{"size": "x"}'])
def test_a_note_that_makes_no_sense_is_none(objects: Objects, note: bytes) -> None:
    from ota.device import durable

    fetched(objects, DATA, upto=1000)
    durable.write(objects._disk, f"{objects.path(CONTENT)}.note", note)
    assert objects.begun(CONTENT) == Note()


def test_put_takes_what_is_right_and_keeps_nothing_else(objects: Objects, tmp_path: Path) -> None:
    def write(file: Writing) -> None:
        file.write(DATA)

    def fail(file: Writing) -> None:
        file.write(DATA)
        raise ArithmeticError

    assert not objects.put(CONTENT, lambda file: None)
    with pytest.raises(ArithmeticError):
        objects.put(CONTENT, fail)
    assert list((tmp_path / FOLDER).iterdir()) == []
    assert objects.put(CONTENT, write)
    assert objects.has(CONTENT)


def test_what_nobody_wants_is_collected(objects: Objects, tmp_path: Path) -> None:
    other = Content.of(b"other")
    fetched(objects, DATA, upto=1000)
    assert objects.put(other, lambda file: file.write(b"other"))
    (tmp_path / FOLDER / "strange").write_bytes(b"x")
    (tmp_path / FOLDER / f"{CONTENT.sha256}.note.new").write_bytes(b"x")
    objects.collect({CONTENT.sha256})
    assert sorted(path.suffix for path in (tmp_path / FOLDER).iterdir()) == [".note", ".part"]
    objects.collect(set())
    assert list((tmp_path / FOLDER).iterdir()) == []


@settings(max_examples=60)
@given(st.integers(1, 40), st.integers(0, 2**32))
def test_row_17_after_a_cut_what_counts_is_right(tmp_path_factory: pytest.TempPathFactory, at: int, seed: int) -> None:
    """However torn the disk is: what has a name is the file, and what a note counts is its beginning."""
    disk = ForgetfulDisk(tmp_path_factory.mktemp("cut") / "disk", Plan(cut_at=at, cut_within=0.4))
    objects = Objects(disk)
    try:
        for upto in range(1000, len(DATA), 1000):
            with closing(objects.resume(CONTENT, upto - 1000)) as partial:
                partial.write(DATA[upto - 1000 : upto])
                partial.keep("mirror", "")
        with closing(objects.resume(CONTENT, upto)) as partial:
            partial.write(DATA[upto:])
            partial.sync()
        assert objects.take(CONTENT)
    except PowerCut:
        pass
    after = Objects(disk.restart(random.Random(seed)))
    if after.has(CONTENT):
        assert after.is_sound(CONTENT)
    begun = after.begun(CONTENT)
    if begun.size:
        assert after._disk.at(f"{after.path(CONTENT)}.part").read_bytes()[: begun.size] == DATA[: begun.size]


def test_row_17_a_cut_while_a_file_gets_its_name_costs_no_byte_that_was_kept(tmp_path: Path) -> None:
    """Its note may not go before its name is certain: a cut keeps either of two changes of a folder."""
    for number in range(120):
        disk = ForgetfulDisk(tmp_path / str(number))
        objects = Objects(disk)
        fetched(objects, DATA, upto=4000)
        with closing(objects.resume(CONTENT, 4000)) as partial:
            partial.write(DATA[4000:])
            partial.sync()
        disk.plan = Plan(cut_at=disk.calls + 1 + number % 6)
        with contextlib.suppress(PowerCut):
            assert objects.take(CONTENT)
        after = Objects(disk.restart(random.Random(number)))
        assert after.has(CONTENT) or after.begun(CONTENT).size == 4000


def test_a_note_that_came_back_after_its_file_was_complete_is_collected(objects: Objects, tmp_path: Path) -> None:
    fetched(objects, DATA)
    assert objects.take(CONTENT)
    objects.note(CONTENT, Note(1000, "mirror", ""))
    objects.collect({CONTENT.sha256})
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [CONTENT.sha256]
