"""Rollouts over HTTP: what is wrong is said in words, nothing is half-done, and the repository is served by ranges."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argon2
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from fleet.accounts.accounts import Role
from fleet.api.app import make_app
from fleet.identity.authority import Authority
from fleet.identity.enrolment import BrokerAddress, Enrolment
from fleet.rollouts.errors import UnknownRolloutError
from fleet.rollouts.plan import Group, Plan
from fleet.rollouts.repository import FolderCatalogue
from fleet.services import Services
from fleet.store.database import migrate, open_engine, url_for
from fleet.store.tables import audit, rollout
from simulator.updates.bundles import files_of
from simulator.updates.repository import Repository
from tests.fleet.rollouts.city import FLEET, City
from tests.fleet.rollouts.fleet import BUNDLE
from tests.fleet.site import web_of

PASSWORD = "lamps are lit at dusk"
PEOPLE = {"ellen": Role.ENGINEER, "sam": Role.ENGINEER, "olga": Role.OPERATOR, "vik": Role.VIEWER, "tess": Role.TECHNICIAN}
PLAN = {"bundle": BUNDLE, "release": 4, "groups": [{"name": "all"}]}
SHORT = settings(max_examples=60, suppress_health_check=list(HealthCheck))


@dataclass
class Web:
    """A manager's API over a city."""

    city: City
    client: httpx.Client
    tokens: dict[str, str]

    def ask(self, method: str, path: str, who: str = "ellen", **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return self.client.request(method, f"/api/v1/{path}", headers=headers, **options)

    def post(self, path: str, who: str = "ellen", json: object = None) -> httpx.Response:
        return self.ask("POST", path, who, json={} if json is None else json)

    def count(self, table: Any) -> int:
        with self.city.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def open_web(engine: Engine, folder: Path) -> Iterator[Web]:
    city = City(engine, folder, 6)
    repository = Repository(dt.datetime.now(dt.timezone.utc))
    for release, content in ((3, 2), (4, 3), (5, 2)):
        repository.add(files_of(BUNDLE, content), release)
    repository.add(files_of("for-coral", 0), 1, hardware=("Coral",))
    repository.publish()
    repository.write_to(folder / "updates")
    enrolment = Enrolment(engine, city.authority, FLEET, BrokerAddress("broker.example", 8883))
    services = Services(engine, enrolment, FLEET, catalogue=FolderCatalogue(folder / "updates"))
    services.accounts._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64)
    app = make_app(services, updates=folder / "updates")
    with web_of(app) as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        tokens = {}
        for name, role in PEOPLE.items():
            services.accounts.add(name, role, PASSWORD)
            found = services.accounts.log_in(name, PASSWORD)
            assert found is not None
            tokens[name] = found[1]
        yield Web(city, client, tokens)


@pytest.fixture
def web(engine: Engine, tmp_path: Path) -> Iterator[Web]:
    yield from open_web(engine, tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """For tests that change nothing."""
    folder = tmp_path_factory.mktemp("web")
    engine = open_engine(url_for(folder))
    migrate(engine)
    yield from open_web(engine, folder)
    engine.dispose()


def test_a_rollout_from_plan_to_end_as_the_page_and_the_command_line_do_it(web: Web) -> None:
    releases = web.ask("GET", "releases", "vik").json()
    assert [(one["bundle"], one["release"], one["version"]) for one in releases] == [
        ("for-coral", 1, "1.0.0"),
        (BUNDLE, 3, "1.2.0"),
        (BUNDLE, 4, "1.3.0"),
        (BUNDLE, 5, "1.2.0"),
    ]
    groups = [{"name": "canary", "where": {"devices": ["box-000"]}, "minimum": 1}, {"name": "rest"}]
    window = {"zone": "Europe/Brussels", "opens": "00:00", "closes": "23:59"}
    plan = {**PLAN, "groups": groups, "window": window, "note": "night shift"}
    seen = web.post("rollouts/preview", "vik", plan).json()
    assert [(group["name"], group["boxes"]) for group in seen["groups"]] == [("canary", 1), ("rest", 5)]
    assert len(seen["windows"]) == 3
    made = web.post("rollouts", json=plan).json()
    assert (made["number"], made["state"], made["planned_by"]) == (1, "planned", "ellen")
    judged = web.ask("GET", "rollouts/1/preview", "sam").json()
    assert {key: judged[key] for key in ("groups", "left_out")} == {key: seen[key] for key in ("groups", "left_out")}
    assert web.post("rollouts/1/approve", "sam").json()["approved_by"] == "sam"
    assert web.post("rollouts/1/start").json()["state"] == "running"
    assert web.ask("GET", "rollouts/1/preview").json()["error"] == "state"
    web.city.run()
    shown = web.ask("GET", "rollouts/1", "vik").json()
    assert shown["rollout"]["counts"] == {"ordered": 1, "waiting": 5}
    assert shown["rollout"]["version"] == "1.3.0"
    assert [(group["name"], group["turn"], group["counts"]) for group in shown["groups"]] == [
        ("canary", "now", {"ordered": 1}),
        ("rest", "later", {"waiting": 5}),
    ]
    assert shown["plan"] == {**plan, "groups": [groups[0], {"name": "rest"}]}
    assert shown["outlook"] == "group canary: 0 of at least 1 came to an end"
    assert [note["action"] for note in shown["notes"]] == ["start", "approve", "plan"]
    assert "does not answer" in shown["mover"], "no job runs in this test"
    web.city.fail("box-000")
    web.city.run(1)
    shown = web.ask("GET", "rollouts/1").json()
    assert shown["rollout"]["state"] == "stopped"
    assert shown["reasons"] == [
        {"state": "failed", "reason": "too-slow", "detail": "3 times the time", "count": 1, "devices": ["box-000"]}
    ]
    assert shown["mover"] == ""
    behind = web.ask("GET", "rollouts/1/devices?state=behind&limit=2").json()
    assert [(one["device"], one["group"], one["state"]) for one in behind] == [
        ("box-000", "canary", "failed"),
        ("box-001", "rest", "waiting"),
    ]
    more = web.ask("GET", "rollouts/1/devices?state=behind&after=box-001").json()
    assert [one["device"] for one in more] == ["box-002", "box-003", "box-004", "box-005"]
    back = web.post("rollouts/1/back", json={"reason": "too slow"}).json()
    assert (back["number"], back["release"], back["state"]) == (2, 5, "planned")
    assert [one["number"] for one in web.ask("GET", "rollouts").json()] == [2, 1]
    assert web.ask("GET", "rollouts?before=2").json()[0]["number"] == 1
    assert web.ask("GET", "rollouts/1/quality").json()["new"]["version"] == "1.3.0"


_WRONG: dict[str, tuple[str, object, int, str, str]] = {
    "no plan": ("rollouts", {}, 422, "request", "missing required field `bundle`"),
    "a key too many": ("rollouts", {**PLAN, "colour": "red"}, 422, "request", "colour"),
    "no groups": ("rollouts", {**PLAN, "groups": []}, 422, "request", "length >= 1"),
    "no percentage": ("rollouts", {**PLAN, "groups": [{"name": "a", "percent": 0}]}, 422, "request", "> 0"),
    "too fine": ("rollouts", {**PLAN, "groups": [{"name": "a", "percent": 0.001}]}, 422, "plan", "at most two decimals"),
    "unknown bundle": ("rollouts", {**PLAN, "bundle": "nothing"}, 404, "unknown", "published are: for-coral, person"),
    "unknown release": ("rollouts", {**PLAN, "release": 9}, 404, "unknown", "published are: 3, 4, 5"),
    "other hardware": (
        "rollouts", {**PLAN, "bundle": "for-coral", "release": 1}, 422, "plan", "(release: Coral; boxes: Raspberry Pi 5)",
    ),
    "no boxes": ("rollouts", {**PLAN, "where": {"sites": ["nowhere"]}}, 422, "plan", "no box fits the filter"),
    "no window": (
        "rollouts", {**PLAN, "window": {"zone": "UTC", "opens": "01:00", "closes": "01:00"}}, 422, "plan", "has no length",
    ),
    "no zone": ("rollouts", {**PLAN, "window": {"zone": "Mars", "opens": "01:00", "closes": "02:00"}}, 422, "plan", "Mars"),
    "no rollout": ("rollouts/9/start", {}, 404, "unknown", "there is no rollout 9"),
    "no number": ("rollouts/nine/start", {}, 422, "request", "number"),
    "a large number": (f"rollouts/{10**30}/start", {}, 422, "request", "number"),
    "nought": ("rollouts/0/start", {}, 422, "request", "greater than or equal to 1"),
    "a long reason": ("rollouts/9/abort", {"reason": "x" * 201}, 422, "request", "at most 200"),
    "a release that is none": ("rollouts/9/back", {"release": 0}, 422, "request", "greater than or equal to 1"),
}  # fmt: skip


@pytest.mark.parametrize("what", _WRONG)
def test_what_is_wrong_is_said_and_leaves_nothing(still: Web, what: str) -> None:
    path, body, status, code, words = _WRONG[what]
    rows = still.count(audit)
    answer = still.post(path, json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, code), answer.text
    assert words in answer.json()["message"]
    assert (still.count(rollout), still.count(audit)) == (0, rows)


def test_a_repository_that_is_spoilt_or_expired_is_said(web: Web, tmp_path: Path) -> None:
    timestamp = tmp_path / "updates" / "metadata" / "timestamp.json"
    timestamp.write_bytes(timestamp.read_bytes()[:-20])
    for answer in (web.ask("GET", "releases"), web.post("rollouts", json=PLAN)):
        assert (answer.status_code, answer.json()["error"]) == (503, "catalogue")
        assert "timestamp.json: not the metadata that its name says" in answer.json()["message"]


def test_of_two_people_who_press_at_once_the_second_is_told(web: Web) -> None:
    web.post("rollouts", json=PLAN)
    answer = web.post("rollouts/1/approve")
    assert (answer.status_code, answer.json()["error"]) == (403, "second-person")
    assert web.post("rollouts/1/start").json()["error"] == "state"
    web.post("rollouts/1/approve", "sam").raise_for_status()
    assert web.post("rollouts/1/approve", "sam").json()["message"] == (
        "rollout 1 is approved and cannot become approved: start it first"
    )
    web.post("rollouts/1/start").raise_for_status()
    assert web.post("rollouts/1/start", "sam").json()["message"].startswith("rollout 1 is running already")
    assert web.post("rollouts/1/resume").status_code == 409
    assert web.post("rollouts/1/pause", "olga", {"reason": "odd counts"}).json()["state"] == "paused"
    assert web.post("rollouts/1/resume", "olga").status_code == 403, "to go on is the engineers'"
    assert web.post("rollouts/1/abort", "tess").json()["state"] == "aborted"


def test_where_a_box_stands_is_said_by_whoever_configures_and_is_checked(web: Web) -> None:
    night = {"zone": "Europe/Brussels", "opens": "20:00", "closes": "06:00"}
    place = {"site": "market", "tags": ["new", "north", "new"], "powered": night}
    assert web.ask("PUT", "devices/box-000/place", "tess", json=place).json() == {**place, "tags": ["new", "north"]}
    shown = web.ask("GET", "devices/box-000", "vik").json()
    assert (shown["site"], shown["tags"], shown["powered"]) == ("market", ["new", "north"], night)
    seen = web.post("rollouts/preview", json={**PLAN, "where": {"sites": ["market"], "tags": ["new"]}}).json()
    assert seen["groups"] == [{"name": "all", "boxes": 1, "devices": ["box-000"]}]
    for wrong, status in (
        ({"site": "A Market"}, 422),
        ({"tags": ["x"] * 17}, 422),
        ({"powered": {**night, "closes": "20:00"}}, 422),
        ({"powered": {**night, "zone": "Nowhere"}}, 422),
        ({"colour": "red"}, 422),
    ):
        assert web.ask("PUT", "devices/box-001/place", "tess", json=wrong).status_code == status, wrong
    assert web.ask("PUT", "devices/box-404/place", "tess", json={}).status_code == 403
    assert web.ask("GET", "devices/box-001").json()["site"] == ""


def test_where_nothing_was_published_there_is_nothing_to_fetch_and_it_is_said(engine: Engine, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "keys", FLEET)
    enrolment = Enrolment(engine, authority, FLEET, BrokerAddress("broker.example", 8883))
    services = Services(engine, enrolment, FLEET, catalogue=FolderCatalogue(tmp_path / "nothing"))
    with web_of(make_app(services, updates=tmp_path / "nothing")) as url:
        for path in ("metadata/timestamp.json", "targets/x", ""):
            assert httpx.get(f"{url}/updates/{path}", timeout=60, trust_env=False).status_code == 404, path
    with pytest.raises(UnknownRolloutError, match="published are: none yet"):
        services.rollouts.preview(Plan(BUNDLE, 4, (Group("all"),)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@SHORT
@given(field=st.sampled_from(["bundle", "release", "groups", "where", "window", "timeout_s", "open", "note"]), value=JSON)
def test_whatever_a_plan_holds_it_is_answered(still: Web, field: str, value: object) -> None:
    answer = still.post("rollouts/preview", json={**PLAN, field: value})
    assert answer.status_code in {200, 404, 422}, answer.text
    if answer.status_code != 200:
        assert answer.json()["message"]


def test_the_repository_is_served_to_anybody_by_ranges(web: Web, tmp_path: Path) -> None:
    file = f"{BUNDLE}.int8.onnx"
    data = files_of(BUNDLE, 3)[file]
    path = f"/updates/targets/{BUNDLE}/4/{hashlib.sha256(data).hexdigest()}.{file}"
    whole = web.client.get(path)
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["accept-ranges"] == "bytes"
    part = web.client.get(path, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, data[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(data)}"
    rest = web.client.get(path, headers={"Range": "bytes=7-", "If-Range": whole.headers["etag"]})
    assert (rest.status_code, rest.content) == (206, data[7:])
    changed = web.client.get(path, headers={"Range": "bytes=7-", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, data)
    assert web.client.get(path, headers={"Range": f"bytes={len(data)}-"}).status_code == 416
    assert web.client.get("/updates/metadata/timestamp.json").json()["signed"]["_type"] == "timestamp"
    (tmp_path / "secret").write_text("keys", "utf-8")
    for escape in ("/updates/../secret", "/updates/%2e%2e/secret", "/updates/..%2fsecret", "/updates//etc/passwd", "/updates/"):
        assert web.client.get(escape).status_code == 404, escape
    (tmp_path / "updates" / "metadata" / "link").symlink_to(tmp_path / "secret")
    assert web.client.get("/updates/metadata/link").status_code == 404, "nothing outside the folder"
