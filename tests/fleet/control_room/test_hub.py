"""One tail, many pages: encoded once, in order, and nobody waits for the slow."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fleet.control_room.board import Board
from fleet.control_room.hub import QUEUE_MESSAGES, Hub, Subscription
from fleet.control_room.views import AccountView
from tests.fleet.control_room.events import T0, Rows, count

VIEWER = AccountView("v.jansen", "viewer", may_judge=False, may_command=False, may_audit=False)


async def read(page: Subscription) -> dict[str, Any]:
    message = await asyncio.wait_for(page.next(), 1)
    assert message is not None
    value: dict[str, Any] = json.loads(message)
    return value


async def test_a_page_begins_with_a_snapshot_and_goes_on_with_changes() -> None:
    board = Board()
    put = Rows(board)
    hub = Hub(board)
    put(count("lamp-1", 1, T0, 4), T0)
    page = hub.open(VIEWER, T0)
    put(count("lamp-1", 2, T0 + 100, 5), T0 + 100)
    hub.tick(T0 + 250)
    first, second = await read(page), await read(page)
    assert first["snapshot"] is True
    assert first["account"]["name"] == "v.jansen"
    assert [row["n"] for row in first["rows"]] == [1]
    assert "snapshot" not in second
    assert [row["n"] for row in second["rows"]] == [2]


async def test_an_open_page_misses_nothing_when_another_opens() -> None:
    board = Board()
    put = Rows(board)
    hub = Hub(board)
    page = hub.open(VIEWER, T0)
    put(count("lamp-1", 1, T0, 4), T0)
    other = hub.open(VIEWER, T0 + 10)
    await read(page)
    assert [row["n"] for row in (await read(page))["rows"]] == [1]
    assert [row["n"] for row in (await read(other))["rows"]] == [1]


async def test_all_pages_are_handed_the_same_bytes() -> None:
    board = Board()
    put = Rows(board)
    hub = Hub(board)
    pages = [hub.open(VIEWER, T0) for _ in range(3)]
    put(count("lamp-1", 1, T0, 4), T0)
    hub.tick(T0 + 250)
    for page in pages:
        while (message := await asyncio.wait_for(page.next(), 1)) is not None and b'"rows":[{' not in message:
            pass
        assert message is not None
    # identity is the point: one encoding
    a, b = hub.open(VIEWER, T0 + 300), hub.open(VIEWER, T0 + 300)
    await read(a)
    await read(b)
    await read(a)  # said when b opened
    put(count("lamp-1", 2, T0 + 400, 4), T0 + 400)
    hub.tick(T0 + 500)
    assert await a.next() is await b.next()


async def test_calm_is_said_once_a_second_so_that_silence_means_loss() -> None:
    hub = Hub(Board())
    page = hub.open(VIEWER, T0)
    await read(page)
    for step in range(1, 13):
        hub.tick(T0 + 250 * step)
    said = []
    while not page._queue.empty():
        said.append((await read(page))["t"] - T0)
    assert said == [1000, 2000, 3000]


async def test_a_slow_page_is_cut_off_and_costs_nothing_more() -> None:
    board = Board()
    put = Rows(board)
    hub = Hub(board)
    page = hub.open(VIEWER, T0)
    for i in range(QUEUE_MESSAGES + 5):
        put(count("lamp-1", i + 1, T0 + i, 4), T0 + i)
        hub.tick(T0 + i * 250)
    assert await asyncio.wait_for(page.next(), 1) is None
    assert not hub._pages


async def test_a_closed_page_is_forgotten() -> None:
    hub = Hub(Board())
    page = hub.open(VIEWER, T0)
    hub.close(page)
    hub.close(page)
    assert not hub._pages
