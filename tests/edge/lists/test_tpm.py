"""The door of a TPM: what stands there is said, and nothing is claimed of it."""

from __future__ import annotations

import os
import struct
import threading
import tty
from pathlib import Path

import pytest

from edge.lists.tpm import look

GOOD = struct.pack(">HIIBIII4s", 0x8001, 27, 0, 0, 6, 1, 0x105, b"IFX\0")


def test_a_box_without_one(tmp_path: Path) -> None:
    door = look(tmp_path / "tpmrm0")
    assert (door.maker, door.why) == ("", f"in memory; there is no TPM ({tmp_path / 'tpmrm0'} is not there)")


@pytest.mark.parametrize(
    ("answer", "maker", "words"),
    [
        (GOOD, "IFX", "the TPM of IFX is not used"),
        (GOOD[:10], "", "not as a TPM 2.0"),
        (struct.pack(">HII", 0x8001, 10, 0x101), "", "not as a TPM 2.0"),
        (b"\0" * 27, "", "not as a TPM 2.0"),
        (b"hello\n" * 5, "", "not as a TPM 2.0"),
        (b"", "", "does not answer"),
    ],
)
def test_what_answers_there(answer: bytes, maker: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.lists.tpm._WAIT_S", 5.0 if answer else 0.05)
    inside, outside = os.openpty()
    tty.setraw(outside)
    asked: list[bytes] = []

    def device() -> None:
        asked.append(os.read(inside, 100))
        if answer:
            os.write(inside, answer)

    thread = threading.Thread(target=device)
    thread.start()
    try:
        door = look(Path(os.ttyname(outside)))
    finally:
        thread.join(10)
        os.close(inside)
        os.close(outside)
    assert (door.maker, words in door.why) == (maker, True), door
    assert asked == [bytes.fromhex("8001 00000016 0000017a 00000006 00000105 00000001")]


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    assert "cannot be opened" in look(tmp_path).why
