"""Rows 5 and 21 from the publisher's side: what runs out is signed anew in time, and said where that helps nobody."""

from __future__ import annotations

import datetime as dt

import pytest
from tuf.api.exceptions import ExpiredMetadataError

from ota.publisher.errors import KeyRefusedError, PendingError
from ota.publisher.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from tests.ota.publisher.site import ENGINEERS, Site


@pytest.mark.parametrize(
    ("hours", "roles"),
    [
        (0, ()),
        (11.9, ()),
        (12.1, (TIMESTAMP,)),
        (30, (TIMESTAMP,)),
        (24 * 3.6, (SNAPSHOT, TIMESTAMP)),
        (24 * 60, (SNAPSHOT, TIMESTAMP)),
    ],
)
def test_what_is_due_is_signed_anew(site: Site, url: str, hours: float, roles: tuple[str, ...]) -> None:
    reader = site.reader()
    reader.refresh(url, site.clock())
    site.clock.advance(hours=hours)
    assert site.publisher.refresh().roles == roles
    reader.refresh(url, site.clock())
    assert reader.seen["timestamp"] == 1 + bool(roles)
    assert reader.seen["snapshot"] == 1 + (SNAPSHOT in roles)
    assert site.publisher.refresh().roles == (), "and then it is fresh"


def test_a_timer_keeps_readers_served_for_weeks(site: Site, url: str) -> None:
    reader = site.reader()
    for _ in range(20):
        site.clock.advance(days=2)
        with pytest.raises(ExpiredMetadataError):
            reader.refresh(url, site.clock())
        site.publisher.refresh()
        reader.refresh(url, site.clock())
    assert reader.seen["timestamp"] == 21


def test_expired_targets_and_roots_are_said_with_what_to_do(site: Site, url: str) -> None:
    site.clock.advance(days=93)
    done = site.publisher.refresh()
    assert done.roles == (SNAPSHOT, TIMESTAMP)
    assert len(done.expired) == 1
    assert done.expired[0].startswith("targets 1 expired on ")
    assert done.expired[0].endswith("`lamplighter ota renew targets`, and have it signed")
    with pytest.raises(ExpiredMetadataError):
        site.reader().refresh(url, site.clock())
    site.publisher.renew(TARGETS)
    site.sign(TARGETS, *ENGINEERS)
    site.publisher.publish()
    assert site.publisher.refresh().expired == ()
    site.reader().refresh(url, site.clock())
    site.clock.advance(days=300)
    assert [text[:6] for text in site.publisher.refresh().expired] == ["root 1", "target"]


def test_before_anything_is_published_there_is_nothing_to_refresh(tmp_path: pytest.TempPathFactory) -> None:
    site = Site(tmp_path)  # type: ignore[arg-type]
    site.create()
    with pytest.raises(PendingError, match="nothing was published yet; have root and targets signed"):
        site.publisher.refresh()
    with pytest.raises(PendingError, match="nothing to verify"):
        site.publisher.verify()


def test_an_online_key_that_cannot_be_opened_is_said_before_anything_is_written(site: Site, url: str) -> None:
    site.key("online").unlink()
    site.clock.advance(days=2)
    with pytest.raises(KeyRefusedError, match=r"online\.pem: cannot be read"):
        site.publisher.refresh()
    assert site.publisher.status().roles[3].version == 1


def test_the_environment_says_what_signs_here(site: Site, url: str) -> None:
    moved = site.folder / "elsewhere.pem"
    site.key("online").rename(moved)
    site.environment["LAMPLIGHTER_OTA_SIGNER_ONLINE"] = "envvar:SECRET"
    site.environment["SECRET"] = moved.read_text()
    assert site.publisher.refresh(force=True).roles == (SNAPSHOT, TIMESTAMP)
    assert site.reader().refresh(url)


def test_status_tells_what_runs_out(site: Site) -> None:
    before = site.publisher.status()
    assert [role.role for role in before.roles] == [ROOT, TARGETS, SNAPSHOT, TIMESTAMP]
    assert [round(role.days_left) for role in before.roles] == [365, 92, 7, 1]
    assert before.roles[0].owners == ("root-1", "root-2", "root-3")
    (warning,) = before.warnings
    assert warning.startswith("every key of targets has to sign: if one is lost, nothing can be released until root has")
    site.clock.advance(days=80)
    warnings = site.publisher.status().warnings
    assert warnings[0] == "targets expires in 12.0 days: `lamplighter ota renew targets`, and have it signed"
    assert warnings[1].startswith("snapshot expired 73.0 days ago: `lamplighter ota refresh`; is its timer running?")
    assert warnings[2].startswith("timestamp expired 79.0 days ago")
    site.publisher.refresh()
    assert not [text for text in site.publisher.status().warnings if "timer" in text]
    site.clock.advance(days=260)
    assert site.publisher.status().warnings[0].startswith("root expires in 25.0 days: `lamplighter ota renew root`")


def test_status_tells_what_is_out_and_what_waits(site: Site) -> None:
    site.add("1.0.1", size=600)
    site.sign(TARGETS, "engineer-2")
    state = site.publisher.status()
    assert [(item.bundle, item.release, item.version, item.published) for item in state.releases] == [
        ("plate-reader", 1, "1.0.0", True),
        ("plate-reader", 2, "1.0.1", False),
    ]
    assert state.releases[0].forms == {"plate-reader.int8.onnx": 600, "plate-reader.fp32.onnx": 604}
    (pending,) = state.pending
    assert (pending.role, pending.version, pending.signatures[0].signed) == (TARGETS, 2, ("engineer-2",))
    assert pending.signatures[0].missing == ("engineer-1",)
    assert pending.expires == site.clock().replace(microsecond=0) + dt.timedelta(days=92)
