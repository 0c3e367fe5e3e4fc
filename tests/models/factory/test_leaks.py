"""What was learned from is never reported on, under whatever name."""

from __future__ import annotations

import hashlib

import pytest

from models.factory.leaks import Item, LeakError, check_splits, fingerprint


def item(source: str, content: str = "") -> Item:
    return Item(source, hashlib.sha256((content or source).encode()).hexdigest())


CLEAN = {
    "train": {"a1": item("a"), "a2": item("a", "a again")},
    "calibrate": {"a3": item("a")},
    "choose": {"b1": item("b")},
    "report": {"c1": item("c"), "d1": item("d")},
}


def test_a_clean_split_passes() -> None:
    check_splits(CLEAN)
    check_splits({"report": {"c1": item("c")}})
    check_splits({})


@pytest.mark.parametrize("use", ["train", "calibrate", "choose"])
def test_a_source_on_both_sides_is_named(use: str) -> None:
    with pytest.raises(LeakError, match=f"{use} and report share the sources c; move each source"):
        check_splits({**CLEAN, use: {"c9": item("c", "another crop")}})


@pytest.mark.parametrize("use", ["train", "calibrate", "choose"])
def test_the_same_content_under_another_source_is_named(use: str) -> None:
    with pytest.raises(LeakError, match=f"same content under two names: {use}/copy = report/c1"):
        check_splits({**CLEAN, use: {"copy": item("elsewhere", "c")}})


def test_all_leaks_are_told_at_once_and_long_lists_are_counted() -> None:
    many = {f"x{i}": item(f"s{i:02}", f"train {i}") for i in range(20)}
    same = {f"y{i}": item(f"s{i:02}", f"report {i}") for i in range(20)}
    with pytest.raises(LeakError) as caught:
        check_splits({"train": many, "choose": {"copy": item("z", "report 3")}, "report": same})
    assert "s00, s01, s02, s03, s04 and 15 more" in str(caught.value)
    assert "choose/copy = report/y3" in str(caught.value)


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({"test": {}}, "test is no use of data; there are train, calibrate, choose, report"),
        ({"train": {"a1": Item("", "0" * 64)}}, "train/a1: source ''"),
        ({"report": {"a1": Item("a", "0" * 63)}}, "needs a source and a SHA-256"),
        ({"report": {"a1": Item("a", "G" * 64)}}, "needs a source and a SHA-256"),
    ],
)
def test_a_split_that_says_too_little_is_refused(splits: dict[str, dict[str, Item]], message: str) -> None:
    with pytest.raises(LeakError, match=message):
        check_splits(splits)


def test_a_fingerprint_changes_with_content_and_names_and_not_with_the_order() -> None:
    data = {"a": item("a"), "b": item("b")}
    assert fingerprint(data) == fingerprint(dict(reversed(data.items())))
    assert len({fingerprint(data), fingerprint({"a": item("a")}), fingerprint({**data, "b": item("c")})}) == 3
    assert fingerprint({"x": item("a"), "b": item("b")}) != fingerprint(data)
