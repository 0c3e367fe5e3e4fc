"""In earnest: the manager's own processes, a broker, HTTP, the command line, and a box on the wire."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from edge.identity.enrol import enrol
from edge.identity.files import Identity, IdentityFiles
from fleet.accounts.accounts import Accounts, Role
from fleet.lists import cli
from fleet.lists.authority import PASSWORD
from fleet.lists.master import PASSWORD as KEYS_PASSWORD
from fleet.manager import Manager, make_config
from fleet.store.database import open_engine
from protocol.commands import Command, Reply
from protocol.config import Anpr, Config, Source
from protocol.state import State
from tests.fleet.events import FLEET
from tests.fleet.lists.box import PlateBox
from tests.fleet.lists.office import PHRASE
from tests.fleet.site import Box, free_port, until

PEOPLE = {"ann": "operator", "bob": "operator", "tess": "technician"}
SECRET = "lamps are lit at dusk"
WIRE_S = 2.0
"""From approval to the twin on the wire."""


class Street(Box):
    """The real uplink, and plates behind it."""

    def __init__(self, name: str, identity: Identity, folder: Path, url: str) -> None:
        key = serialization.load_pem_private_key(Path(identity.key).read_bytes(), None)
        assert isinstance(key, Ed25519PrivateKey)
        self.plates = PlateBox(FLEET, name, x509.load_pem_x509_certificate(Path(identity.ca).read_bytes()), key)
        self.url = url
        self.arrived: dict[int, float] = {}
        super().__init__(name, identity, folder)
        self.plates.boot = self.outbox.boot

    def birth(self) -> State:
        return self.plates.state()

    def _answer(self, name: str, command: Command) -> Reply:
        assert name == "keys"
        assert command.keys is not None
        self.plates.take_keys(command.keys)
        self.uplink.publish_state()  # with the next lock
        return Reply(name, ok=True)

    def fetch(self, digest: str) -> bytes:
        found = httpx.get(f"{self.url}/lists/{digest}", trust_env=False)
        assert found.status_code == 200
        return found.content

    def follow(self) -> None:
        """Use what the last twin names, and say so."""
        for order in self.desired[-1].lists:
            self.plates.take_list(order, self.fetch)
        self.uplink.publish_state()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    secret = tmp_path / "phrase"
    secret.write_text(PHRASE)
    secret.chmod(0o600)
    monkeypatch.setenv(f"{PASSWORD}_FILE", str(secret))
    monkeypatch.setenv(KEYS_PASSWORD, PHRASE)
    made = Manager(make_config(tmp_path / "fleet", fleet=FLEET, port=free_port(), mqtt_port=free_port()))
    try:
        until(lambda: _answers(made), "the API answers")
        yield made
    finally:
        made.stop()


def _answers(manager: Manager) -> bool:
    try:
        return httpx.get(f"{manager.config.url}/api/v1/health", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False


@dataclass
class Place:
    """A manager, its people, and a box on its street."""

    manager: Manager
    tokens: dict[str, str]
    box: Street

    def type(self, who: str, *arguments: object) -> Result:
        token = self.tokens.get(who, "")
        environment = {"LAMPLIGHTER_URL": self.manager.config.url, "LAMPLIGHTER_TOKEN": token, "COLUMNS": "200"}
        return CliRunner().invoke(cli.app, [str(one) for one in arguments], env=environment)

    def told(self, who: str, *arguments: object) -> Any:
        found = self.type(who, *arguments, "--json")
        assert found.exit_code == 0, found.output
        return json.loads(found.stdout)


@pytest.fixture
def place(manager: Manager, tmp_path: Path) -> Iterator[Place]:
    engine = open_engine(manager.config.store_url)
    accounts, tokens = Accounts(engine), {}
    for name, role in PEOPLE.items():
        accounts.add(name, Role(role), SECRET)
        found = accounts.log_in(name, SECRET)
        assert found is not None
        tokens[name] = found[1]
    engine.dispose()
    headers = {"Authorization": f"Bearer {tokens['tess']}"}
    with httpx.Client(base_url=manager.config.url, timeout=30, trust_env=False, headers=headers) as client:
        code = client.post("/api/v1/codes", json={"device": "street"}).json()["code"]
        identity = enrol(IdentityFiles(tmp_path / "keys"), FLEET, "street", manager.config.url, code, None)
        anpr = Anpr(lists=("stolen",), others="pseudonym", purpose="travel-times")
        config = msgspec.to_builtins(Config((Source("cam", "street.mp4", anpr=anpr),)))
        assert client.put("/api/v1/devices/street/twin", json=config).is_success
    box = Street("street", identity, tmp_path / "street", manager.config.url)
    box.uplink.start()
    try:
        yield Place(manager, tokens, box)
    finally:
        box.uplink.stop(0)
        box.outbox.close()


def test_from_the_ceremony_to_a_plate_that_is_found(place: Place, tmp_path: Path) -> None:
    box, plates, more = place.box, tmp_path / "plates.csv", tmp_path / "more.csv"
    plates.write_text("plate,comment\n1-ABC-123,case 9\n2-XYZ-00?\n")
    more.write_text("7-NEW-777\n")
    terms = ("--purpose", "stolen-vehicles", "--basis", "w 7", "--until", "30d")
    early = place.type("ann", "draft", "stolen", plates, *terms)
    assert early.exit_code == 1
    assert "lamplighter lists keys init" in early.stderr

    ceremony = ("--data", place.manager.config.data, "--password-file", tmp_path / "phrase")
    assert place.type("", "keys", "init", *ceremony).exit_code == 0
    number = place.told("ann", "draft", "stolen", plates, *terms)["number"]
    until(lambda: "authority init" in place.type("bob", "approve", number).stderr, "it says what to do")
    made = place.type("", "authority", "init", *ceremony, "--fleet", FLEET)
    assert made.exit_code == 0, made.output
    assert place.type("ann", "approve", number).stderr.endswith("a second person approves it\n")
    until(lambda: place.type("bob", "approve", number).exit_code == 0, "the key is loaded")

    until(lambda: box.desired and box.desired[-1].lists, "the twin names the list")
    until(lambda: len(box.plates.keys) == 2, "keys came")
    box.follow()
    assert [box.plates.finds("stolen", plate) for plate in ("1ABC123", "2XYZ007", "1ABC124")] == [True, True, False]
    until(lambda: place.told("ann", "show", "stolen")["boxes"], "the manager knows who uses it")

    change = place.told("bob", "draft", "stolen", "--add", more)["number"]
    place.told("ann", "approve", change)
    begun = time.monotonic()
    until(lambda: box.desired[-1].lists[0].version == 2, "the twin names the second version")
    assert time.monotonic() - begun < WIRE_S
    box.follow()
    assert box.plates.finds("stolen", "7NEW777")
    place.told("ann", "withdraw", "stolen", "--reason", "over")
    until(lambda: not box.desired[-1].lists, "the twin names it no longer")
    until(lambda: [key.use for key in box.plates.keys.values()] == ["pseudonym"], "the list's key is forgotten")
