"""The manager as a whole, in real processes: what dies comes back, what is wrong is said at the start, what ends ends clean."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import create_engine, text

from edge.identity.enrol import enrol
from edge.identity.files import Identity, IdentityFiles
from fleet.accounts.accounts import Role
from fleet.broker.embedded import BrokerError
from fleet.broker.mosquitto import find
from fleet.ingest.report import read_report
from fleet.manager import BrokerKind, Manager, ManagerError, make_config
from fleet.processes import ManagerConfig
from fleet.store.database import open_engine
from tests.fleet.events import FLEET
from tests.fleet.site import HOST, Box, free_port, until


def _config(folder: Path) -> ManagerConfig:
    return make_config(folder / "fleet", fleet=FLEET, port=free_port(), mqtt_port=free_port())


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A whole manager on loopback."""
    made = Manager(_config(tmp_path_factory.mktemp("manager")))
    try:
        until(lambda: _answers(made), "the page answers")
        yield made
    finally:
        made.stop()


def _answers(manager: Manager) -> bool:
    try:
        return httpx.get(f"{manager.config.url}/api/v1/health", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _pid(manager: Manager, name: str) -> int | None:
    process = next(child.process for child in manager.processes.children if child.name == name)
    return process.pid if process is not None and process.is_alive() else None


def _watched(manager: Manager, name: str, before: int) -> list[str]:
    """Watch until a process is another one. Returns what people were told."""
    said: list[str] = []

    def another() -> bool:
        said.extend(manager.watch())
        return _pid(manager, name) not in {None, before}

    until(another, f"{name} runs again")
    return said


def _shows(process: psutil.Process, title: str) -> None:
    until(lambda: process.cmdline()[0] == title, f"ps shows {title}")


def test_everything_runs_under_a_name_that_ps_shows(manager: Manager) -> None:
    for name in ("ingest", "rollouts", "lists", "fusion", "gunshots", "web"):
        pid = _pid(manager, name)
        assert pid is not None
        _shows(psutil.Process(pid), f"lamplighter: {name}")
    assert manager.broker.alive
    assert [(first.name, first.role) for first in manager.first_accounts] == [
        ("admin", Role.ADMIN),
        ("operator", Role.OPERATOR),
    ]
    assert manager.watch() == []


def test_ingest_that_is_killed_starts_again_and_nothing_is_lost(manager: Manager, tmp_path: Path) -> None:
    """Row 31; and the page stays up: a crash of one touches no other."""
    box = Box("box", _enrolled(manager, tmp_path), tmp_path / "box")
    box.uplink.start()
    engine = open_engine(manager.config.store_url)
    try:
        box.say(5)
        until(lambda: box.outbox.status().pending == 0, "the first are acknowledged")
        web, ingest = _pid(manager, "web"), _pid(manager, "ingest")
        assert ingest is not None
        manager.processes.kill("ingest")
        said = _watched(manager, "ingest", ingest)
        assert said == ["ingest ended with status -9; it starts again in 0.5 s"]
        assert _pid(manager, "web") == web
        until(lambda: (told := read_report(engine)) is not None and told.connected and told.stored == 0, "ingest is back")
        box.say(5)
        until(lambda: box.outbox.status().pending == 0, "the rest is acknowledged")
    finally:
        box.uplink.stop(0)
        box.outbox.close()
        engine.dispose()


def _enrolled(manager: Manager, folder: Path) -> Identity:
    with httpx.Client(base_url=manager.config.url, timeout=30, trust_env=False) as client:
        admin = manager.first_accounts[0]
        client.post("/api/v1/login", json={"name": admin.name, "password": admin.password}).raise_for_status()
        code = client.post("/api/v1/codes", json={"device": "box"}).json()["code"]
    return enrol(IdentityFiles(folder / "keys"), FLEET, "box", manager.config.url, code, None)


def test_waits_before_a_restart_grow_and_begin_anew(manager: Manager) -> None:
    child = next(child for child in manager.processes.children if child.name == "ingest")
    delays = []
    for failures in (0, 1, 2, 20):
        child.failures, before = failures, _pid(manager, "ingest")
        assert before is not None
        manager.processes.kill("ingest")
        manager.watch()
        delays.append(round(child.due_s - time.monotonic()))
        child.due_s = 0.0
        _watched(manager, "ingest", before)
    assert delays[1:] == [1, 2, 30]
    assert delays[0] <= 1
    child.began_s -= 61
    before = _pid(manager, "ingest")
    assert before is not None
    manager.processes.kill("ingest")
    assert _watched(manager, "ingest", before) == ["ingest ended with status -9; it starts again in 0.5 s"]


def test_a_broker_that_ended_starts_again_and_one_that_cannot_is_tried_again(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager.broker.kill()
    with monkeypatch.context() as patch:

        def refuse() -> None:
            msg = "port 1 for MQTT is in use"
            raise BrokerError(msg)

        patch.setattr(manager.broker, "start", refuse)
        assert manager.watch() == [
            "the broker ended; it starts again",
            "port 1 for MQTT is in use; it is tried again in 5 s",
        ]
        assert manager.watch() == [], "not in a loop"
    manager._broker_due_s = 0.0
    assert manager.watch() == ["the broker ended; it starts again"]
    assert manager.broker.alive
    engine = open_engine(manager.config.store_url)
    until(lambda: (told := read_report(engine)) is not None and told.connected, "ingest is connected again")
    engine.dispose()


def test_a_port_in_use_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ManagerError) as caught:
            Manager(replace(_config(tmp_path), port=port))
    assert f"port {port} on {HOST} cannot be used" in str(caught.value)
    assert "choose another with --port" in str(caught.value)


def test_the_broker_s_port_in_use_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=f"port {port} for MQTT is in use.*--mqtt-port"):
            Manager(replace(_config(tmp_path), mqtt_port=port))


def test_a_first_start_that_fails_leaves_nobody_without_a_password(tmp_path: Path) -> None:
    """Accounts whose passwords nobody was shown would lock everybody out of the second start."""
    config = _config(tmp_path)
    with socket.create_server((HOST, config.mqtt_port)), pytest.raises(BrokerError):
        Manager(config)
    second = Manager(config)
    try:
        assert [first.name for first in second.first_accounts] == ["admin", "operator"]
    finally:
        second.stop()


def test_the_embedded_broker_is_not_for_other_machines(tmp_path: Path) -> None:
    with pytest.raises(ManagerError, match=r"stays on loopback, not on 0\.0\.0\.0: use --broker mosquitto"):
        Manager(replace(_config(tmp_path), mqtt_host="0.0.0.0"))


def test_in_earnest_everything_is_reached_from_everywhere_and_ingest_reaches_the_broker(tmp_path: Path) -> None:
    """As operations begin: mosquitto and pages on all addresses, over TLS, under the name that boxes know."""
    try:
        find()
    except BrokerError as error:
        pytest.skip(str(error))
    config = replace(_config(tmp_path), host="0.0.0.0", mqtt_host="0.0.0.0", tls=True, advertise="localhost")
    manager = Manager(config, BrokerKind.MOSQUITTO)
    engine = open_engine(config.store_url)
    try:
        until(lambda: (told := read_report(engine)) is not None and told.connected, "ingest is connected")
        trust = ssl.create_default_context(cafile=str(config.keys / "ca.crt"))

        def answers() -> bool:
            try:
                return httpx.get(f"{config.url}/api/v1/health", timeout=5, trust_env=False, verify=trust).is_success
            except httpx.HTTPError:
                return False

        assert config.url == f"https://localhost:{config.port}"
        until(answers, "the page answers by the name that boxes know")
    finally:
        engine.dispose()
        manager.stop()


@pytest.mark.parametrize(
    ("host", "url", "broker"),
    [
        ("127.0.0.1", "http://127.0.0.1:80", "127.0.0.1"),
        ("0.0.0.0", "http://city.example:80", "127.0.0.1"),
        ("::", "http://city.example:80", "::1"),
        ("::1", "http://[::1]:80", "::1"),
        ("broker.example", "http://broker.example:80", "broker.example"),
    ],
)
def test_an_address_to_listen_on_is_not_one_to_go_to(tmp_path: Path, host: str, url: str, broker: str) -> None:
    config = make_config(tmp_path, host=host, port=80, mqtt_host=host, advertise="city.example")
    assert (config.url, config.broker_host) == (url, broker)


def test_two_things_on_one_port_are_refused(tmp_path: Path) -> None:
    config = _config(tmp_path)
    with pytest.raises(ManagerError, match=r"cannot be both.*--mqtt-port"):
        Manager(replace(config, mqtt_port=config.port))


@pytest.mark.parametrize(("host", "words"), [("nowhere.invalid", "--host"), ("192.0.2.1", "--host"), ("::2", "--host")])
def test_an_address_that_is_not_this_machine_s_is_named_with_the_remedy(tmp_path: Path, host: str, words: str) -> None:
    with pytest.raises(ManagerError, match=rf"{host} cannot be used.*{words}"):
        Manager(replace(_config(tmp_path), host=host))


def test_a_fleet_s_name_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    """Not by an ingest that dies and comes back for ever."""
    with pytest.raises(ManagerError, match=r"fleet name 'Bad Name' is not valid.*--fleet"):
        Manager(replace(_config(tmp_path), fleet="Bad Name"))


@pytest.mark.parametrize(
    ("path", "words"),
    [("keys", "the authority's keys cannot be used"), ("keys/ca.key", "not a private key"), ("broker", "the broker's files")],
)
def test_files_that_are_in_the_way_are_named_with_the_remedy(tmp_path: Path, path: str, words: str) -> None:
    config = _config(tmp_path)
    blocking = config.data / path
    blocking.parent.mkdir(parents=True)
    blocking.write_text("in the way", "utf-8")
    with pytest.raises(ManagerError, match=words) as caught:
        Manager(config)
    assert str(blocking) in str(caught.value)
    assert blocking.read_text("utf-8") == "in the way"


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "fleet").write_text("a file", "utf-8")
    with pytest.raises(ManagerError, match=r"the data folder cannot be made.*--data"):
        Manager(_config(tmp_path))


def test_a_plan_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    """Not by a web process that dies and comes back for ever."""
    with pytest.raises(ManagerError, match=r"the plan cannot be read.*--plan, or leave it out"):
        Manager(replace(_config(tmp_path), plan=tmp_path / "nowhere.geojson"))


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://user:secret@127.0.0.1/x",
        "sqlite:////nowhere/at/all/fleet.sqlite",
        "postgresql+psycopg://user:secret@127.0.0.1:1/x",
    ],
)
def test_a_store_that_cannot_be_opened_is_named_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(ManagerError) as caught:
        Manager(replace(_config(tmp_path), store_url=url))
    assert "the store cannot be opened" in str(caught.value)
    assert "check --data and --store" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_store_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    """Going back to an older manager must not touch what a newer one wrote."""
    config = _config(tmp_path)
    config.data.mkdir()
    engine = create_engine(config.store_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    engine.dispose()
    with pytest.raises(ManagerError, match=r"the store cannot be opened.*9999"):
        Manager(config)


def test_stopping_ends_every_process_and_frees_the_ports(tmp_path: Path) -> None:
    config = _config(tmp_path)
    first = Manager(config)
    pids = [pid for pid in (_pid(first, "ingest"), _pid(first, "web"), first.broker.pid) if pid is not None]
    authority = (config.keys / "ca.crt").read_bytes()
    first.stop()
    assert len(pids) == 3
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids), "all are gone")
    for port in (config.port, config.mqtt_port):
        with socket.create_server((HOST, port)):
            pass
    again = Manager(config)
    try:
        assert again.first_accounts == [], "passwords are shown once"
        assert (config.keys / "ca.crt").read_bytes() == authority, "boxes go on believing it"
    finally:
        again.stop()


def test_a_register_that_is_wrong_is_refused_at_the_start(tmp_path: Path) -> None:
    wrong = tmp_path / "register.csv"
    wrong.write_text("plate,make,kind,colour,status\n1ABC234,Opel,tank,white,\n", "utf-8")
    with pytest.raises(ManagerError, match=r"register.csv: line 2: Invalid enum value 'tank'.*mend it"):
        Manager(replace(_config(tmp_path), register=wrong))
