"""One box and its manager, both as their users start them: enrolment, counts, configuration, commands, death."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from protocol.config import Config, Report, Zone
from simulator.boxes import RealBox
from simulator.cameras import make_cameras
from simulator.enrolment import make_codes, sign_in
from simulator.faults.processes import alive, descendants, kill, wait_until
from simulator.town_hall import TownHall
from simulator.worlds.city import make_city

PATIENCE_S = 40.0
NAME = "square-west"


class Desk:
    """What a person at the manager sees and does."""

    def __init__(self, hall: TownHall) -> None:
        self.hall = hall
        token = sign_in(hall.url, hall.people.admin.name, hall.people.admin.password)
        self.token = token
        self.client = httpx.Client(
            base_url=f"{hall.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )

    def device(self) -> dict[str, Any]:
        return dict(self.client.get(f"/devices/{NAME}").json())

    def events(self, kind: str = "crowd.count") -> list[dict[str, Any]]:
        return list(self.client.get("/events", params={"device": NAME, "type": kind, "limit": 1000}).json())

    def reported(self) -> dict[str, Any]:
        return dict(self.device().get("reported") or {})

    def want(self, config: Config) -> httpx.Response:
        return self.client.put(f"/devices/{NAME}/twin", json=msgspec.to_builtins(config))


@pytest.fixture(scope="module")
def desk(hall: TownHall) -> Iterator[Desk]:
    made = Desk(hall)
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def camera(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBox]:
    import tempfile

    codes = make_codes(desk.hall.url, desk.token, {NAME: "Markt west", "square-east": "Markt oost"})
    with tempfile.TemporaryDirectory(prefix="lamplighter-test-") as folder:
        made = make_cameras(make_city(), Path(folder), desk.hall.url, codes)[0]
        made.start()
        try:
            assert wait_until(lambda: "config" in desk.reported() and len(desk.events()) >= 2, PATIENCE_S), made.words()
            yield made
        finally:
            made.terminate()
            made.wait()


def running_config(desk: Desk) -> Config:
    return msgspec.convert(desk.reported()["config"], Config)


def count_left(desk: Desk) -> None:
    """Let the box count the left half of its picture each second."""
    config = running_config(desk)
    left = Zone("left", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)), "Left half")
    source = msgspec.structs.replace(config.sources[0], zones=(left,))
    version = desk.want(Config((source,), Report(count_interval_s=1.0))).json()["version"]
    assert wait_until(lambda: desk.reported().get("version") == version, PATIENCE_S), desk.reported()


def test_a_box_enrols_itself_and_its_counts_are_stored(desk: Desk, camera: RealBox) -> None:
    body = desk.events()[0]["body"]
    assert body["observed"]["zone"] == "crossing"
    assert body["model"]["name"] == "person-vehicle-accurate"
    state = desk.device()["state"]
    assert state["status"] in {"online", "degraded"}
    assert desk.device()["registered_at"] is not None


def test_a_new_configuration_is_applied_and_reported(desk: Desk, camera: RealBox) -> None:
    count_left(desk)
    assert wait_until(lambda: any(e["body"]["observed"]["zone"] == "left" for e in desk.events()), PATIENCE_S)


def test_a_configuration_with_a_fault_is_refused_at_the_desk_with_its_path(desk: Desk, camera: RealBox) -> None:
    """Row 55."""
    config = running_config(desk)
    crossing = Zone("bow-tie", ((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)))
    outside = Zone("outside", ((0.0, 0.0), (1.7, 0.0), (1.0, 1.0)))
    for zone, words in ((crossing, "bow-tie"), (outside, "outside")):
        answer = desk.want(Config((msgspec.structs.replace(config.sources[0], zones=(zone,)),)))
        assert answer.status_code == 422, answer.text
        assert words in answer.text
        assert "sources[0].zones[0]" in answer.text


def test_what_the_box_cannot_use_is_reported_and_the_rest_runs(desk: Desk, camera: RealBox) -> None:
    """Row 55: the control channel stays up; a good configuration after a bad one is taken."""
    config = running_config(desk)
    gone = msgspec.structs.replace(config.sources[0], id="gone", uri=str(camera.folder / "gone.mp4"))
    desk.want(Config((config.sources[0], gone), config.report))

    def named() -> bool:
        reasons = (desk.device()["state"] or {}).get("reasons", [])
        return any(reason["code"] == "source-missing" and reason["subject"] == "source gone" for reason in reasons)

    assert wait_until(named, PATIENCE_S), desk.device()["state"]
    before = len(desk.events())
    assert wait_until(lambda: len(desk.events()) > before, PATIENCE_S), "the good source goes on"
    desk.want(config)
    assert wait_until(lambda: not (desk.device()["state"] or {}).get("reasons") or not named(), PATIENCE_S)


def test_a_command_is_answered_by_the_box(desk: Desk, camera: RealBox) -> None:
    answer = desk.client.post(f"/devices/{NAME}/command", json={"command": "ping"})
    assert answer.json()["ok"] is True, answer.text
    assert answer.json()["message"].startswith("up ")


def test_a_source_is_opened_anew_on_request(desk: Desk, camera: RealBox) -> None:
    def processes() -> list[int]:
        assert camera.pid is not None
        names = {pid: (Path("/proc") / str(pid) / "cmdline").read_text("utf-8", "replace") for pid in descendants(camera.pid)}
        return [pid for pid, name in names.items() if "source square" in name]

    before = processes()
    assert len(before) == 1
    answer = desk.client.post(f"/devices/{NAME}/command", json={"command": "restart-source", "subject": "nowhere"}).json()
    assert answer["ok"] is False
    assert "there are: square" in answer["message"]
    answer = desk.client.post(f"/devices/{NAME}/command", json={"command": "restart-source", "subject": "square"}).json()
    assert answer["ok"] is True, answer
    assert wait_until(lambda: bool(processes()) and processes() != before, PATIENCE_S)
    counted = len(desk.events())
    assert wait_until(lambda: len(desk.events()) > counted + 1, PATIENCE_S)


def test_a_killed_agent_leaves_no_process_says_so_by_its_will_and_goes_on_where_it_was(desk: Desk, camera: RealBox) -> None:
    """Row 30 and 32: what the agent had said before its death is stored once, whatever was under way."""
    assert camera.pid is not None
    count_left(desk)
    family = [camera.pid, *descendants(camera.pid)]
    boot = desk.device()["state"]["boot"]
    kill(camera.pid)
    camera.wait()
    assert wait_until(lambda: not alive(family), 15), alive(family)
    assert wait_until(lambda: desk.device()["state"]["status"] == "offline", PATIENCE_S)
    camera.start()
    assert wait_until(lambda: desk.device()["state"]["boot"] != boot, PATIENCE_S), camera.words()
    fresh = desk.device()["state"]["boot"]
    assert wait_until(lambda: any(e["boot"] == fresh for e in desk.events()), PATIENCE_S)
    assert desk.reported()["config"]["sources"][0]["zones"][0]["id"] == "left", "it starts with its last good configuration"
    numbers = sorted(e["seq"] for kind in ("crowd.count", "crowd.flow") for e in desk.events(kind) if e["boot"] == boot)
    assert len(numbers) == len(set(numbers))
