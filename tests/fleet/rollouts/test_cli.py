"""``lamplighter rollout``: every verb through the API of a real manager, in words and as JSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from fleet.rollouts import cli
from fleet.rollouts.errors import PlanError
from fleet.rollouts.typed import read_window
from simulator.loopback import free_port
from simulator.updates.bundles import GOLDEN_FILE, files_of
from tests.fleet.rollouts.fleet import BUNDLE
from tests.fleet.rollouts.test_api import PASSWORD, Web, open_web
from tests.fleet.site import until


@pytest.fixture
def web(engine: Engine, tmp_path: Path) -> Iterator[Web]:
    yield from open_web(engine, tmp_path)


def type_(web: Web, *arguments: object, who: str = "ellen", **options: object) -> Result:
    environment = {"LAMPLIGHTER_URL": str(web.client.base_url), "LAMPLIGHTER_TOKEN": web.tokens[who], "COLUMNS": "220"}
    return CliRunner().invoke(cli.app, [str(one) for one in arguments], env=environment, **options)  # type: ignore[arg-type]


def told(web: Web, *arguments: object, who: str = "ellen") -> str:
    found = type_(web, *arguments, who=who)
    assert found.exit_code == 0, found.output
    return " ".join(found.stdout.split())


def test_a_rollout_from_plan_to_end(web: Web) -> None:
    files = files_of(BUNDLE, 3)
    size = sum(len(files[name]) for name in ("manifest.json", GOLDEN_FILE, f"{BUNDLE}.int8.onnx"))
    assert f" {BUNDLE} 4 1.3.0 all {size:,}" in told(web, "releases")
    seen = told(web, "plan", BUNDLE, 4, "--canary", "box-000", "--percent", "50", "--preview")
    assert "canary" in seen
    assert "to-50" in seen
    assert web.ask("GET", "rollouts").json() == []
    made = told(
        web, "plan", BUNDLE, 4, "--canary", "box-000", "--minimum", 1, "--budget", 20, "--success", 80,
        "--window", "00:00-23:59 Europe/Brussels", "--reason", "night shift",
    )  # fmt: skip
    assert made == "rollout 1 is planned; a second person approves it"
    refused = type_(web, "approve", 1)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "rollout 1 was planned by ellen: a second person approves it\n"
    assert told(web, "approve", 1, who="sam") == "rollout 1 is approved; start it when it is time"
    assert told(web, "start", 1) == "rollout 1 is running"
    assert told(web, "pause", 1, "--reason", "lunch", who="olga") == "rollout 1 is paused"
    assert told(web, "resume", 1) == "rollout 1 is running"
    web.city.run()
    web.city.fail("box-000")
    web.city.run(1)
    shown = told(web, "show", 1)
    for words in (
        f"rollout 1: {BUNDLE} release 4 (1.3.0) is stopped: group canary: 1 of 1 failed, which reaches the budget of 20%",
        "1 failed: too-slow (3 times the time): box-000",
        "pause by olga: lunch",
        "plan by ellen: person-vehicle-fast release 4 (1.3.0) for 6 boxes: night shift",
        "stop by system",
    ):
        assert words in shown, shown
    assert told(web, "back", 1) == "rollout 2 is planned; a second person approves it"
    assert told(web, "abort", 2, "--reason", "not needed") == "rollout 2 is aborted"
    listed = told(web, "list")
    assert listed.index("aborted") < listed.index("stopped")


def test_json_is_what_the_api_answered(web: Web) -> None:
    made = json.loads(told(web, "plan", BUNDLE, 4, "--json"))
    assert (made["number"], made["state"]) == (1, "planned")
    assert json.loads(told(web, "approve", 1, "--json", who="sam"))["state"] == "approved"
    assert json.loads(told(web, "list", "--json"))[0]["number"] == 1
    assert json.loads(told(web, "show", 1, "--json"))["rollout"]["state"] == "approved"
    assert [one["release"] for one in json.loads(told(web, "releases", "--json"))] == [1, 3, 4, 5]
    assert json.loads(told(web, "plan", BUNDLE, 4, "--preview", "--json"))["groups"][0]["boxes"] == 6


def test_a_plan_from_a_file_says_what_options_cannot(web: Web, tmp_path: Path) -> None:
    plan = {"bundle": BUNDLE, "release": 4, "groups": [{"name": "first", "percent": 30}, {"name": "rest", "soak_s": 60}]}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), "utf-8")
    told(web, "plan", "--file", path)
    assert web.ask("GET", "rollouts/1").json()["plan"] == plan
    path.write_text("{", "utf-8")
    broken = type_(web, "plan", "--file", path)
    assert broken.exit_code == 1
    assert "no plan in JSON" in broken.stderr
    nothing = type_(web, "plan")
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert "name the bundle and its release" in nothing.stderr


@pytest.mark.parametrize("bad", [False, True])
def test_watching_ends_with_the_rollout_and_says_how(web: Web, *, bad: bool) -> None:
    told(web, "plan", BUNDLE, 4, "--minimum", 1)
    told(web, "approve", 1, who="sam")
    told(web, "start", 1)
    found: list[Result] = []
    watcher = threading.Thread(target=lambda: found.append(type_(web, "watch", 1, "--json")))
    watcher.start()
    web.city.run(1)
    (web.city.fail if bad else web.city.succeed)(*web.city.keys)
    web.city.run(1)
    until(lambda: not watcher.is_alive(), "the watch ends")
    watcher.join()
    lines = [json.loads(line) for line in found[0].stdout.splitlines()]
    assert found[0].exit_code == int(bad)
    assert lines[-1]["rollout"]["state"] == ("stopped" if bad else "completed")


def test_who_signs_in_by_name_leaves_no_session(web: Web, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD + "\n", "utf-8")
    environment = {"LAMPLIGHTER_URL": str(web.client.base_url)}
    with web.city.engine.connect() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM session").scalar()
    runner = CliRunner()
    by_file = runner.invoke(cli.app, ["--user", "vik", "--password-file", str(secret), "list", "--json"], env=environment)
    assert (by_file.exit_code, by_file.stdout) == (0, "[]\n")
    asked = runner.invoke(cli.app, ["list", "--json"], env=environment, input=f"vik\n{PASSWORD}\n")
    assert asked.exit_code == 0
    assert asked.stdout.splitlines()[-1] == "[]"
    assert PASSWORD not in asked.output
    with web.city.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM session").scalar() == before
    secret.write_text("wrong one entirely", "utf-8")
    wrong = runner.invoke(cli.app, ["--user", "vik", "--password-file", str(secret), "list"], env=environment)
    assert wrong.exit_code == 1
    assert "name or password is wrong" in wrong.stderr
    helped = runner.invoke(cli.app, ["plan", "--help"], env=environment)
    assert helped.exit_code == 0, "nobody signs in to read the help"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--url", f"http://127.0.0.1:{free_port()}"], "does not answer"),
        (["--url", "nonsense"], "nonsense"),
        (["--token", "nonsense"], "log in first"),
        (["--url", "https://127.0.0.1:1", "--ca", __file__], "not a certificate that can be read"),
    ],
)
def test_a_manager_that_cannot_be_asked(web: Web, options: list[str], words: str) -> None:
    found = type_(web, *options, "list")
    assert (found.exit_code, found.stdout) == (1, "")
    assert words in found.stderr
    assert "Traceback" not in found.output


def test_a_box_is_placed(web: Web) -> None:
    place = ("place", "box-000", "--site", "market", "--tag", "new", "--powered", "20:00-06:00 Europe/Brussels")
    assert told(web, *place, who="tess") == "box-000 is placed"
    shown = web.ask("GET", "devices/box-000").json()
    assert (shown["site"], shown["tags"], shown["powered"]["opens"]) == ("market", ["new"], "20:00")
    refused = type_(web, *place)
    assert refused.exit_code == 1
    assert "the role engineer does not include: configure" in refused.stderr
    wrong = type_(web, "place", "box-000", "--powered", "at night", who="tess")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "is no window" in wrong.stderr


def test_a_window_as_people_write_it() -> None:
    assert read_window("02:00-04:00 Europe/Brussels sat,sun") == {
        "zone": "Europe/Brussels",
        "opens": "02:00",
        "closes": "04:00",
        "days": ["sat", "sun"],
    }
    for wrong in ("02:00", "02:00-04:00", "at night Europe/Brussels"):
        with pytest.raises(PlanError, match="is no window; write it as"):
            read_window(wrong)
