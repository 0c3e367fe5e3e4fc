"""One-time codes: for one device, once, for a while; wrong ones are counted. On both databases."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from edge.identity.files import IdentityFiles
from fleet.audit.log import verify
from fleet.identity.authority import Authority
from fleet.identity.enrolment import CODE_S, REFUSALS, BrokerAddress, Enrolment, EnrolmentError
from fleet.ingest.sink import Sink
from fleet.store.database import writing
from fleet.store.tables import audit, code, device
from protocol.enrolment import CODE_PATTERN, EnrolRequest
from protocol.errors import InvalidNameError
from tests.fleet.events import message

ADDRESS = "192.0.2.1"


def _enrolment(engine: Engine, folder: Path) -> Enrolment:
    return Enrolment(engine, Authority(folder / "keys", "test"), "test", BrokerAddress("broker.example", 8883))


@pytest.fixture
def enrolment(either: Engine, tmp_path: Path) -> Enrolment:
    """Enrolment of a fleet."""
    return _enrolment(either, tmp_path)


def _request(folder: Path, name: str, one_time: str, csr_for: str = "") -> EnrolRequest:
    return EnrolRequest(name, one_time, IdentityFiles(folder / name).request(csr_for or name))


def _refusal(enrolment: Enrolment, request: EnrolRequest, address: str = ADDRESS) -> EnrolmentError:
    with pytest.raises(EnrolmentError) as caught:
        enrolment.enrol(request, address)
    assert (caught.value.status, bool(caught.value.message)) == (REFUSALS[caught.value.error][1], True)
    return caught.value


def test_a_code_is_traded_once(enrolment: Enrolment, either: Engine, tmp_path: Path) -> None:
    fresh = enrolment.make_code("box-1", "tessa", "Market, north")
    request = _request(tmp_path, "box-1", fresh)
    answer = enrolment.enrol(request, ADDRESS)
    assert (answer.fleet, answer.broker_host, answer.broker_port) == ("test", "broker.example", 8883)
    IdentityFiles(tmp_path / "box-1").store(answer)
    refused = _refusal(enrolment, request)
    assert (refused.error, refused.status) == ("code-used", 409)
    assert "make a new one" in refused.message
    with either.connect() as connection:
        row = connection.execute(select(device)).one()
        kept = connection.execute(select(code)).one()
        actions = list(connection.execute(select(audit.c.actor, audit.c.action, audit.c.subject).order_by(audit.c.row)))
    assert (row.name, row.label, row.public_key is not None) == ("box-1", "Market, north", True)
    assert abs(row.certificate_until - time.time() * 1000 - 90 * 86_400_000) < 600_000
    assert fresh not in str(kept), "a stolen store enrols nobody"
    assert [tuple(a) for a in actions] == [("tessa", "enrolment.code", "box-1"), ("device:box-1", "enrolment", "box-1")]
    assert verify(either).broken_at is None


def test_of_two_who_bring_one_code_at_once_one_is_enrolled(enrolment: Enrolment, tmp_path: Path) -> None:
    """Row 36 begins here."""
    fresh = enrolment.make_code("box-1", "tessa")
    start, outcome = threading.Barrier(3), []

    def bring(n: int) -> None:
        request = _request(tmp_path / str(n), "box-1", fresh)
        start.wait()
        try:
            enrolment.enrol(request, ADDRESS)
            outcome.append("enrolled")
        except EnrolmentError as error:
            outcome.append(error.error)

    threads = [threading.Thread(target=bring, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcome) == ["code-used", "code-used", "enrolled"]


def test_a_code_names_one_device_and_dies_with_time(enrolment: Enrolment, either: Engine, tmp_path: Path) -> None:
    fresh = enrolment.make_code("box-1", "tessa")
    assert _refusal(enrolment, _request(tmp_path, "box-2", fresh)).error == "code-unknown"
    assert _refusal(enrolment, _request(tmp_path, "box-1", "0000-0000-0000")).error == "code-unknown"
    refused = _refusal(enrolment, _request(tmp_path, "box-1", fresh, csr_for="box-3"))
    assert (refused.error, refused.status) == ("request", 400)
    with either.connect() as connection:
        kept = connection.execute(select(code)).one()
    assert kept.expires_at - kept.made_at == CODE_S * 1000
    with writing(either) as connection:
        connection.execute(update(code).values(expires_at=kept.made_at - 1))
    refused = _refusal(enrolment, _request(tmp_path, "box-1", fresh))
    assert (refused.error, refused.status) == ("code-expired", 410)
    with either.connect() as connection:
        assert connection.execute(select(device.c.registered_at)).scalar_one() is None


def test_a_new_code_ends_the_one_before(enrolment: Enrolment, tmp_path: Path) -> None:
    """A slip of paper that was lost: whoever finds it must not be able to take the box's place, now or when it is stolen."""
    lost = enrolment.make_code("box-1", "tessa")
    other = enrolment.make_code("box-2", "tessa")
    fresh = enrolment.make_code("box-1", "tessa")
    refused = _refusal(enrolment, _request(tmp_path, "box-1", lost))
    assert (refused.error, refused.status) == ("code-expired", 410)
    assert "or a newer one was made" in refused.message
    assert enrolment.enrol(_request(tmp_path, "box-1", fresh), ADDRESS).fleet == "test"
    assert enrolment.enrol(_request(tmp_path, "box-2", other), ADDRESS).fleet == "test"
    assert _refusal(enrolment, _request(tmp_path, "box-1", lost)).error == "code-expired"


def test_a_request_that_cannot_be_signed_does_not_use_the_code_up(enrolment: Enrolment, tmp_path: Path) -> None:
    """The technician on the ladder tries again with the same code."""
    fresh = enrolment.make_code("box-1", "tessa")
    assert _refusal(enrolment, EnrolRequest("box-1", fresh, "nonsense")).error == "request"
    assert enrolment.enrol(_request(tmp_path, "box-1", fresh), ADDRESS).fleet == "test"


def test_guessing_is_stopped_and_others_are_not(enrolment: Enrolment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 54: the minute is one of the monotonic clock."""
    now = [1000.0]
    monkeypatch.setattr("fleet.identity.enrolment.time.monotonic", lambda: now[0])
    fresh = enrolment.make_code("box-1", "tessa")
    wrong, right = _request(tmp_path, "box-1", "0000-0000-0000"), _request(tmp_path, "box-1", fresh)
    assert {_refusal(enrolment, wrong).error for _ in range(10)} == {"code-unknown"}
    refused = _refusal(enrolment, right)
    assert (refused.error, refused.status) == ("too-many", 429)
    now[0] += 61
    assert enrolment.enrol(right, ADDRESS).fleet == "test"
    now[0] -= 61
    again = enrolment.make_code("box-2", "tessa")
    assert enrolment.enrol(_request(tmp_path, "box-2", again), "192.0.2.2").fleet == "test"


def test_strangers_cannot_make_the_manager_remember_for_ever(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = _enrolment(engine, tmp_path)
    monkeypatch.setattr("fleet.identity.enrolment._ADDRESSES", 20)
    wrong = _request(tmp_path, "box-1", "0000-0000-0000")
    for n in range(50):
        _refusal(enrolment, wrong, f"2001:db8::{n:x}")
    assert len(enrolment._wrong) <= 21


def test_the_manager_s_names_are_its_own(engine: Engine, tmp_path: Path) -> None:
    """A box of that name would have the manager's rights at the broker."""
    for name in ("manager", "manager-2"):
        with pytest.raises(EnrolmentError, match="are the manager's own"):
            _enrolment(engine, tmp_path).make_code(name, "tessa")


def test_what_is_not_a_name_gets_no_code(engine: Engine, tmp_path: Path) -> None:
    for name in ("", "Box 1", "box/1", "box+", "#", "x" * 33, "../box", "kästchen", "box\n"):
        with pytest.raises(InvalidNameError):
            _enrolment(engine, tmp_path).make_code(name, "tessa")


def test_codes_are_drawn_and_readable(engine: Engine, tmp_path: Path) -> None:
    enrolment = _enrolment(engine, tmp_path)
    drawn = {enrolment.make_code("box-1", "tessa") for _ in range(20)}
    assert len(drawn) == 20
    assert all(re.fullmatch(CODE_PATTERN, one) for one in drawn)


def test_a_withdrawn_box_is_heard_again_after_a_new_enrolment(enrolment: Enrolment, either: Engine, tmp_path: Path) -> None:
    """Row 37: grace for a box that was long away; its label and what it said stay."""
    enrolment.enrol(_request(tmp_path, "box-1", enrolment.make_code("box-1", "tessa", "Market")), ADDRESS)
    assert Sink(either).store([message(1)]).stored == 1
    with writing(either) as connection:
        connection.execute(update(device).values(withdrawn_at=5))
    assert Sink(either).store([message(2)]).stored == 0
    enrolment.enrol(_request(tmp_path, "box-1", enrolment.make_code("box-1", "tessa")), ADDRESS)
    assert Sink(either).store([message(3)]).stored == 1
    with either.connect() as connection:
        row = connection.execute(select(device)).one()
    assert (row.withdrawn_at, row.label) == (None, "Market")
