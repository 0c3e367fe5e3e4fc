"""A box's lists beside a manager that serves files, and what tests ask of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from edge.lists.fetch import ListFetch, manager_of
from edge.lists.lists import Ground, Lists
from edge.lists.store import ListStore
from edge.uplink.backoff import Backoff
from ota.device.fetch import Fetch
from ota.device.http import HttpTransport
from ota.device.limits import Bucket
from ota.device.metered import Metered
from ota.device.moment import Moment
from ota.device.transport import Pace
from protocol.lists import cut
from tests.edge.lists.desk import FLEET, NOW, Desk, Made, digest_of
from tests.ota.server import Answer, Request, Server, honest, serving

PATIENCE_S = 20.0


DESK = Desk()


MANY = [f"1AAA{n:03}" for n in range(400)]


class Site:
    """A box's lists beside a manager that serves files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, dict[str, bytes]()
        self.moment = Moment(NOW, known=True)
        self.spent: list[int] = []
        (folder / "ca.crt").write_bytes(DESK.pem)
        self.server: Server
        self.answer: Callable[[Request], Answer] = honest(self.files)

    @contextlib.contextmanager
    def running(self) -> Iterator[Lists]:
        lists = Lists(
            Ground(FLEET, self.folder / "lists", self.folder / "ca.crt", lambda: self.moment, self._open, lambda: None)
        )
        lists._backoff = Backoff(lambda: 0.02)
        with serving(self._answered) as self.server:
            try:
                yield lists
            finally:
                lists.stop()
                assert not lists._thread.is_alive()

    def _answered(self, request: Request) -> Answer:
        return self.answer(request)

    def _open(self, store: ListStore, go_on: Callable[[], bool]) -> ListFetch:
        transport = Metered(HttpTransport(environment={}), self.spent.append)
        bucket = Bucket(None, time.monotonic, time.sleep)
        fetch = Fetch(transport, Pace(), bucket, lambda: 0.0, go_on, time.monotonic)
        return ListFetch(store, fetch, manager_of(self.server.url))

    def publish(self, *files: bytes) -> None:
        for file in files:
            self.files[f"lists/{digest_of(file)}"] = file

    def asked(self) -> list[str]:
        return [request.path.removeprefix("/lists/") for request in self.server.asked]

    def on_disk(self) -> set[str]:
        return {path.name for path in (self.folder / "lists").rglob("*") if path.is_file()}


def until(condition: Callable[[], Any], what: object = "") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.005)


def uses(lists: Lists, **versions: int) -> None:
    until(
        lambda: lists.versions(Moment(NOW, known=True)) == versions,
        lambda: (lists.versions(Moment(NOW, known=True)), said(lists)),
    )


def said(lists: Lists) -> dict[str, str]:
    return {reason.code: reason.detail for reason in lists.reasons(Moment(NOW, known=True))}


def says(lists: Lists, code: str, words: str) -> None:
    until(lambda: words in said(lists).get(code, ""), lambda: said(lists))


def entries_of(lists: Lists) -> set[bytes]:
    table = lists.used["stolen"].table
    return {digest for data, _ in table._parts.values() for digest in cut(data)}


def later(version: int = 4, **spoil: Any) -> Made:
    return Made(DESK, version, MANY[1:], **spoil)
