"""Lists that are not believed, or cannot be kept: named, and the old one goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lists.store import ListStore
from ota.device import durable
from ota.device.disk import RealDisk
from protocol.twin import ListOrder
from tests.edge.lists.desk import DAY, NOW, Desk, Made, digest_of
from tests.edge.lists.site import DESK, MANY, Site, entries_of, later, said, says, until, uses


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


def test_one_list_ordered_twice_is_refused(site: Site) -> None:
    one, two = Made(DESK, 1, MANY), Made(DESK, 2, MANY)
    site.publish(one.file, two.file)
    with site.running() as lists:
        lists.want([one.order(), two.order()])
        says(lists, "list-refused", "ordered twice")
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
