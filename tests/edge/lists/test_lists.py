"""Lists as they are ordered: used, replaced, and taken away."""

from __future__ import annotations

import datetime as dt
import os

from ota.device.moment import Moment
from protocol.lists import whole_body
from tests.edge.lists.desk import DAY, NOW, Made, digest_of
from tests.edge.lists.site import DESK, MANY, Site, entries_of, said, says, until, uses
from tests.ota.server import head


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
