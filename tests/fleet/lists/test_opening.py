"""The keys under which a plate is looked for: those of the purpose that have begun and were not destroyed."""

from __future__ import annotations

import pytest

from fleet.lists.access import NoAccess
from fleet.lists.errors import NotLoadedError
from fleet.lists.opening import PseudonymKeys
from fleet.lists.periods import GRACE_MS
from tests.fleet.lists.office import TRAVEL, Office


def test_a_plate_is_looked_for_under_the_keys_of_its_purpose_until_they_are_destroyed(office: Office) -> None:
    office.add_box(lists=(), purpose=TRAVEL)
    office.birth()
    office.tick()
    keys = PseudonymKeys(office.engine, office.access)
    (row,) = office.views.known_keys()
    assert keys.keys(TRAVEL, office.ms) == [(row.id, office.access.open().keys.secret(row.id))]
    assert keys.keys(TRAVEL, row.begins - 1) == []
    assert keys.keys("stolen-vehicles", office.ms) == []
    assert row.ends is not None
    office.later((row.ends + GRACE_MS - office.ms) / 1000 + 60)
    office.tick()
    assert row.id not in {name for name, _ in keys.keys(TRAVEL, office.ms)}


def test_a_key_store_that_is_not_open_is_no_empty_answer(office: Office) -> None:
    with pytest.raises(NotLoadedError, match="key store"):
        PseudonymKeys(office.engine, NoAccess()).keys(TRAVEL, office.ms)
