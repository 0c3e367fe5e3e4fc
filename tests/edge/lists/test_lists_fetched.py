"""Lists on their way: changes instead of the whole, what breaks off, what comes otherwise."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.edge.lists.desk import Made, digest_of
from tests.edge.lists.site import DESK, MANY, PATIENCE_S, Site, entries_of, said, says, until, uses
from tests.ota.server import Answer, Request, head, honest


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
