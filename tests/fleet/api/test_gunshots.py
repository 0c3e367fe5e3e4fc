"""Shots over HTTP and by the command line: what was told and what was not, boxes, alerts held by whoever may."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from fleet.accounts.accounts import Role
from fleet.fusion.gunshot.cli import app
from fleet.oversight.verdicts import Decision
from fleet.store.database import migrate, open_engine, url_for
from tests.fleet.api.conftest import Api, serve
from tests.fleet.fusion.gunshot.boxes import hear
from tests.fleet.fusion.gunshot.city import City, word

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Four boxes heard one shot, one box another, and a third says not where it is."""
    folder = tmp_path_factory.mktemp("shots")
    engine = open_engine(url_for(folder))
    migrate(engine)
    city = City(engine)
    ears = [replace(one, node=one.node.replace("box", "ear")) for one in hear(20, 10)]
    city.heard(ears[:4])
    city.run(60)
    city.hear(word(replace(ears[5], at_s=city.now / 1000)), word(ears[4], where=None))
    city.run(60)
    yield from serve(engine, folder)
    engine.dispose()


def _typed(shots: Api, *words: str, role: Role = Role.OPERATOR) -> Any:
    return CliRunner().invoke(app, ["--url", shots.url, "--token", shots.tokens[role], *words], env={"COLUMNS": "80"})


def test_incidents_are_listed_also_those_that_nobody_was_told_of(shots: Api) -> None:
    page = shots.ask("GET", "/api/v1/gunshots/incidents", Role.VIEWER).json()
    untold, told = page["incidents"]
    assert page["next"] is None
    assert (told["raised"] is not None, untold["raised"]) == (True, None)
    assert told["seen"]["region"]["type"] == "ellipse"
    assert (len(told["seen"]["boxes"]), len(untold["seen"]["boxes"])) == (4, 1)
    one = shots.ask("GET", "/api/v1/gunshots/incidents?limit=1", Role.VIEWER).json()
    assert (one["incidents"], one["next"]) == ([untold], untold["id"])
    other = shots.ask("GET", f"/api/v1/gunshots/incidents?limit=1&before={one['next']}", Role.VIEWER).json()
    assert (other["incidents"], other["next"]) == ([told], None)
    only = shots.ask("GET", "/api/v1/gunshots/incidents?raised=true", Role.VIEWER).json()
    assert only["incidents"] == [told]
    assert json.loads(_typed(shots, "incidents", "--untold", "--json").stdout)["incidents"] == [untold]
    shown = _typed(shots, "incidents").stdout
    assert told["id"][:12] in shown
    assert "1 by 4 boxes" in shown


def test_boxes_are_listed_with_what_people_confirmed(shots: Api) -> None:
    told = shots.ask("GET", "/api/v1/gunshots/incidents?raised=true", Role.VIEWER).json()["incidents"][0]
    operator = next(person for person in [shots.services.accounts.log_in("operator", "correct horse battery")] if person)[0]
    shots.services.verdicts.give(operator, told["id"], Decision.CONFIRM)
    answer = shots.ask("GET", "/api/v1/gunshots/boxes", Role.VIEWER).json()
    boxes = {one["device"]: one for one in answer["boxes"]}
    assert boxes["ear-0"]["confirmed"]["n"] == 1
    assert (boxes["ear-4"]["heard"], boxes["ear-4"]["doubted"], boxes["ear-4"]["confirmed"]) == (1, 1, None)
    assert answer["process"]["doubted"] == ["ear-4/roof: does not say where it is; set its position"]
    shown = _typed(shots, "boxes").stdout
    assert "ear-4" in shown
    assert "does not say where it is" in shown


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.ENGINEER, Role.ADMIN])
def test_only_an_operator_says_how_sure_alerts_have_to_be(shots: Api, role: Role) -> None:
    wanted = {"reason": "New Year", "until": round(1000 * time.time()) + HOUR_MS}
    answer = shots.ask("POST", "/api/v1/gunshots/standard", role, json=wanted)
    assert (answer.status_code, answer.json()["error"]) == (403, "role")
    assert shots.ask("POST", "/api/v1/gunshots/standard/release", role, json={"reason": "x"}).status_code == 403


def test_alerts_are_held_and_let_go(shots: Api) -> None:
    now = round(1000 * time.time())
    for wanted, status, error in (
        ({"reason": " ", "until": now + HOUR_MS}, 403, "reason"),
        ({"reason": "New Year", "until": now - 1}, 422, "time"),
        ({"reason": "New Year", "until": now + 25 * HOUR_MS}, 422, "time"),
        ({"reason": "New Year", "until": "soon"}, 422, "request"),
    ):
        answer = shots.ask("POST", "/api/v1/gunshots/standard", Role.OPERATOR, json=wanted)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert shots.ask("POST", "/api/v1/gunshots/standard/release", Role.OPERATOR, json={"reason": "over"}).status_code == 409
    held = shots.ask("POST", "/api/v1/gunshots/standard", Role.OPERATOR, json={"reason": "New Year", "until": now + HOUR_MS})
    assert held.json()["standard"] == "high"
    assert shots.ask("GET", "/api/v1/gunshots/standard", Role.VIEWER).json()["held"]["reason"] == "New Year"
    assert "by operator: New Year" in _typed(shots, "standard").stdout
    over = _typed(shots, "release", "--reason", "the fireworks are over", "--json")
    assert json.loads(over.stdout) == {"standard": "normal", "held": None}
    assert json.loads(_typed(shots, "hold", "--hours", "2", "--reason", "again", "--json").stdout)["standard"] == "high"
    refused = _typed(shots, "release", "--reason", "no", role=Role.VIEWER)
    assert (refused.exit_code, "an operator may" in refused.output) == (1, True)
