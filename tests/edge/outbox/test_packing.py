"""Messages on disk: small, exactly as they were, and readable by every later version."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.outbox.packing import DICTIONARIES, pack, seal, unpack, unseal
from protocol.codec import Message
from tests.edge.bodies import ALERT, COUNT
from tests.edge.outbox.reading import opened, put

messages = st.builds(
    Message,
    st.text(max_size=80),
    st.binary(max_size=4096),
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=40)), max_size=8).map(tuple),
)


def test_a_dictionary_never_changes() -> None:
    """What lies on the disk of a box was written with it: give a better one the next number."""
    digests = {number: hashlib.sha256(words).hexdigest()[:16] for number, words in DICTIONARIES.items()}
    assert digests == {1: "ac0930f1edbec7a8"}


@given(messages)
def test_any_message_comes_back(message: Message) -> None:
    packed = pack(message)
    back = unpack(memoryview(packed))
    assert (back.topic, back.payload, back.properties) == (message.topic, message.payload, message.properties)


def test_events_are_packed_to_less_than_half() -> None:
    outbox = opened()
    put(outbox, COUNT, ALERT)
    for entry, message in outbox.pending(2):
        assert len(pack(message)) < 0.5 * entry.size


@pytest.mark.parametrize(
    "packed", [b"", b"\x00", b"\xff" + pack(Message("t", b"x", ()))[1:], pack(Message("t", b"x", ()))[:-3]]
)
def test_what_is_no_message_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"version|truncated|stored block|Input"):
        unpack(memoryview(packed))


def test_more_than_a_packet_is_not_unpacked() -> None:
    with pytest.raises(ValueError, match="truncated"):
        unpack(memoryview(pack(Message("t", b"\0" * 1_000_000, ()))))


@pytest.mark.parametrize("row", [("boot", 1), ("boot", 2, 3), ("other", 2)])
def test_the_seal_covers_content_and_row(row: tuple[object, ...]) -> None:
    sealed = seal(b"content", "boot", 2)
    assert bytes(unseal(sealed, "boot", 2)) == b"content"
    with pytest.raises(ValueError, match="checksum"):
        unseal(sealed, *row)
    with pytest.raises(ValueError, match="checksum"):
        unseal(sealed[:-1] + b"x", "boot", 2)


def test_the_log_has_no_index_on_disk_and_one_owner(tmp_path: Path) -> None:
    """The index would be written after each commit, more than the log itself."""
    path = tmp_path / "outbox.sqlite"
    outbox = opened(path)
    put(outbox, ALERT)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["outbox.sqlite", "outbox.sqlite-wal"]
    other = sqlite3.connect(path, timeout=0.0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("SELECT * FROM event")
    other.close()
    outbox.close()
