"""Who may look, and for how long: as a table and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.aim.admission import AWAY_S, ENTER_S, WRONG, Admission, new_code


def made(seconds: float = 300.0) -> Admission:
    return Admission("ABCD2345", 100.0, 100.0 + seconds)


def test_a_code_opens_it_once() -> None:
    admission = made()
    ticket = admission.enter(" abcd2345\n", 101.0)
    assert ticket is not None
    assert admission.admits(ticket, 101.0)
    assert admission.enter("ABCD2345", 102.0) is None, "used"
    assert not admission.admits("", 102.0)
    assert not admission.admits(ticket[:-1], 102.0)


def test_without_a_code_nobody_is_admitted() -> None:
    admission = made()
    for ticket in ("", "ABCD2345", "x" * 43):
        assert not admission.admits(ticket, 101.0)


def test_too_many_wrong_codes_close_it_for_good() -> None:
    admission = made()
    for _ in range(WRONG):
        assert admission.over(101.0) == ""
        assert admission.enter("ABCD2346", 101.0) is None
    assert admission.over(101.0) == "5 wrong codes were tried"
    assert admission.enter("ABCD2345", 101.0) is None


def test_it_is_over_after_its_time_whoever_looks() -> None:
    admission = made(60.0)
    ticket = admission.enter("ABCD2345", 101.0)
    assert ticket is not None
    now_s = 101.0
    while now_s < 160.0:
        assert admission.admits(ticket, now_s)
        now_s += 1.0
    assert not admission.admits(ticket, 160.0)
    assert admission.over(160.0) == "its time is over"


def test_it_is_over_when_the_browser_has_gone_or_none_has_come() -> None:
    admission = made()
    assert admission.over(100.0 + ENTER_S - 0.1) == ""
    assert admission.over(100.0 + ENTER_S) == "nobody came within 120 s"
    ticket = admission.enter("ABCD2345", 101.0)
    assert ticket is not None
    assert admission.admits(ticket, 110.0)
    assert admission.over(110.0 + AWAY_S - 0.1) == ""
    assert admission.over(110.0 + AWAY_S) == "the browser has gone"
    assert not admission.admits(ticket, 110.0 + AWAY_S)


@given(st.text(max_size=60))
def test_no_text_but_the_code_opens_it(text: str) -> None:
    admission = made()
    assert (admission.enter(text, 101.0) is not None) == (text.strip().upper() == "ABCD2345")
    assert not admission.admits(text, 101.0)


@pytest.mark.parametrize("mistaken", "01OI")
def test_codes_are_read_aloud_without_mistakes_and_differ(mistaken: str) -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 8 and mistaken not in code for code in codes)
