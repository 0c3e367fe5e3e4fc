"""The live stream: the store's order, nothing twice, nothing missed by who comes back, nothing after the session."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fleet.accounts.accounts import Role
from fleet.api.stream import read_row
from fleet.ingest.sink import Sink
from protocol.identifiers import new_boot
from tests.fleet.api.conftest import PASSWORD, Api
from tests.fleet.events import message, with_attribute, with_payload


@contextlib.contextmanager
def _stream(api: Api, last: str | None = None, token: str = "") -> Iterator[Iterator[str]]:
    headers = {"Authorization": f"Bearer {token or api.tokens[Role.VIEWER]}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    with (
        httpx.Client(base_url=api.url, timeout=30, trust_env=False) as client,
        client.stream("GET", "/api/v1/stream", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == ": tail of the store"
        yield lines


def _events(lines: Iterator[str], count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    row = ""
    for line in lines:
        if line.startswith("id: "):
            row = line[4:]
        elif line.startswith("data: "):
            found.append(json.loads(line[6:]))
            assert str(found[-1]["row"]) == row, "the id that a browser sends back is the row"
            if len(found) == count:
                break
    return found


def test_the_stream_is_the_store_s_order(api: Api) -> None:
    sink, boot = Sink(api.services.engine), new_boot()
    with _stream(api) as lines:
        writer = threading.Thread(target=lambda: [sink.store([message(n, boot=boot)]) for n in (3, 1, 2, 1, 4)])
        writer.start()
        found = _events(lines, 4)
        writer.join(30)
    assert [e["seq"] for e in found] == [3, 1, 2, 4], "as stored, and stored once"
    assert [e["row"] for e in found] == sorted(e["row"] for e in found)
    assert found[0]["body"]["observed"]["zone"] == "square"
    assert (found[0]["device"], found[0]["type"], found[0]["boot"]) == ("box-1", "crowd.count", boot)


def test_who_comes_back_misses_nothing_and_hears_nothing_twice(api: Api) -> None:
    sink, boot = Sink(api.services.engine), new_boot()
    with _stream(api) as lines:
        sink.store([message(n, boot=boot) for n in range(1, 6)])
        first = _events(lines, 3)
    sink.store([message(n, boot=boot) for n in range(6, 9)])
    with _stream(api, str(first[-1]["row"])) as lines:
        second = _events(lines, 5)
    assert [e["seq"] for e in (*first, *second)] == list(range(1, 9))


def test_from_the_beginning(api: Api) -> None:
    count = len(api.services.events(limit=1000))
    with _stream(api, "0") as lines:
        assert [e["row"] for e in _events(lines, count)] == [e.row for e in api.services.events(limit=1000)[::-1]]


@pytest.mark.parametrize("last", ["", "abc", "-1", "1.5", "\u00b2", "9" * 400])
def test_a_last_id_that_is_none_begins_now(api: Api, last: str) -> None:
    assert read_row(last) is None
    boot = new_boot()
    with _stream(api, last if last.isascii() else None) as lines:
        Sink(api.services.engine).store([message(1, boot=boot)])
        assert [(e["boot"], e["seq"]) for e in _events(lines, 1)] == [(boot, 1)]


def test_a_last_id_beyond_the_store_waits(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.api.stream.QUIET_S", 0.1)
    with _stream(api, "9999999999999999") as lines:
        assert next(line for line in lines if line) == ": still here", "what is silent for long is closed by proxies"


def test_what_is_not_json_is_shown_all_the_same(api: Api) -> None:
    """A body of a later version is kept as it came, whatever it is."""
    boot = new_boot()
    with _stream(api) as lines:
        sent = with_payload(with_attribute(message(1, boot=boot), "schema", "1.9"), b"\xff\x00not json\n\ndata: x")
        assert Sink(api.services.engine).store([sent]).raw == 1
        assert list(_events(lines, 1)[0]["body"]) == ["base64"]


@pytest.mark.parametrize("how", ["log out", "close"])
def test_the_stream_ends_with_the_session(api: Api, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr("fleet.api.stream.SESSION_LOOK_S", 0.1)
    name = f"leaving-{how}".replace(" ", "-")
    api.services.accounts.add(name, Role.VIEWER, PASSWORD)
    found = api.services.accounts.log_in(name, PASSWORD)
    assert found is not None
    with _stream(api, token=found[1]) as lines:
        if how == "close":
            api.services.accounts.close(name, "admin")
        else:
            api.services.accounts.log_out(found[1])
        assert list(lines) == [""], "the connection is closed, and nothing was told"
