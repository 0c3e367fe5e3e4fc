"""The life of a list: drafted, approved, published, told, found, changed, rotated, withdrawn, past its end."""

from __future__ import annotations

import pytest

from fleet.audit.log import verify
from fleet.lists.errors import EntriesError, KeyGoneError, SecondPersonError, StateError, UnknownListError
from fleet.lists.ledger import State, purpose_of
from fleet.lists.periods import GRACE_MS
from fleet.lists.publishing import KEY_AGE_MS
from fleet.store.tables import list_part
from tests.fleet.lists.office import ADMIN, ANN, BOB, DAY_MS, Office

PLATES = "1-ABC-123,case 9\n2-XYZ-00?\n"
MANY = "".join(f"1-{first}{second}A-{number:03d}\n" for first in "ABCD" for second in "EFGH" for number in range(40))


def test_a_list_from_draft_to_hit(each: Office) -> None:
    each.add_box()
    each.tick()
    draft = each.draft(PLATES).version
    assert (draft.state, draft.entries, draft.version) == (State.DRAFT, 2, None)
    assert each.twin().lists == ()
    each.people.approve(BOB, draft.number)
    each.tick()
    made = each.version(draft.number)
    assert (made.state, made.version, made.drafted_by, made.approved_by) == (State.ACTIVE, 1, "ann", "bob")
    each.birth()
    each.tick()
    box = each.deliver()
    header = box.lists["stolen"][0].header
    assert (header.purpose, header.basis, header.least, header.entries) == ("stolen-vehicles", "warrant 7", 0.5, 2)
    assert [box.finds("stolen", plate) for plate in ("1ABC123", "2XYZ007", "IABC123", "1ABC124", "2XYZ100")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    with each.engine.connect() as connection:
        assert [purpose_of(connection, "stolen", version) for version in (1, 2)] == ["stolen-vehicles", ""]
    assert verify(each.engine).broken_at is None
    said = [(who, what) for who, what, _ in each.actions("list.draft", "list.approve", "list.publish", "list.tell", "key.give")]
    assert said == [
        ("ann", "list.draft"),
        ("bob", "list.approve"),
        ("system", "list.publish"),
        ("system", "list.tell"),
        ("system", "key.give"),
    ]


def test_a_change_is_small_and_leads_from_each_of_the_last_versions(office: Office) -> None:
    box = office.add_box()
    whole = office.publish(MANY)
    office.birth()
    office.tick()
    office.deliver()
    assert box.fetched == [whole.size]
    for number in range(5):
        made = office.publish(f"+9-ZZZ-{number:03d}\n-1-AEA-{number:03d}\n", mode="change")
        assert (made.added, made.removed, made.entries) == (1, 1, whole.entries)
        assert made.size is not None
        assert all(change.size < made.size / 2 for change in made.changes)
    assert [change.base for change in made.changes] == [5, 4, 3, 2]
    for base, expected in ((5, True), (1, False)):
        late = office.add_box(f"late-{base}")
        first = next(one for one in office.views.of("stolen").versions if one.version == base)  # type: ignore[union-attr]
        late.take_list(office.version(first.number).order(), office.fetch)
        late.keys = box.keys
        office.tick()
        late.take_list(office.twin(late.name).lists[0], office.fetch)
        assert (late.fetched[-1] < (made.size or 0) / 2) is expected
        assert late.finds("stolen", "9ZZZ004")
        assert not late.finds("stolen", "1AEA004")


def test_comments_alone_are_changed_by_the_whole_list_and_four_eyes(office: Office) -> None:
    first = office.publish(PLATES)
    with pytest.raises(EntriesError, match=r"nothing of list stolen would change; .* for other comments alone, the whole list"):
        office.draft(PLATES, expires=None)
    made = office.publish(PLATES.replace("case 9", "case 10"), expires=None)
    assert (made.version, made.added, made.removed, made.approved_by) == (2, 0, 0, "bob")
    assert made.expires == first.expires
    assert office.people.look(BOB, made.number, "a hit").entries[0] == ("1-ABC-123", "case 10")


def test_whoever_drafted_does_not_approve(office: Office) -> None:
    office.tick()
    draft = office.draft(PLATES).version
    with pytest.raises(SecondPersonError, match="was drafted by ann: a second person approves it"):
        office.people.approve(ANN, draft.number)
    assert office.version(draft.number).state is State.DRAFT


def test_a_draft_of_a_version_that_no_longer_stands_is_made_anew(office: Office) -> None:
    """Approved all the same, it would silently take back what was approved between."""
    office.publish(PLATES)
    old = office.draft("+3-AAA-111\n", mode="change").version
    office.publish("+4-AAA-111\n", mode="change")
    with pytest.raises(StateError, match="another version of list stolen than the one that stands: draft it anew"):
        office.people.approve(BOB, old.number)


def test_two_drafts_approved_at_once_do_not_both_stand(office: Office) -> None:
    office.publish(PLATES)
    one, two = (office.draft(f"+{number}-AAA-111\n", mode="change").version for number in (3, 4))
    office.people.approve(BOB, one.number)
    with pytest.raises(StateError, match="is approved and not yet published"):
        office.people.approve(BOB, two.number)


def test_a_version_that_is_withdrawn_is_gone_from_the_twins_at_once_and_its_number_is_never_used_again(office: Office) -> None:
    box = office.add_box()
    office.publish(PLATES)
    office.birth()
    office.tick()
    office.deliver()
    office.people.withdraw(ADMIN, "stolen", "wrong file")
    office.tick()
    assert office.twin().lists == ()
    office.tick(3)
    letter = office.letters()[-1].keys
    assert letter is not None
    assert box.take_keys(letter).keys == (), "it forgets the key"
    with pytest.raises(UnknownListError, match="no version of list 'stolen' stands"):
        office.people.withdraw(ADMIN, "stolen", "again")
    assert office.publish(PLATES).version == 2


def test_what_was_withdrawn_while_it_waited_is_not_published(office: Office) -> None:
    office.tick()
    draft = office.draft(PLATES).version
    office.people.approve(BOB, draft.number)
    office.people.discard(BOB, draft.number, "typed wrong")
    office.tick()
    assert office.version(draft.number).state is State.WITHDRAWN
    assert office.version(draft.number).version is None


def test_a_list_past_its_end_is_gone_from_the_twins_and_its_entries_with_it(office: Office) -> None:
    office.add_box()
    made = office.publish(PLATES, expires=office.at(1))
    assert len(office.twin().lists) == 1
    office.tick(86_400)
    assert office.version(made.number).state is State.EXPIRED
    assert office.twin().lists == ()
    assert len(office.people.look(BOB, made.number, "its last hit").entries) == 2
    office.tick(GRACE_MS / 1000)
    with pytest.raises(UnknownListError, match="were erased, for it is expired"):
        office.people.look(BOB, made.number, "too late")
    with office.engine.connect() as connection:
        assert connection.execute(list_part.select()).all() == []
    assert made.key is not None
    with pytest.raises(KeyGoneError):
        office.access.open().keys.secret(made.key)


def test_another_key_takes_the_whole_list_with_it_and_no_box_is_without_between(office: Office) -> None:
    box = office.add_box()
    first = office.publish(MANY)
    office.birth()
    office.tick()
    office.deliver()
    before = dict(box.keys)
    assert office.people.rotate(ADMIN, "stolen", "somebody left") == first.key
    office.tick()
    second = office.version(first.number + 1)
    assert (second.state, second.version, second.changes, second.approved_by) == (State.ACTIVE, 2, (), "bob")
    assert second.key != first.key
    bases = office.job._publisher._bases("stolen", second.key or "")
    assert [version for version, _ in bases] == [2], "under another key every digest is another"
    office.tick(3)
    letter = office.letters()[-1].keys
    assert letter is not None
    assert {key.id for key in box.take_keys(letter).keys} == {first.key, second.key}, "until it uses the list under the new one"
    assert box.finds("stolen", "1AEA000")
    office.deliver()
    office.tick(3)
    office.deliver()
    assert set(box.keys) == {second.key}
    assert box.finds("stolen", "1AEA000")
    assert set(box.keys) != set(before)
    assert box.fetched[-1] == second.size
    office.tick(GRACE_MS / 1000)
    office.tick(60)
    assert first.key is not None
    assert not office.access.open().keys.holds(first.key)


def test_a_key_is_replaced_at_its_age_or_when_it_was_lost(office: Office) -> None:
    made = office.publish(PLATES, expires=office.at(60))
    office.tick(KEY_AGE_MS / 1000 - 60)
    assert office.version(made.number).state is State.ACTIVE
    office.tick(60)
    second = office.version(made.number + 1)
    assert second.state is State.ACTIVE
    (office.folder / "keystore" / f"{second.key}.key").unlink()
    office.tick()
    assert office.version(made.number + 2).state is State.ACTIVE


def test_files_that_no_box_can_need_are_removed_and_no_other(office: Office) -> None:
    office.add_box()
    for number in range(7):
        made = office.publish(MANY + f"9-ZZZ-00{number}\n")
    folder = office.folder / "lists"
    office.tick(3_600 + 60)
    office.tick(61)
    kept = {path.name for path in folder.iterdir()}
    assert {made.digest, *(change.digest for change in made.changes)} <= kept
    assert len(kept) == 5 + 4, "this one, four to make changes from, and four changes"


def test_the_end_of_a_list_can_be_moved_and_boxes_are_told(office: Office) -> None:
    box = office.add_box()
    office.publish(PLATES, expires=office.at(1))
    office.birth()
    office.tick()
    office.deliver()
    made = office.publish("", mode="change", expires=office.at(20))
    assert made.added == made.removed == 0
    office.tick(3)
    office.deliver()
    (key,) = box.keys.values()
    assert abs(key.ends.timestamp() * 1000 - office.ms - 20 * DAY_MS) < DAY_MS
