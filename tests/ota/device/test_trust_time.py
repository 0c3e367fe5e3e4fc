"""What is believed has an end, by the box's own time (rows 5, 21, 60)."""

from __future__ import annotations

import pytest
from tuf.ngclient import Updater

from ota.device.errors import ExpiredError, TrustError
from ota.device.moment import VALIDITY, Moment
from simulator.faults.clocks import EPOCH
from simulator.updates.repository import Repository
from tests.ota.device.client import BUILT, DAY, Client


def test_the_library_holds_expiries_against_the_time_that_it_is_given(client: Client) -> None:
    """It offers no other way than its reference time; were that to go, this would show it."""
    for moment, expired in ((EPOCH, False), (EPOCH + 0.9 * DAY, False), (EPOCH + 1.1 * DAY, True), (EPOCH - 900 * DAY, False)):
        fresh = Client(client.folder / str(moment.timestamp()), client.repository)
        if expired:
            with pytest.raises(ExpiredError, match=r"out of date .*timestamp"):
                fresh.refresh(Moment(moment, known=True))
        else:
            fresh.refresh(Moment(moment, known=True))


def test_without_a_reference_time_in_the_library_nothing_is_believed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Without:
        def __init__(self, *_: object, **__: object) -> None:
            self._trusted_set = object()

    monkeypatch.setattr("ota.device.trust.Updater", Without)
    with pytest.raises(TrustError, match="no reference time"):
        client.refresh()
    assert hasattr(Updater, "refresh")


@pytest.mark.parametrize(("role", "days"), [("timestamp", 2), ("snapshot", 8), ("targets", 91), ("root", 366)])
def test_row_5_each_role_expires_by_itself(client: Client, role: str, days: int) -> None:
    client.repository.now = EPOCH + days * DAY
    client.repository.publish([name for name in ("root", "targets", "snapshot", "timestamp") if name != role])
    with pytest.raises(ExpiredError, match=role):
        client.refresh(Moment(EPOCH + days * DAY, known=True))


def test_row_5_an_expired_timestamp_still_keeps_from_going_back(client: Client) -> None:
    client.repository.publish()
    client.refresh()
    old = dict(client.repository.files)
    client.repository.now = EPOCH + 5 * DAY
    client.repository.publish()
    later = Moment(EPOCH + 5 * DAY, known=True)
    client.refresh(later)
    client.transport._mirrors["first"].update(old)  # type: ignore[attr-defined]
    with pytest.raises(TrustError):
        client.refresh(later)


def test_row_21_signed_metadata_raise_the_floor_and_it_stays(client: Client) -> None:
    client.repository.now = EPOCH + 50 * DAY
    client.repository.publish()
    client.refresh(Moment(BUILT, known=False))
    expected = EPOCH + 51 * DAY - VALIDITY
    assert client.trust.floor == expected
    assert client.opened().floor == expected
    client.refresh(Moment(EPOCH + 50 * DAY, known=True))
    assert client.trust.floor == expected, "the wall clock raises nothing"


def test_row_21_what_is_not_believed_raises_nothing(client: Client) -> None:
    client.refresh()
    floor = client.trust.floor
    client.repository.now = EPOCH + 80 * DAY
    client.repository.signers["timestamp"] = Repository(keys=2).signers["timestamp"]
    client.repository.publish()
    with pytest.raises(TrustError):
        client.refresh(Moment(EPOCH + 80 * DAY, known=True))
    assert client.trust.floor == floor


def test_row_21_a_thief_of_the_online_keys_cannot_stop_the_clock(client: Client) -> None:
    """He signs a timestamp until the end of time; after a rotation, the box goes on believing."""
    client.repository.timestamp.expires = EPOCH + 20_000 * DAY
    client.repository.timestamp.version += 1
    client.repository.serve("timestamp")
    client.refresh()
    assert client.trust.floor == EPOCH + 89 * DAY
    client.repository.now = EPOCH + 100 * DAY
    client.repository.rotate("timestamp")
    client.repository.timestamp.version = 0
    client.repository.publish()
    client.refresh(Moment(client.trust.floor, known=False))
    assert client.versions()["timestamp.json"] == 1


def test_row_60_a_box_without_a_clock_believes_what_is_of_today(client: Client) -> None:
    client.refresh(Moment(BUILT, known=False))
