"""Handing keys out: to the right box, for the lock that it has offered now, not too often, and written down."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from fleet.lists.keys_wanted import FIRST_S, MOST_IN_WINDOW, WINDOW_S
from fleet.lists.periods import AHEAD_MS, due
from protocol.keys import KeyOffer, KeysError, offer_bytes, packed
from protocol.pseudonyms import MOST_DAYS, pseudonym
from protocol.state import State, Status
from tests.fleet.lists.office import DAY_MS, TRAVEL, Office

PLATES = "1-ABC-123\n"


@pytest.fixture
def ready(office: Office) -> Office:
    """A list that stands, and a box that uses it and makes pseudonyms."""
    office.add_box(purpose=TRAVEL)
    office.publish(PLATES)
    return office


def test_a_box_that_offers_a_lock_is_sent_what_it_should_hold(ready: Office) -> None:
    ready.tick()
    assert ready.letters() == [], "nobody asked"
    ready.birth()
    ready.tick()
    box = ready.deliver()
    assert sorted(key.use for key in box.keys.values()) == ["list", "pseudonym"]
    ready.tick(FIRST_S)
    ready.tick(FIRST_S * 2)
    assert len(ready.letters()) == 1, "it holds them, and is not sent them again"
    given = [subject for _, _, subject in ready.actions("key.give")]
    assert given == sorted(f"{key} box-1" for key in box.keys)


def test_a_box_that_lost_its_keys_with_the_power_is_given_them_again(ready: Office) -> None:
    ready.birth()
    ready.tick()
    box = ready.deliver()
    before = dict(box.keys)
    old = ready.letters()[-1].keys
    box.restart()
    ready.birth()
    ready.tick(3)
    assert old is not None
    with pytest.raises(KeysError, match="a lock that this box no longer has"):
        box.take_keys(old)
    ready.deliver()
    assert box.keys == before


def test_a_letter_opens_for_the_box_that_offered_the_lock_and_for_no_other(ready: Office) -> None:
    ready.birth()
    ready.tick()
    letter = ready.letters()[-1].keys
    assert letter is not None
    other = ready.add_box("box-2")
    with pytest.raises(KeysError):
        other.take_keys(letter)
    ready.boxes["box-1"].lock = X25519PrivateKey.generate()
    with pytest.raises(KeysError):
        ready.boxes["box-1"].take_keys(letter)


def _forged(office: Office, how: str) -> State:
    box = office.boxes["box-1"]
    state, point = box.state(), packed(X25519PrivateKey.generate().public_key().public_bytes_raw())
    mine = Ed25519PrivateKey.generate()
    match how:
        case "another key":
            offer = KeyOffer(point, packed(mine.sign(offer_bytes(box.fleet, box.name, box.boot, point))))
        case "another lock":
            assert state.lock is not None
            offer = KeyOffer(point, state.lock.signature)
        case "another boot":
            offer = KeyOffer(point, packed(box.key.sign(offer_bytes(box.fleet, box.name, "a" * 12, point))))
        case "another box":
            offer = KeyOffer(point, packed(box.key.sign(offer_bytes(box.fleet, "box-2", box.boot, point))))
        case "another fleet":
            offer = KeyOffer(point, packed(box.key.sign(offer_bytes("south", box.name, box.boot, point))))
        case _:
            point = packed(bytes(32))
            offer = KeyOffer(point, packed(box.key.sign(offer_bytes(box.fleet, box.name, box.boot, point))))
    return msgspec.structs.replace(state, lock=offer)


@pytest.mark.parametrize(
    "how", ["another key", "another lock", "another boot", "another box", "another fleet", "a point of small order"]
)
def test_an_offer_that_is_not_the_box_s_own_gets_nothing(ready: Office, how: str) -> None:
    state = _forged(ready, how)
    ready.put("box-1", state=msgspec.json.encode(state))
    for _ in range(5):
        ready.tick(FIRST_S)
        ready.put("box-1", state_at=ready.ms)
    assert ready.letters() == []
    assert [subject for _, _, subject in ready.actions("key.refuse")] == ["box-1"], "said once, not once a tick"
    ready.birth()
    ready.tick(3)
    assert len(ready.letters()) == 1, "its own is taken all the same"


def test_a_box_that_offers_one_forged_lock_after_the_other_does_not_fill_the_log(ready: Office) -> None:
    for _ in range(3):
        ready.put("box-1", state=msgspec.json.encode(_forged(ready, "another key")))
        ready.tick(FIRST_S)
    assert [subject for _, _, subject in ready.actions("key.refuse")] == ["box-1"]


def test_a_withdrawn_box_and_one_that_is_away_get_nothing(ready: Office) -> None:
    ready.birth()
    ready.put("box-1", withdrawn_at=ready.ms)
    ready.tick()
    assert ready.letters() == []
    assert ready.job._boxes.known == {}, "nor is it looked at"
    away = msgspec.structs.replace(ready.boxes["box-1"].state(), status=Status.OFFLINE)
    ready.put("box-1", withdrawn_at=None, state=msgspec.json.encode(away))
    ready.tick(60)
    assert ready.letters() == []


def test_a_box_withdrawn_between_the_look_and_the_letter_gets_nothing(ready: Office) -> None:
    ready.birth()
    ready.tick()
    count = len(ready.letters())
    ready.boxes["box-1"].restart()
    ready.birth()
    ready.job._boxes.look()
    box = ready.job._boxes.known["box-1"]
    ready.put("box-1", withdrawn_at=ready.ms)
    handing = ready.job._handing
    ready.later(60)
    assert box.state is not None
    assert handing._send(box, box.state, (), None, ready.access.open()) == 0
    assert len(ready.letters()) == count


def test_a_box_gets_only_what_its_configuration_names(ready: Office) -> None:
    ready.publish("9-ZZZ-999\n", name="wanted", purpose="wanted-vehicles")
    other = ready.add_box("box-2", lists=("wanted",))
    ready.birth("box-2")
    ready.tick()
    ready.deliver("box-2")
    assert [key.purpose for key in other.keys.values()] == ["wanted-vehicles"]
    ready.want("box-2", ())
    ready.tick(3)
    letter = ready.letters("box-2")[-1].keys
    assert letter is not None
    assert other.take_keys(letter).keys == ()


def test_the_same_is_sent_again_at_growing_intervals(ready: Office) -> None:
    ready.birth()
    sent: list[int] = []
    for second in range(0, 600, 5):
        ready.tick(5)
        if len(ready.letters()) > len(sent):
            sent.append(second)
    waits = [after - before for before, after in itertools.pairwise(sent)]
    assert waits == [30, 60, 120, 240]


def test_a_box_that_offers_a_lock_a_second_is_bounded_across_restarts_of_the_manager(ready: Office) -> None:
    for number in range(100):
        ready.boxes["box-1"].restart()
        ready.birth()
        ready.tick(2)
        if number % 25 == 0:
            ready.begin()
    assert len(ready.letters()) == MOST_IN_WINDOW
    ready.tick(WINDOW_S)
    assert len(ready.letters()) == MOST_IN_WINDOW + 1, "and served again later"


def test_a_purpose_without_pseudonyms_has_no_key(office: Office) -> None:
    box = office.add_box(lists=(), purpose="stolen-vehicles")
    office.birth()
    office.tick()
    assert office.letters() == []
    assert not box.keys


def test_no_box_is_without_a_key_at_midnight(office: Office) -> None:
    """The next period's key is made and handed out ahead, and begins where the last one ends."""
    box = office.add_box(lists=(), purpose=TRAVEL)
    office.birth()
    office.tick()
    office.deliver()
    begun = office.ms
    while office.ms < begun + 70 * DAY_MS:
        office.tick(6 * 3600)
        office.deliver()
        now = office.ms / 1000
        current = [key for key in box.keys.values() if key.begins.timestamp() <= now < key.ends.timestamp()]
        assert len(current) == 1, "one, and not two"
        if current[0].ends.timestamp() - now < AHEAD_MS / 1000 - 6 * 3600:
            assert any(key.begins == current[0].ends for key in box.keys.values())
    made = [key for key in office.views.known_keys() if key.use == "pseudonym"]
    assert len(made) == 3
    assert all(key.ends is not None and key.ends - key.begins == MOST_DAYS * DAY_MS for key in made)
    assert [key.destroyed_at is not None for key in made] == [False, True, True]
    assert len({pseudonym(key.key(), "1ABC123") for key in box.keys.values()}) == len(box.keys)


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        (None, 10 * DAY_MS + 5, (10 * DAY_MS, 38 * DAY_MS)),
        (20 * DAY_MS, 18 * DAY_MS - 1, None),
        (20 * DAY_MS, 18 * DAY_MS, (20 * DAY_MS, 48 * DAY_MS)),
        (20 * DAY_MS, 20 * DAY_MS, (20 * DAY_MS, 48 * DAY_MS)),
        (20 * DAY_MS, 90 * DAY_MS + 7, (90 * DAY_MS, 118 * DAY_MS)),
    ],
    ids=["the first", "not yet", "ahead", "at its end", "after a long absence"],
)
def test_periods(last: int | None, now: int, expected: tuple[int, int] | None) -> None:
    assert due(last, 28, now) == expected


def test_a_key_whose_file_was_lost_is_replaced_and_said_to_be_gone(office: Office) -> None:
    box = office.add_box(lists=(), purpose=TRAVEL)
    office.birth()
    office.tick()
    office.deliver()
    (old,) = box.keys
    (office.folder / "keystore" / f"{old}.key").unlink()
    office.tick(3)
    office.deliver()
    assert set(box.keys) != {old}
    assert office.views.proof(old).shown
