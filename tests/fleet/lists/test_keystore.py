"""Keys at rest: a copy of the store says nothing, and what was destroyed is in no byte of the disk."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from fleet.audit.log import verify
from fleet.lists.errors import HitListError, KeyGoneError, NotLoadedError, StateError
from fleet.lists.keyfiles import KeyFiles
from fleet.lists.keystore import commitment
from fleet.lists.master import FILE, MASTER, PASSWORD, load_master, make_master
from fleet.lists.periods import GRACE_MS
from fleet.store.database import writing
from fleet.store.tables import plate_key
from protocol.keys import packed
from protocol.pseudonyms import pseudonym
from tests.fleet.lists.office import BOB, DAY_MS, PHRASE, TRAVEL, Office


def on_disk(folder: Path, *sought: bytes) -> list[str]:
    """Files in which any of some bytes stand: raw, in hexadecimal, or in base64 of either alphabet."""
    forms = {form for data in sought for form in (data, data.hex().encode(), packed(data).encode()[:40])}
    forms |= {base64.b64encode(data)[:40] for data in sought}
    return [str(path) for path in folder.rglob("*") if path.is_file() and any(form in path.read_bytes() for form in forms)]


def test_a_key_that_was_destroyed_is_in_no_byte_of_store_or_files_and_opens_nothing(office: Office) -> None:
    """RIGHTS: pseudonyms of a period that is over stand for nothing any more, the manager included."""
    office.add_box(lists=(), purpose=TRAVEL)
    office.birth()
    office.tick()
    keys = office.access.open().keys
    (row,) = office.views.known_keys()
    secret, file = keys.secret(row.id), office.folder / "keystore" / f"{row.id}.key"
    sealed = file.read_bytes()[-48:]
    made = pseudonym(secret, "1ABC123")
    assert on_disk(office.folder, secret) == [], "in clear it never was"
    assert on_disk(office.folder, sealed) == [str(file)]
    assert office.views.proof(row.id).destroyed_row is None
    assert row.ends is not None
    office.later((row.ends + GRACE_MS - office.ms) / 1000 - 1)
    office.tick()
    assert keys.holds(row.id)
    office.tick(1)
    office.tick(60)
    assert not keys.holds(row.id)
    assert on_disk(office.folder, secret, sealed) == []
    with pytest.raises(KeyGoneError, match="was destroyed"):
        keys.secret(row.id)
    left = [keys.secret(name) for name in keys._files.names()]
    assert made not in {pseudonym(key, "1ABC123") for key in left}
    proof = office.views.proof(row.id)
    assert proof.shown
    assert proof.commitment == commitment(row.id, secret), "who turns up with the key can be told that it was this one"
    assert verify(office.engine).broken_at is None


def test_the_file_is_overwritten_where_it_lies(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is gone leaves the bytes where they were; another name for them shows what became of them."""
    keys = office.access.open().keys
    keys.make("p-a", "pseudonym", TRAVEL, 0, DAY_MS)
    file = office.folder / "keystore" / "p-a.key"
    before, beside = file.read_bytes(), office.folder / "beside"
    beside.hardlink_to(file)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    keys.destroy("p-a")
    assert not file.exists()
    assert len(beside.read_bytes()) == len(before)
    assert before[-16:] not in beside.read_bytes()
    assert len(synced) >= 2, "forced to the disk, file and folder"


def test_a_proof_needs_the_audit_log(office: Office) -> None:
    keys = office.access.open().keys
    keys.make("p-a", "pseudonym", TRAVEL, 0, DAY_MS)
    with writing(office.engine) as connection:
        connection.execute(plate_key.update().values(destroyed_at=office.ms))
    assert not office.views.proof("p-a").shown, "a row that says so is not enough"
    with writing(office.engine) as connection:
        connection.execute(plate_key.update().values(destroyed_at=None))
    keys.destroy("p-a")
    assert office.views.proof("p-a").shown
    with writing(office.engine) as connection:
        connection.execute(plate_key.update().values(commitment="0" * 64))
    assert not office.views.proof("p-a").shown, "another key's commitment is not this one's"


def test_a_copy_of_the_store_says_nothing(office: Office) -> None:
    """No plate, no comment, no key: what opens them lies elsewhere."""
    office.add_box()
    office.publish("1-QWE-987,the mayor's nephew\n2-XYZ-00?\n")
    office.birth()
    office.tick()
    office.people.look(BOB, 1, "looking")
    store = b"".join(path.read_bytes() for path in office.folder.glob("fleet.sqlite*"))
    for word in (b"1-QWE-987", b"1QWE987", b"QWE-987", b"QWE987", b"nephew", b"2-XYZ", b"2XYZ00"):
        assert word not in store, word
    keys = office.access.open().keys
    for name in keys._files.names():
        secret = keys.secret(name)
        assert secret not in store
        assert packed(secret).encode()[:40] not in store
    files = b"".join(path.read_bytes() for path in (office.folder / "lists").iterdir())
    assert b"QWE987" not in files
    assert b"QWE-987" not in files


def test_entries_that_were_erased_are_in_no_byte_of_the_store(office: Office) -> None:
    lines = "".join(f"1-AAA-{number:03d},comment {number}\n" for number in range(300))
    made = office.publish(lines)
    with office.engine.connect() as connection:
        sealed = [row.data[40:90] for row in connection.exec_driver_sql("SELECT data FROM list_part")]
    assert sealed
    assert on_disk(office.folder, *sealed)
    office.people.withdraw(BOB, "stolen", "over")
    office.tick(GRACE_MS / 1000)
    office.tick(61)
    assert not office.access.open().contents.holds(made.content)
    assert on_disk(office.folder, *sealed) == []


def test_a_file_in_another_s_place_and_a_changed_one_open_nothing(office: Office) -> None:
    keys, folder = office.access.open().keys, office.folder / "keystore"
    for name in ("p-a", "p-b"):
        keys.make(name, "pseudonym", TRAVEL, 0, DAY_MS)
    (folder / "p-b.key").write_bytes((folder / "p-a.key").read_bytes())
    with pytest.raises(KeyGoneError, match=r"p-b\.key: cannot be opened"):
        keys.secret("p-b")
    for bad in (b"", b"x" * 200, (folder / "p-a.key").read_bytes()[:-1]):
        (folder / "p-a.key").write_bytes(bad)
        with pytest.raises(KeyGoneError):
            keys.secret("p-a")


def test_no_id_is_used_twice(office: Office) -> None:
    keys = office.access.open().keys
    keys.make("p-a", "pseudonym", TRAVEL, 0, DAY_MS)
    before = keys.secret("p-a")
    with pytest.raises(StateError, match="no id is used twice"):
        keys.make("p-a", "pseudonym", TRAVEL, 0, DAY_MS)
    assert keys.secret("p-a") == before


def test_whoever_is_killed_between_file_and_row_leaves_nothing_for_long(office: Office) -> None:
    keys, folder = office.access.open().keys, office.folder / "keystore"
    keys._files.write("p-orphan", bytes(32))
    (folder / "p-half.key.77.new").write_bytes(b"half")
    office.ms = (folder / "p-orphan.key").stat().st_mtime_ns // 1_000_000
    keys.sweep()
    assert keys.holds("p-orphan"), "its row may be on its way"
    office.later(3601)
    keys.sweep()
    assert not keys.holds("p-orphan")
    assert not list(folder.glob("*.new"))


def test_a_destruction_that_was_cut_short_is_done_again(office: Office) -> None:
    keys = office.access.open().keys
    keys.make("p-a", "pseudonym", TRAVEL, 0, DAY_MS)
    keys._files.erase("p-a")
    assert office.views.proof("p-a").destroyed_at is None
    keys.destroy("p-a")
    keys.destroy("p-a")
    assert [what for _, what, _ in office.actions("key.destroy")] == ["key.destroy"]


def test_a_folder_under_another_master_key_is_noticed_before_anything_is_made(tmp_path: Path) -> None:
    KeyFiles(tmp_path, b"a" * 32).write("p-a", bytes(32))
    with pytest.raises(NotLoadedError, match="was made under another master key"):
        KeyFiles(tmp_path, b"b" * 32)


def test_an_empty_folder_where_keys_should_be_is_not_taken_for_the_key_store(office: Office) -> None:
    """A disk that was not mounted: every key would be called destroyed and every list sent anew."""
    office.publish("1ABC123\n")
    (office.folder / "keystore").rename(office.folder / "elsewhere")
    office.begin()
    with pytest.raises(NotLoadedError, match="1 keys should be in it: mount it, or restore it"):
        office.access.open()
    office.tick()
    assert "mount it" in office.job.locked
    (office.folder / "keystore").mkdir(exist_ok=True)
    (office.folder / "keystore" / "lost").touch()
    office.begin()
    office.access.open()


def test_the_master_key_comes_from_its_file_or_from_the_environment(tmp_path: Path) -> None:
    with pytest.raises(NotLoadedError, match=r"plates\.master is not there; make it with `lamplighter lists keys init`"):
        load_master(tmp_path, {})
    make_master(tmp_path, PHRASE)
    first = load_master(tmp_path, {PASSWORD: PHRASE})
    assert len(first) == 32
    assert first not in (tmp_path / FILE).read_bytes()
    secret = tmp_path / "secret"
    secret.write_text(PHRASE + "\n")
    secret.chmod(0o644)
    with pytest.raises(NotLoadedError, match="can be read by others; chmod 600"):
        load_master(tmp_path, {f"{PASSWORD}_FILE": str(secret)})
    secret.chmod(0o600)
    assert load_master(tmp_path, {f"{PASSWORD}_FILE": str(secret)}) == first
    assert load_master(tmp_path, {MASTER: packed(b"k" * 32)}) == b"k" * 32
    for environment, words in (
        ({PASSWORD: "another phrase entirely"}, "the password is wrong"),
        ({}, "nobody gave the password"),
        ({MASTER: "short"}, "holds no 32 bytes"),
        ({f"{PASSWORD}_FILE": str(tmp_path / "none")}, "cannot be read"),
    ):
        with pytest.raises(NotLoadedError, match=words):
            load_master(tmp_path, environment)
    with pytest.raises(HitListError, match="never written over"):
        make_master(tmp_path, PHRASE)
    with pytest.raises(HitListError, match="take 16 or more"):
        make_master(tmp_path / "other", "short")
