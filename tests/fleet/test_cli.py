"""``lamplighter fleet``: the commands as a person types them, and ``serve`` as a real process."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from fleet.accounts.accounts import Accounts, Role
from fleet.cli import app
from fleet.store.database import migrate, open_engine, url_for, writing
from protocol.enrolment import CODE_PATTERN
from tests.fleet.site import HOST, PATIENCE_S, free_port, until

_COMMAND = [sys.executable, "-m", "lamplighter", "fleet"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder in which a manager has run."""
    engine = open_engine(url_for(tmp_path))
    migrate(engine)
    engine.dispose()
    return tmp_path


def _type(*arguments: str | Path, input: str | None = None) -> Result:  # noqa: A002 - typer's own word
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=input)


def test_a_code_for_a_box(data: Path) -> None:
    found = _type("code", "box-1", "--data", data, "--label", "Market")
    assert found.exit_code == 0
    assert re.fullmatch(CODE_PATTERN, found.stdout.strip()), "nothing else is on the line: it goes into a pipe"
    listed = json.loads(_type("devices", "--data", data, "--json").stdout)
    assert listed == [{"name": "box-1", "label": "Market", "registered_at": None, "last_word": None}]
    table = _type("devices", "--data", data)
    assert "box-1" in table.stdout
    assert "never" in table.stdout


@pytest.mark.parametrize(("name", "words"), [("Box 1", "Box 1"), ("manager", "the manager's own")])
def test_a_name_that_is_none_gets_no_code(data: Path, name: str, words: str) -> None:
    found = _type("code", name, "--data", data)
    assert found.exit_code == 1
    assert words in found.stderr
    assert found.stdout == ""


def test_accounts(data: Path) -> None:
    secret = data / "password"
    secret.write_text("correct horse battery\n", "utf-8")
    assert _type("account", "olga", "operator", "--password-file", secret, "--data", data).exit_code == 0
    asked = _type("account", "tessa", "technician", "--data", data, input="another long one\nanother long one\n")
    assert asked.exit_code == 0
    assert "another long one" not in asked.output, "a password is not shown"
    engine = open_engine(url_for(data))
    people = Accounts(engine)
    found = people.log_in("olga", "correct horse battery")
    assert found is not None
    assert found[0].role is Role.OPERATOR
    assert people.log_in("tessa", "another long one") is not None
    engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "words"),
    [
        (["olga", "operator"], "short\nshort\n", 1, "at least 12 are needed"),
        (["olga", "king"], None, 2, "operator"),
        (["olga", "operator", "--password-file", "nowhere"], None, 2, "does not exist"),
        (["olga", "operator", "--store", "nonsense"], "long enough it is\nlong enough it is\n", 1, "check --data and --store"),
    ],
)
def test_an_account_that_cannot_be_made(data: Path, arguments: list[str], typed: str | None, code: int, words: str) -> None:
    found = _type("account", *arguments, "--data", data, input=typed)
    assert found.exit_code == code
    assert words in " ".join(found.stderr.split())


def test_another_password_and_the_end_of_an_account(data: Path) -> None:
    secret = data / "password"
    secret.write_text("correct horse battery\n", "utf-8")
    assert _type("account", "olga", "operator", "--password-file", secret, "--data", data).exit_code == 0
    secret.write_text("another long one\n", "utf-8")
    assert _type("password", "olga", "--password-file", secret, "--data", data).exit_code == 0
    engine = open_engine(url_for(data))
    people = Accounts(engine)
    assert people.log_in("olga", "correct horse battery") is None
    assert people.log_in("olga", "another long one") is not None
    assert _type("close-account", "olga", "--data", data).exit_code == 0
    assert people.log_in("olga", "another long one") is None
    engine.dispose()
    for command in (["password", "nobody", "--password-file", secret], ["close-account", "nobody"]):
        found = _type(*command, "--data", data)
        assert (found.exit_code, found.stderr.strip()) == (1, "there is no account 'nobody'")


def test_verifying_the_audit_log(data: Path) -> None:
    _type("code", "box-1", "--data", data)
    _type("code", "box-2", "--data", data)
    whole = _type("verify-audit", "--data", data)
    assert (whole.exit_code, whole.stdout) == (0, "the audit log is whole: 2 rows\n")
    engine = open_engine(url_for(data))
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("UPDATE audit SET actor = 'else' WHERE row = 2"))
    engine.dispose()
    broken = _type("verify-audit", "--data", data)
    assert broken.exit_code == 1
    assert "broken at row 2" in broken.stderr


@pytest.mark.parametrize("command", [["code", "box-1"], ["devices"], ["verify-audit"]])
def test_where_no_manager_ran(tmp_path: Path, command: list[str]) -> None:
    found = _type(*command, "--data", tmp_path / "nowhere")
    assert found.exit_code == 1
    assert "no manager has run here; name its folder with --data" in found.stderr
    assert not (tmp_path / "nowhere").exists(), "asking makes nothing"


@pytest.mark.parametrize("option", ["--port", "--mqtt-port"])
def test_a_port_that_is_none(tmp_path: Path, option: str) -> None:
    found = _type("serve", "--data", tmp_path / "new", option, "99999")
    assert found.exit_code == 2
    assert option in found.stderr
    assert "65535" in found.stderr


def test_keys_that_were_spoilt(data: Path) -> None:
    (data / "keys").mkdir()
    (data / "keys" / "ca.key").write_text("rubbish", "utf-8")
    found = _type("code", "box-1", "--data", data)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "ca.key: not a private key; restore the folder from its backup" in found.stderr


class _NoManager:
    first_accounts = ()

    def __init__(self, *_: object) -> None:
        pass

    def serve(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        ([], False),
        (["--host", "localhost"], False),
        (["--host", "::1"], False),
        (["--host", "0.0.0.0", "--tls"], False),
        (["--host", "0.0.0.0"], True),
        (["--host", "city.example"], True),
    ],
)
def test_passwords_that_would_travel_in_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], warned: bool
) -> None:
    monkeypatch.setattr("fleet.cli.Manager", _NoManager)
    monkeypatch.setattr("fleet.cli.signal.signal", lambda *_: None)
    found = _type("serve", "--data", tmp_path, *options)
    assert found.exit_code == 0
    told = " ".join(found.stderr.split())
    assert ("passwords travel in clear: add --tls" in told) == warned


def _serve(folder: Path, port: int, mqtt_port: int, *more: str) -> subprocess.Popen[str]:
    options = ["--data", str(folder), "--port", str(port), "--mqtt-port", str(mqtt_port), *more]
    return subprocess.Popen(
        [*_COMMAND, "serve", *options],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "COLUMNS": "300"},
    )


@contextlib.contextmanager
def _serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    port, mqtt_port = free_port(), free_port()
    process = _serve(folder, port, mqtt_port)
    family: list[psutil.Process] = []
    try:
        until(lambda: process.poll() is not None or _health(port) is not None, "the page answers")
        family = _family(process)
        yield process, port, mqtt_port
    finally:
        for child in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        process.kill()
        process.wait(PATIENCE_S)
        assert process.stderr is not None
        process.stderr.close()


def _family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        return list(psutil.Process(process.pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _health(port: int) -> httpx.Response | None:
    try:
        return httpx.get(f"http://{HOST}:{port}/api/v1/health", timeout=5, trust_env=False)
    except httpx.HTTPError:
        return None


def _gone(family: list[psutil.Process]) -> None:
    until(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in family), "all are gone")


def test_serving_until_ctrl_c(tmp_path: Path) -> None:
    with _serving(tmp_path) as (process, port, mqtt_port):
        page = httpx.get(f"http://{HOST}:{port}/", follow_redirects=True, timeout=30, trust_env=False)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        with socket.create_connection((HOST, mqtt_port)):
            pass
        again = _serve(tmp_path / "second", port, free_port())
        _, told = again.communicate(timeout=PATIENCE_S)
        assert again.returncode == 1
        assert f"port {port} on {HOST} cannot be used" in told
        assert "choose another with --port" in told
        assert "Traceback" not in told
        family = _family(process)
        assert len(family) >= 3, "broker, ingest, web"
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, told
        assert "Traceback" not in told
        _gone(family)
    for free in (port, mqtt_port):
        with socket.create_server((HOST, free)):
            pass
    shown = re.search(r"account operator \(operator\), password shown once: (\S+)", told)
    assert shown is not None, told
    assert f"control room at http://{HOST}:{port}" in told
    engine = open_engine(url_for(tmp_path))
    assert Accounts(engine).log_in("operator", shown[1]) is not None
    engine.dispose()


def test_a_manager_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    with _serving(tmp_path) as (process, _, _):
        family = _family(process)
        assert len(family) >= 3
        process.kill()
        process.wait(PATIENCE_S)
        _gone(family)
