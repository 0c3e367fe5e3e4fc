"""First contact, as the agent goes about it: every fault is named, and the remedy that is named works."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest

from edge.agent import contact as contact_module
from edge.agent.contact import Contact
from edge.boxfile import Box, BoxFile, Broker, Manager
from edge.identity.files import Identity, IdentityFiles
from protocol.events import Reason
from tests.edge.identity.test_files import enrolled

BOX = Box(fleet="town", device="box-1", state="state")
MANAGER = Manager(url="http://127.0.0.1:1", code="ABCD-EFGH-JKMN")


class Town:
    """Hears what the contact says."""

    def __init__(self, folder: Path, file: BoxFile) -> None:
        self.reasons: list[Reason | None] = []
        self.found: queue.Queue[Identity] = queue.Queue()
        self.contact = Contact(file, folder / "box-1", self.reasons.append, self.found.put)


@pytest.mark.parametrize("name", ["device.crt", "ca.crt", "device.key", "enrolled.json"])
def test_a_damaged_identity_is_mended_by_a_new_code(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says: enrol the box again with a new code. A technician who does that must be done."""
    _, identity = enrolled(tmp_path)
    path = tmp_path / "box-1" / name
    path.unlink()
    if name != "device.key":
        path.write_bytes(b"rubbish")
    asked: list[str] = []

    def enrol(_files: IdentityFiles, _fleet: str, _device: str, _url: str, code: str, _ca: Path | None) -> Identity:
        asked.append(code)
        return identity

    monkeypatch.setattr(contact_module, "enrol", enrol)
    without = Town(tmp_path, BoxFile(box=BOX))
    assert without.contact.config() is None
    (reason,) = without.reasons
    assert reason is not None
    assert (reason.code, name in reason.detail) == ("identity", True)
    town = Town(tmp_path, BoxFile(box=BOX, manager=MANAGER))
    assert town.contact.config() is None
    assert town.found.get(timeout=10.0) == identity
    assert asked == [MANAGER.code]
    assert [None if reason is None else reason.code for reason in town.reasons] == ["identity", None]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_password_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    town = Town(tmp_path, BoxFile(box=BOX, broker=Broker("127.0.0.1", 1883, tls=False, password_file=str(path))))
    assert town.contact.config() is None
    (reason,) = town.reasons
    assert reason is not None
    assert "broker.password_file" in reason.detail
