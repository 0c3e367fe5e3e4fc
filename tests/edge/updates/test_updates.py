"""From an order to a running model, on a box that looks at pictures meanwhile."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from edge.infer.outcome import Dropped, Seen
from ota.device.state import Phase
from protocol.orders import Window
from tests.edge.capture.clips import make_clip
from tests.edge.infer import puppet
from tests.edge.updates.site import FINAL, Site, Start, signed_by, threads_named


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, make_clip(tmp_path / "clip.mp4"))


def ended(site: Site) -> bool:
    return any(report.step in FINAL for report in site.said if report.counter == site.counter)


def follow(site: Site, start: Start, *releases: int) -> None:
    start.until(lambda: len(start.box.results) >= 10)
    start.updates.take(site.orders(*releases))
    start.until(lambda: ended(site))


def test_a_good_release_is_fetched_tried_and_switched_to_without_a_lost_picture(site: Site) -> None:
    site.release(1)
    with site.mirror() as mirror, site.started(mirror) as start:
        follow(site, start, 1)
        start.until(lambda: len(start.versions) == 2)
        assert site.steps() == ["accepted", "fetched", "on-probation", "succeeded"]
        assert all(signed_by(site.key, report) for report in site.said)
        assert start.versions[-1] == "9.1.0"
        last = site.said[-1]
        assert last.running == 1
        assert last.agreement == 1.0
        assert last.fetched_bytes is not None
        assert sum(site.spent) > last.fetched_bytes > 0, "the SIM is billed for it, and for metadata"
        assert Dropped not in start.box.made_of()
        assert start.updates.reasons == ()


def test_the_next_start_begins_with_it_without_a_mirror(site: Site) -> None:
    site.release(1)
    with site.mirror() as mirror, site.started(mirror) as start:
        follow(site, start, 1)
    with site.started() as start:
        start.until(lambda: len(start.versions) == 1)
        assert start.versions == ["9.1.0"]


def test_a_release_whose_files_rot_gives_way_to_the_installation(site: Site) -> None:
    site.release(1)
    with site.mirror() as mirror, site.started(mirror) as start:
        follow(site, start, 1)
    rotten = site.folder / "updates" / "releases" / puppet.NAME / "1" / "puppet.bin"
    rotten.write_bytes(bytes(rotten.stat().st_size))  # what a card that forgets gives back
    with site.started() as start:
        start.until(lambda: len(start.versions) == 1)
        assert not start.versions[0].startswith("9.")
        assert [reason.code for reason in start.updates.reasons] == ["update-damaged"]


def test_one_that_answers_otherwise_than_its_reference_is_refused_for_good(site: Site) -> None:
    site.release(1, golden=0.4)
    with site.mirror() as mirror, site.started(mirror) as start:
        follow(site, start, 1)
        assert site.steps()[-1] == "refused"
        assert site.said[-1].reason is not None
        assert site.said[-1].reason.code == "golden"
        assert start.updates.state.is_quarantined(puppet.NAME, 1)
        follow(site, start, 1)
        assert site.said[-1].reason.code == "quarantined"
        assert start.box.made_of() == {Seen}


def test_one_that_sees_nothing_where_the_old_one_sees_is_stopped_in_the_shadow_run(site: Site) -> None:
    site.release(1, "nothing")
    with site.mirror() as mirror, site.started(mirror) as start:
        follow(site, start, 1)
        assert site.said[-1].reason is not None
        assert site.said[-1].reason.code == "agreement"
        assert len(start.versions) == 1
        assert start.box.made_of() == {Seen}


@pytest.mark.parametrize("does", ["hang", "error", "crash"])
def test_one_that_breaks_once_it_counts_gives_way_to_the_old_one(site: Site, does: str) -> None:
    control = site.release(1)
    with site.mirror() as mirror, site.started(mirror) as start:
        start.until(lambda: len(start.box.results) >= 10)
        start.updates.take(site.orders(1))
        start.until(lambda: start.updates.state.phase == "probation")
        control.write_text(does)
        start.until(lambda: ended(site))
        assert site.steps()[-1] == "rolled-back"
        assert start.updates.state.is_quarantined(puppet.NAME, 1)
        seen = len(start.box.results)
        start.until(lambda: any(isinstance(outcome, Seen) for outcome in start.box.outcomes()[seen:]))
        assert not start.versions[-1].startswith("9.")


def test_a_window_is_waited_for(site: Site) -> None:
    site.release(1)
    now = dt.datetime.now(dt.timezone.utc)
    later = Window(now + dt.timedelta(hours=1), now + dt.timedelta(hours=2))
    with site.mirror() as mirror, site.started(mirror) as start:
        start.until(lambda: len(start.box.results) >= 10)
        start.updates.take(site.orders(1, windows=(later,)))
        start.until(lambda: start.updates.state.job is not None and start.updates.state.job.ready)
        assert len(start.versions) == 1
        start.updates.take(site.orders(1))
        start.until(lambda: ended(site))
        assert site.steps()[-1] == "succeeded"


def test_row_63_where_bytes_have_run_out_nothing_is_fetched(site: Site) -> None:
    site.release(1)
    with site.mirror() as mirror, site.started(mirror, bytes_left=False) as start:
        start.until(lambda: len(start.box.results) >= 10)
        start.updates.take(site.orders(1))
        start.until(lambda: start.updates.state.job is not None and start.updates.state.job.phase is Phase.DOWNLOAD)
        seen = len(start.box.results)
        start.until(lambda: len(start.box.results) >= seen + 60)
        assert start.updates.state.job is not None
        assert (start.updates.state.job.phase, start.updates.state.job.fetched_bytes) == (Phase.DOWNLOAD, 0)
        assert site.steps() == ["accepted"]
    with site.mirror() as mirror, site.started(mirror) as start:
        start.until(lambda: ended(site))
        assert site.steps()[-1] == "succeeded", "and when the month has begun it goes on by itself"


def test_orders_for_another_box_or_that_come_again_change_nothing(site: Site) -> None:
    site.release(1)
    with site.mirror() as mirror, site.started(mirror) as start:
        start.updates.take(site.orders(1, device="lamp-2"))
        start.until(lambda: [reason.code for reason in start.updates.reasons] == ["update-orders"])
        orders = site.orders(1)
        start.updates.take(orders)
        start.until(lambda: ended(site))
        told = len(site.said)
        start.updates.take(orders)
        start.until(lambda: start.updates.state.job is None)
        start.box.during(0.5)
        assert len(site.said) == told
        assert start.updates.reasons == ()


def test_a_stick_that_appears_is_read(site: Site) -> None:
    site.release(1)
    stick = site.folder / "stick"
    with site.started(stick=stick) as start:
        start.until(lambda: len(start.box.results) >= 10)
        for path, data in site.repository.files.items():
            (site.folder / "making" / path).parent.mkdir(parents=True, exist_ok=True)
            (site.folder / "making" / path).write_bytes(data)
        shutil.move(site.folder / "making", stick)
        start.until(lambda: any(report.step in FINAL for report in site.said))
        assert site.said[-1].step.value == "succeeded"
        assert site.said[-1].counter == 0
        assert site.lines == ["stick: 1 newer release for this box"]


def test_an_end_in_the_middle_is_a_farewell_and_the_next_start_goes_on(site: Site) -> None:
    site.release(1)
    with site.mirror() as mirror:
        with site.started(mirror) as start:
            start.until(lambda: len(start.box.results) >= 10)
            start.updates.take(site.orders(1))
            start.until(lambda: start.updates.state.phase == "probation")
        assert threads_named("updates") == 0
        with site.started(mirror) as start:
            assert start.updates.state.job is not None
            assert start.updates.state.job.strikes == 0
            start.until(lambda: ended(site))
            assert site.steps()[-1] == "succeeded"


def test_without_a_root_that_can_be_read_nothing_is_fetched_and_it_says_why(site: Site) -> None:
    site.release(1)
    site.root.unlink()
    with site.mirror() as mirror, site.started(mirror) as start:
        start.updates.take(site.orders(1))
        start.until(lambda: bool(start.updates.reasons))
        (reason,) = start.updates.reasons
        assert reason.code == "update-fetch"
        assert "mend updates.root" in reason.detail
