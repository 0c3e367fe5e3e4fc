"""Lists as they are ordered: fetched, believed, used, replaced, refused, and taken away."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.lists.fetch import ListFetch, manager_of
from edge.lists.lists import Ground, Lists
from edge.lists.store import ListStore
from edge.uplink.backoff import Backoff
from ota.device import durable
from ota.device.disk import RealDisk
from ota.device.fetch import Fetch
from ota.device.http import HttpTransport
from ota.device.limits import Bucket
from ota.device.metered import Metered
from ota.device.moment import Moment
from ota.device.transport import Pace
from protocol.lists import cut, whole_body
from protocol.twin import ListOrder
from tests.edge.lists.desk import DAY, FLEET, NOW, Desk, Made, digest_of
from tests.ota.server import Answer, Request, Server, head, honest, serving

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


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


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


def test_what_is_ordered_is_fetched_and_used(site: Site) -> None:
    made = Made(DESK, 3, MANY)
    site.publish(made.file)
    with site.running() as lists:
        lists.want([made.order()])
        uses(lists, stolen=3)
        assert said(lists) == {}
        assert entries_of(lists) == set(made.entries["......."])
        assert site.asked() == [digest_of(made.file)]
        assert sum(site.spent) > len(made.file), "the month's bytes are counted"
        until(lambda: site.on_disk() == {digest_of(made.file), "versions"})
    assert (site.folder / "lists" / "objects" / digest_of(made.file)).read_bytes() == made.file, "as it came"


def test_a_start_uses_what_is_here_without_the_network(site: Site) -> None:
    made = Made(DESK, 3, MANY)
    site.publish(made.file)
    with site.running() as lists:
        lists.want([made.order()])
        uses(lists, stolen=3)
    newer = Made(DESK, 4, MANY)
    site.answer = lambda _request: [head(500, Content_Length=0)]
    with site.running() as lists:
        lists.want([newer.order()])
        uses(lists, stolen=3)
        says(lists, "list-fetch", "500")


def test_a_change_is_fetched_where_it_is_less_than_the_whole(site: Site) -> None:
    old, new = Made(DESK, 3, MANY), Made(DESK, 4, [*MANY[5:], "9ZZZ999"])
    change = new.change(old)
    site.publish(old.file, new.file, change)
    with site.running() as lists:
        lists.want([old.order()])
        uses(lists, stolen=3)
        lists.want([new.order((3, change))])
        uses(lists, stolen=4)
        assert site.asked() == [digest_of(old.file), digest_of(change)]
        assert entries_of(lists) == set(new.entries["......."])
        until(lambda: digest_of(old.file) not in site.on_disk())
        assert digest_of(new.file) in site.on_disk()


def test_changes_are_a_chain(site: Site) -> None:
    versions = [Made(DESK, 3 + n, MANY[n:]) for n in range(4)]
    changes = [(old.version, new.change(old)) for old, new in itertools.pairwise(versions)]
    site.publish(versions[0].file, versions[-1].file, *(data for _, data in changes))
    with site.running() as lists:
        lists.want([versions[0].order()])
        uses(lists, stolen=3)
        lists.want([versions[-1].order(*changes[::-1])])
        uses(lists, stolen=6)
        assert site.asked()[1:] == [digest_of(data) for _, data in changes]
        assert entries_of(lists) == set(versions[-1].entries["......."])


@pytest.mark.parametrize("how", ["gap", "costs more", "lies", "gone", "unsigned"])
def test_where_no_chain_leads_the_whole_list_is_fetched(site: Site, how: str) -> None:
    old, new = Made(DESK, 3, MANY), Made(DESK, 4, MANY[:350])
    change = new.change(old)
    match how:
        case "gap":
            changes = [(2, change)]
        case "costs more":
            new = Made(DESK, 4, [f"2BBB{n:03}" for n in range(400)])
            changes = [(3, change := new.change(old))]
            assert len(change) > len(new.file)
        case "lies":
            other = Made(DESK, 3, MANY[:-1])
            changes = [(3, change := new.change(other))]
        case "unsigned":
            changes = [(3, change := new.written(new.change(old).split(b"\n", 2)[2], key=Ed25519PrivateKey.generate()))]
        case _:
            changes = [(3, change)]
    site.publish(old.file, new.file, *([] if how == "gone" else [change]))
    with site.running() as lists:
        lists.want([old.order()])
        uses(lists, stolen=3)
        lists.want([new.order(*changes)])
        uses(lists, stolen=4)
        assert said(lists) == {}
        assert site.asked()[-1] == digest_of(new.file)


def later(version: int = 4, **spoil: Any) -> Made:
    return Made(DESK, version, MANY[1:], **spoil)


@pytest.mark.parametrize(
    ("made", "order", "code", "words"),
    [
        pytest.param(lambda: Made(Desk(), 4, MANY), lambda m: m.order(), "list-refused", "not made by", id="foreign"),
        pytest.param(later, lambda m: m.order(version=5), "list-refused", "5 was ordered, and 4 came", id="another version"),
        pytest.param(lambda: later(expires=NOW - DAY), lambda m: m.order(), "list-expired", "has expired", id="expired"),
        pytest.param(lambda: later(2), lambda m: m.order(), "list-refused", "never goes back", id="older"),
        pytest.param(lambda: later(3), lambda m: m.order(), "list-refused", "says something else", id="the same again"),
        pytest.param(
            lambda: later(list="wanted"),
            lambda m: msgspec.structs.replace(m.order(), list="stolen"),
            "list-refused",
            "list wanted of fleet city came for list stolen",
            id="another list",
        ),
    ],
)
def test_what_is_not_believed_is_refused_by_name_and_the_old_goes_on(
    site: Site, made: Callable[[], Made], order: Callable[[Made], ListOrder], code: str, words: str
) -> None:
    old, new = Made(DESK, 3, MANY), made()
    site.publish(old.file, new.file)
    with site.running() as lists:
        lists.want([old.order()])
        uses(lists, stolen=3)
        lists.want([order(new)])
        says(lists, code, words)
        uses(lists, stolen=3)
        assert entries_of(lists) == set(old.entries["......."])
        until(lambda: digest_of(new.file) not in site.on_disk(), "what is refused is not kept")
        asked = len(site.asked())
        lists._awake.set()
        time.sleep(0.05)
        assert len(site.asked()) == asked, "nor fetched again"
        good = later(7)
        site.publish(good.file)
        lists.want([good.order()])
        uses(lists, stolen=7)
        assert said(lists) == {}


def test_a_file_that_is_no_list_is_refused(site: Site) -> None:
    junk = b"<html>not a list</html>"
    site.publish(junk)
    with site.running() as lists:
        lists.want([ListOrder("stolen", 1, digest_of(junk), len(junk))])
        says(lists, "list-refused", "no hit list")


@given(st.binary(min_size=1, max_size=200))
def test_any_file_that_was_ordered_is_refused(junk: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        store = ListStore(RealDisk(Path(folder) / "lists"))
        order = ListOrder("stolen", 1, digest_of(junk), len(junk))
        from ota.deltafile import Content
        from protocol.lists import ListError

        assert store.objects.put(Content.of(junk), lambda file: file.write(junk))
        with pytest.raises(ListError):
            store.take(DESK.believer(), order)
        assert store.recover(DESK.believer(), {"stolen"}) == {}
        assert site.files == {}


def test_a_version_never_falls_also_after_a_power_cut_and_after_the_list_was_gone(site: Site) -> None:
    high, low = Made(DESK, 9, MANY), Made(DESK, 8, MANY)
    site.publish(high.file, low.file)
    with site.running() as lists:
        lists.want([high.order()])
        uses(lists, stolen=9)
        lists.want([])
        until(lambda: site.on_disk() == {"versions"})
    with site.running() as lists:
        lists.want([low.order()])
        says(lists, "list-refused", "never goes back")
        uses(lists)
        lists.want([high.order()])
        uses(lists, stolen=9)


def test_the_version_is_on_the_disk_before_the_list_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made(DESK, 3, MANY)
    site.publish(made.file)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "write", full)
    with site.running() as lists:
        lists.want([made.order()])
        says(lists, "list-disk", "No space left")
        uses(lists)
        monkeypatch.undo()
        uses(lists, stolen=3)
        until(lambda: not said(lists))


def test_a_list_that_is_no_longer_ordered_is_gone_at_once(site: Site) -> None:
    made = Made(DESK, 3, MANY)
    site.publish(made.file)
    with site.running() as lists:
        lists.want([made.order()])
        uses(lists, stolen=3)
        lists.want([])
        assert lists.used == {}, "from memory, before anything else"
        until(lambda: digest_of(made.file) not in site.on_disk())


def test_a_list_that_was_left_over_is_removed_at_the_start(site: Site) -> None:
    made = Made(DESK, 3, MANY)
    site.publish(made.file)
    with site.running() as lists:
        lists.want([made.order()])
        uses(lists, stolen=3)
    with site.running() as lists:
        lists.want([])
        until(lambda: digest_of(made.file) not in site.on_disk())
        assert lists.used == {}


def test_a_list_expires_in_use(site: Site) -> None:
    made = Made(DESK, 3, MANY, expires=NOW + DAY)
    site.publish(made.file)
    with site.running() as lists:
        lists.want([made.order()])
        uses(lists, stolen=3)
        after = Moment(NOW + DAY, known=True)
        assert lists.versions(after) == {}
        assert [reason.code for reason in lists.reasons(after)] == ["list-expired"]


def test_two_lists_do_not_wait_for_one_another(site: Site) -> None:
    one, two = Made(DESK, 1, MANY), Made(DESK, 1, MANY[:300], list="wanted")
    site.publish(one.file)
    with site.running() as lists:
        lists.want([one.order(), two.order()])
        uses(lists, stolen=1)
        says(lists, "list-fetch", "404")
        site.publish(two.file)
        uses(lists, stolen=1, wanted=1)
        until(lambda: not said(lists))


def test_one_list_ordered_twice_is_refused(site: Site) -> None:
    one, two = Made(DESK, 1, MANY), Made(DESK, 2, MANY)
    site.publish(one.file, two.file)
    with site.running() as lists:
        lists.want([one.order(), two.order()])
        says(lists, "list-refused", "ordered twice")
        uses(lists)


def test_what_breaks_off_is_gone_on_with(site: Site) -> None:
    made = Made(DESK, 3, [f"1AAA{n:04}" for n in range(9000)])
    whole = honest({f"lists/{digest_of(made.file)}": made.file})

    def breaking(request: Request) -> Answer:
        first, data = whole(request)
        return [first, data[:60_000]]

    site.answer = breaking
    with site.running() as lists:
        lists.want([made.order()])
        uses(lists, stolen=3)
        assert [request.at for request in site.server.asked] == [0, 60_000, 120_000]


def test_new_orders_interrupt_a_fetch(site: Site) -> None:
    slow, quick = Made(DESK, 3, [f"1AAA{n:04}" for n in range(5000)]), Made(DESK, 4, MANY)
    held, served = threading.Event(), honest(site.files)
    site.publish(quick.file)

    def answer(request: Request) -> Iterator[bytes]:
        if digest_of(slow.file) not in request.path:
            yield from served(request)
            return
        yield head(200, Content_Length=len(slow.file))
        for at in range(0, len(slow.file), 100):
            held.set()
            yield slow.file[at : at + 100]
            time.sleep(0.05)

    site.answer = answer
    with site.running() as lists:
        lists.want([slow.order()])
        assert held.wait(PATIENCE_S)
        began = time.monotonic()
        lists.want([quick.order()])
        uses(lists, stolen=4)
        assert time.monotonic() - began < 10


def test_a_file_that_rots_is_fetched_again(site: Site) -> None:
    made = Made(DESK, 3, MANY)
    site.publish(made.file)
    with site.running() as lists:
        lists.want([made.order()])
        uses(lists, stolen=3)
    path = site.folder / "lists" / "objects" / digest_of(made.file)
    path.write_bytes(made.file[:-1] + b"\0")
    with site.running() as lists:
        lists.want([made.order()])
        uses(lists, stolen=3)
    assert path.read_bytes() == made.file


def test_a_server_that_sends_something_else_costs_bytes_and_nothing_else(site: Site) -> None:
    made, other = Made(DESK, 3, MANY), Made(DESK, 4, MANY[1:])
    site.files[f"lists/{digest_of(made.file)}"] = other.file.ljust(len(made.file), b"\0")[: len(made.file)]
    with site.running() as lists:
        lists.want([made.order()])
        says(lists, "list-fetch", "is not the signed file")
        uses(lists)


def test_without_the_fleets_authority_nothing_is_believed(site: Site) -> None:
    made = Made(DESK, 3, MANY)
    site.publish(made.file)
    (site.folder / "ca.crt").unlink()
    with site.running() as lists:
        lists.want([made.order()])
        says(lists, "list-refused", "enrol this box")
        (site.folder / "ca.crt").write_bytes(DESK.pem)
        uses(lists, stolen=3)
        until(lambda: not said(lists))


def test_a_folder_that_is_none_is_told(site: Site) -> None:
    (site.folder / "lists").write_text("not a folder")
    with site.running() as lists:
        lists.want([Made(DESK, 1, MANY).order()])
        says(lists, "list-disk", "lists")
        (site.folder / "lists").unlink()
        until(lambda: "list-fetch" in said(lists))


def test_a_large_list_takes_sixteen_bytes_an_entry_in_memory() -> None:
    import tracemalloc

    from edge.lists.table import Table

    body = whole_body({".......": tuple(sorted(os.urandom(16) for _ in range(100_000)))})
    tracemalloc.start()
    try:
        table = Table({".......": body})
        assert tracemalloc.get_traced_memory()[1] < 100_000, "beside the body itself, which is 1.6 MB"
    finally:
        tracemalloc.stop()
    assert table.has(".......", [body[:16], bytes(16)]) == [True, False]


def test_the_clock_of_the_desk_is_now() -> None:
    assert abs(dt.datetime.now(dt.timezone.utc) - NOW) < DAY
