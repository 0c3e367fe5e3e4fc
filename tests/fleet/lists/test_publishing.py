"""Publishing when something comes between: a withdrawal, a changed store, a signer that fails, a manager that is killed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from fleet.lists.authority import ListAuthority
from fleet.lists.errors import NotLoadedError, StateError
from fleet.lists.ledger import State
from fleet.store.database import writing
from fleet.store.tables import list_part, list_version
from protocol.lists import Seal, seal_entries
from tests.fleet.lists.office import ADMIN, BOB, Office

PLATES = "1-ABC-123\n2-XYZ-00?\n3AAA111*\n"


def _approved(office: Office, lines: str = PLATES, **more: Any) -> int:
    office.tick()
    number = office.draft(lines, **more).version.number
    office.people.approve(BOB, number)
    return number


def test_a_draft_that_is_withdrawn_while_it_is_being_signed_stays_withdrawn(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _approved(office)
    real = ListAuthority.seal

    def seal(self: ListAuthority, text: bytes, until: dt.datetime, now: dt.datetime) -> Seal:
        office.people.discard(BOB, number, "in the last moment")
        return real(self, text, until, now)

    monkeypatch.setattr(ListAuthority, "seal", seal)
    office.tick()
    assert office.job.faults == []
    assert office.version(number).state is State.WITHDRAWN


def test_a_change_of_a_version_that_was_withdrawn_meanwhile_does_not_bring_it_back(office: Office) -> None:
    first = office.publish(PLATES)
    number = _approved(office, "+9-ZZZ-999\n", mode="change")
    office.people.discard(BOB, first.number, "wrong")
    office.tick()
    found = office.version(number)
    assert found.state is State.WITHDRAWN
    assert "no longer stands; draft it anew" in found.words


@pytest.mark.parametrize("how", ["a part is missing", "a part was changed", "a part of another list"])
def test_entries_that_are_not_those_that_were_approved_are_not_signed(office: Office, how: str) -> None:
    lines = "".join(f"1-AAB-{number:04d}\n" for number in range(4001))
    other = office.draft("9ZZZ999\n", name="other").version
    number = _approved(office, lines)
    content = office.version(number).content
    with writing(office.engine) as connection:
        last = (list_part.c.content == content) & (list_part.c.part == 1)
        if how == "a part is missing":
            connection.execute(list_part.delete().where(last))
        elif how == "a part was changed":
            connection.execute(list_part.update().where(last).values(data=bytes(100)))
        else:
            query = list_part.select().where(list_part.c.content == other.content)
            taken = connection.execute(query).one().data
            connection.execute(list_part.update().where(last).values(data=taken))
    office.tick()
    assert office.version(number).state is State.APPROVED
    assert "in the store" in office.version(number).words
    assert office.job.faults


CHANGES: dict[str, dict[str, Any]] = {
    "purpose": {"purpose": "wanted-vehicles"},
    "basis": {"basis": "warrant 8"},
    "end": {"expires": list_version.c.expires + 86_400_000},
    "threshold": {"least": 0.01},
    "entries": {"entries": 2},
    "what comes": {"added": 0},
    "who drafted it": {"drafted_by": "carol"},
    "list": {"list": "other"},
    "what it was made of": {"based_on": "0" * 32},
}


def _change(office: Office, number: int, **values: Any) -> None:
    """As somebody does who can write in the store, and has no key."""
    with writing(office.engine) as connection:
        connection.execute(list_version.update().where(list_version.c.number == number).values(**values))


@pytest.mark.parametrize("what", CHANGES)
def test_a_draft_that_was_changed_in_the_store_is_neither_shown_nor_approved(office: Office, what: str) -> None:
    office.tick()
    number = office.draft(PLATES).version.number
    _change(office, number, **CHANGES[what])
    steps = (
        lambda: office.people.look(BOB, number, "to approve it"),
        lambda: office.people.changes(BOB, number, "to approve it"),
        lambda: office.people.who(BOB, number, "1ABC123", "to approve it"),
        lambda: office.people.approve(BOB, number),
    )
    for step in steps:
        with pytest.raises(StateError, match=f"draft {number} of list .* is not what was drafted: its row was changed"):
            step()
    assert office.version(number).state is State.DRAFT


@pytest.mark.parametrize("what", [*CHANGES, "who approved it", "a draft that nobody approved", "its seal"])
def test_what_was_changed_in_the_store_after_its_approval_is_not_signed(office: Office, what: str) -> None:
    if what == "a draft that nobody approved":
        office.tick()
        number = office.draft(PLATES).version.number
        _change(office, number, state=State.APPROVED.value)
    else:
        number = _approved(office)
        more: dict[str, dict[str, Any]] = {"who approved it": {"approved_by": "carol"}, "its seal": {"seal": None}}
        _change(office, number, **(CHANGES | more)[what])
    office.tick()
    found = office.version(number)
    assert (found.state, found.version) == (State.APPROVED, None)
    assert "is not what was approved: its row was changed in the store" in found.words
    assert any(f"draft {number} of list" in fault for fault in office.job.faults)


def test_another_key_does_not_sign_what_was_changed_since_it_was_published(office: Office) -> None:
    made = office.publish(PLATES)
    office.people.rotate(ADMIN, "stolen", "somebody left")
    with office.engine.begin() as connection:
        before = connection.execute(list_version.select().where(list_version.c.number == made.number)).one().expires
    _change(office, made.number, expires=before + 86_400_000)
    office.tick()
    assert office.version(made.number).state is State.ACTIVE
    assert "is not what was approved" in office.job.faults[0]
    _change(office, made.number, expires=before)
    office.tick()
    office.people.rotate(ADMIN, "stolen", "and another one")
    office.tick()
    assert office.version(made.number + 2).state is State.ACTIVE, "what was sealed anew is signed again"


def test_a_list_that_cannot_be_signed_waits_says_why_and_holds_up_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.tick()
    one, two = (office.draft(PLATES, name=name).version.number for name in ("stolen", "other"))
    for number in (one, two):
        office.people.approve(BOB, number)
    real = ListAuthority.seal

    def seal(self: ListAuthority, text: bytes, until: dt.datetime, now: dt.datetime) -> Seal:
        if b'"list":"stolen"' in text:
            msg = "the token was taken out"
            raise NotLoadedError(msg)
        return real(self, text, until, now)

    with monkeypatch.context() as patch:
        patch.setattr(ListAuthority, "seal", seal)
        office.tick()
        assert (office.version(one).state, office.version(one).words) == (State.APPROVED, "the token was taken out")
        assert office.version(two).state is State.ACTIVE
    office.tick()
    assert office.version(one).state is State.ACTIVE


def test_what_the_manager_seals_is_what_the_contract_says(office: Office) -> None:
    from fleet.lists.publishing import seal_texts

    texts = ["1-ABC-123", "2-XYZ-00?", "3AAA111*", "*QIO99", "o o o", "1abc123"]
    assert seal_texts(b"k" * 32, texts) == seal_entries(b"k" * 32, texts)


def test_a_process_that_is_killed_goes_on_where_it_was(office: Office) -> None:
    office.add_box()
    number = _approved(office)
    office.begin()
    office.tick()
    office.begin()
    office.tick()
    assert office.version(number).state is State.ACTIVE
    assert len(office.actions("list.tell")) == 1
    assert office.twin().lists[0].version == 1
