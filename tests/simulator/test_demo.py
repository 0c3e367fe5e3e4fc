"""The demo as its user starts it: a process of its own, real agents, a real manager."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from simulator.faults.processes import alive, descendants, kill, wait_until
from simulator.lists.wanted import others
from simulator.loopback import free_port
from simulator.rollouts.releases import BAD, GOOD

NOWHERE = "lamplighter/v1/city/nobody/telemetry"
DEMO = [sys.executable, "-m", "lamplighter", "demo"]


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A temporary folder whose name leaves room for the path of a socket."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.timeout(240)
def test_a_check_loses_nothing_and_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [*DEMO, "--check", "--seconds", "40"], capture_output=True, text=True, timeout=210, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["problems"] == []
    assert (last["lost"], last["doubled"], last["unsent"]) == (0, 0, 0)
    assert last["devices"] == {"expected": 39, "heard": 39}
    assert last["alarms"]["complete"] >= 1
    assert last["verdict"] == "confirm"
    assert last["events"]["crowd.count"] > 100
    assert last["page_after_s"] < 20
    plates = last["plates"]
    assert plates["hits"] >= 1
    assert plates["first_hit_s"] is not None
    assert plates["pseudonyms"] >= 1
    assert plates["named"] >= 1, "the hit was heard at the broker"
    assert plates["strangers"] == [], "and no other plate was, nor does one stand anywhere"
    shots = last["shots"]
    assert shots["volleys"] >= 1
    assert max(shots["exact"]) >= 3, "agents that listen play what they hear in step"
    good = last["rollouts"][0]
    assert (good["release"], good["failed"]) == (GOOD, 0)
    assert last["events"]["ota.report"] >= 4, "the canary follows its orders"
    assert not any(one["left_canary"] for one in last["rollouts"] if one["release"] == BAD)


@pytest.mark.nightly
@pytest.mark.timeout(400)
def test_a_check_that_is_long_enough_sees_the_bad_release_stopped_at_its_canary(tmp_path: Path) -> None:
    done = subprocess.run(
        [*DEMO, "--check", "--seconds", "150"], capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    good, bad = json.loads(done.stdout.splitlines()[-1])["rollouts"]
    assert (good["state"], good["succeeded"]) == ("completed", good["boxes"])
    assert (bad["state"], bad["left_canary"], bad["succeeded"]) == ("stopped", False, 0)
    for line in (f"rollout 1: completed: {good['boxes']} of {good['boxes']} boxes", "rollout 2: stopped at the canary: "):
        assert line in " ".join(done.stderr.split())


@pytest.mark.timeout(120)
def test_the_page_is_up_within_twenty_seconds_and_control_c_leaves_nothing_behind(short_folder: Path, tmp_path: Path) -> None:
    port = free_port()
    began = time.monotonic()
    log = tmp_path / "log"
    with log.open("wb") as out:
        environment = {**os.environ, "TMPDIR": str(short_folder)}
        demo = subprocess.Popen([*DEMO, "--port", str(port)], stdout=out, stderr=out, start_new_session=True, env=environment)
    try:
        assert wait_until(lambda: b"sign in as operator" in log.read_bytes(), 20), log.read_text()
        page = httpx.get(f"http://127.0.0.1:{port}/", follow_redirects=True, trust_env=False)
        assert time.monotonic() - began < 20
        assert "Sign in" in page.text
        password = re.search(r"as operator with password (\S+)", log.read_text())
        assert password is not None
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            client.post("/api/v1/login", json={"name": "operator", "password": password[1]}).raise_for_status()

            def online() -> int:
                states = [device["state"] for device in client.get("/api/v1/devices").json()]
                return sum(state is not None and state["status"] != "offline" for state in states)

            assert wait_until(lambda: online() == 39, 40, 0.5), online()
        family = [demo.pid, *descendants(demo.pid)]
        assert len(family) > 8
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(20) == 0
        assert wait_until(lambda: not alive(family), 10), alive(family)
    finally:
        demo.kill()
        demo.wait()
    assert "Traceback" not in log.read_text()
    assert list(short_folder.iterdir()) == [], "temporary folders are gone"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("until", ["processes start", "boxes start"])
def test_control_c_while_starting_ends_everything_quietly(until: str, short_folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as out:
        environment = {**os.environ, "TMPDIR": str(short_folder)}
        demo = subprocess.Popen(
            [*DEMO, "--port", str(free_port())], stdout=out, stderr=out, start_new_session=True, env=environment
        )
    # The broker, ingest, web and multiprocessing's tracker; then the cameras.
    enough = 3 if until == "processes start" else 5
    try:
        assert wait_until(lambda: len(descendants(demo.pid)) >= enough, 60, 0.01)
        family = [demo.pid, *descendants(demo.pid)]
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(30)
        assert wait_until(lambda: not alive(family), 10), alive(family)
    finally:
        demo.kill()
        demo.wait()
    assert "Traceback" not in log.read_text()
    assert list(short_folder.iterdir()) == [], "temporary folders are gone"


def test_a_check_that_is_interrupted_does_not_pass(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as noise:
        demo = subprocess.Popen([*DEMO, "--check", "--seconds", "60"], stdout=subprocess.PIPE, stderr=noise, cwd=tmp_path)
    try:
        assert wait_until(lambda: b"checking for" in log.read_bytes(), 60), log.read_text()
        demo.send_signal(signal.SIGINT)
        out, _ = demo.communicate(timeout=60)
    finally:
        demo.kill()
        demo.wait()
    assert demo.returncode == 1
    last = json.loads(out.splitlines()[-1])
    assert not last["ok"]
    assert "ended before the check was over" in last["problems"]


@pytest.mark.timeout(180)
def test_a_check_fails_when_an_agent_dies_an_event_is_lost_or_a_plate_gets_about(short_folder: Path, tmp_path: Path) -> None:
    data, log = short_folder / "data", tmp_path / "log"
    with log.open("wb") as noise:
        demo = subprocess.Popen(
            [*DEMO, "--check", "--seconds", "15", "--data", str(data)], stdout=subprocess.PIPE, stderr=noise
        )
    try:
        store = data / "fleet" / "fleet.sqlite"

        def lose() -> bool:
            if not store.exists():
                return False
            with contextlib.closing(sqlite3.connect(store, timeout=10)) as database, database:
                try:
                    found = database.execute("DELETE FROM event WHERE device = 'fish-1' AND seq = 2").rowcount
                except sqlite3.OperationalError:  # its tables are not made yet
                    return False
            return found == 1

        assert wait_until(lose, 90, 0.1), log.read_text()
        agents = [pid for pid in descendants(demo.pid) if _title(pid) == "lamplighter: agent square-west"]
        assert len(agents) == 1
        kill(agents[0])
        (data / "boxes" / "note").write_text(f"saw {others()[0]}")
        assert wait_until(lambda: _spoken(data, others()[1]), 30), log.read_text()
        out, _ = demo.communicate(timeout=90)
    finally:
        demo.kill()
        demo.wait()
    assert demo.returncode == 1
    last = json.loads(out.splitlines()[-1])
    assert last["lost"] == 1
    assert any("1 events lost" in problem for problem in last["problems"])
    assert any("square-west ended by itself" in problem for problem in last["problems"])
    assert last["plates"]["strangers"] == [NOWHERE, "boxes/note"]
    assert all(f"no list stands in {place}" in " ".join(last["problems"]) for place in (NOWHERE, "boxes/note"))


def _spoken(data: Path, plate: str) -> bool:
    """Say a plate at the demo's broker, as a box must not."""
    found = re.search(r"listen = \"127.0.0.1:(\d+)\"", (data / "fleet" / "broker" / "rumqttd.toml").read_text())
    assert found is not None
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "stranger", protocol=mqtt.MQTTv5)
    client.tls_set_context(ssl.create_default_context(cafile=str(data / "fleet" / "keys" / "ca.crt")))
    client.connect("127.0.0.1", int(found[1]), 10)
    client.loop_start()
    told = client.publish(NOWHERE, f"saw {plate}".encode(), qos=1)
    told.wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    return told.is_published()


def _title(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").rstrip("\0")
    return ""


def test_a_port_in_use_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*DEMO, "--check", "--port", str(port)], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
        )
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    done = subprocess.run([*DEMO, "--check", "--data", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]
