"""What a report is worth (row 12): only a box's own word on its own order counts, and it counts once."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fleet.rollouts.states import AFTER_STEP, RANK, BoxState
from fleet.rollouts.verification import Flag, Given, classify, genuine
from protocol.events import OtaReport, Reason, UpdateStep
from protocol.orders import report_bytes
from tests.fleet.rollouts.fleet import BUNDLE

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
NONCE = "5f" * 16
S = UpdateStep


def report(step: UpdateStep = S.ACCEPTED, **more: Any) -> OtaReport:
    values: dict[str, Any] = {"running": 4 if step is S.SUCCEEDED else 3, "counter": 7, "nonce": NONCE}
    return OtaReport(BUNDLE, 4, step=step, **{**values, **more})


def signed(said: OtaReport, fleet: str = "north", device: str = "box-1", key: Ed25519PrivateKey = KEY) -> OtaReport:
    signature = base64.urlsafe_b64encode(key.sign(report_bytes(fleet, device, said))).rstrip(b"=").decode()
    return msgspec.structs.replace(said, signature=signature)


def order(state: BoxState = BoxState.ORDERED, **more: Any) -> Given:
    return Given(BUNDLE, 4, NONCE, 5, 9, state, **more)


def test_a_report_of_the_box_itself_is_genuine() -> None:
    said = signed(report(S.ROLLED_BACK, reason=Reason("too-slow", "model", "3 times the time"), latency_ratio=3.1))
    assert genuine("north", "box-1", said, PUBLIC)


@pytest.mark.parametrize(
    "forged",
    [
        report(),
        signed(report(), key=Ed25519PrivateKey.generate()),
        signed(report(), device="box-2"),
        signed(report(), fleet="south"),
        msgspec.structs.replace(signed(report()), step=S.SUCCEEDED),
        msgspec.structs.replace(signed(report()), nonce="00" * 16),
        msgspec.structs.replace(signed(report()), counter=8),
        msgspec.structs.replace(signed(report()), running=4),
        msgspec.structs.replace(signed(report()), fetched_bytes=1),
        msgspec.structs.replace(signed(report()), signature="A" * 86),
    ],
)
def test_a_report_that_another_signed_or_changed_is_not(forged: OtaReport) -> None:
    assert not genuine("north", "box-1", forged, PUBLIC)


def test_of_a_box_without_a_key_nothing_is_genuine() -> None:
    assert not genuine("north", "box-1", signed(report()), None)
    assert not genuine("north", "box-1", signed(report()), b"short")


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", min_size=86, max_size=86))
def test_no_text_is_a_signature_by_chance(text: str) -> None:
    assert not genuine("north", "box-1", msgspec.structs.replace(report(), signature=text), PUBLIC)


@pytest.mark.parametrize(
    ("said", "given", "flag"),
    [
        (report(), order(), Flag.COUNTED),
        (report(S.SUCCEEDED), order(), Flag.COUNTED),
        (report(S.REFUSED), order(), Flag.COUNTED),
        (report(S.ACCEPTED), order(BoxState.ACCEPTED), Flag.DOUBLED),
        (report(S.SUCCEEDED), order(BoxState.SUCCEEDED), Flag.DOUBLED),
        (report(S.REFUSED), order(BoxState.FAILED), Flag.DOUBLED),
        (report(S.ACCEPTED), order(BoxState.FETCHED), Flag.OVERTAKEN),
        (report(S.ON_PROBATION), order(BoxState.FAILED), Flag.OVERTAKEN),
        (report(S.SUCCEEDED), order(BoxState.FAILED), Flag.LATE),
        (report(S.ROLLED_BACK), order(BoxState.SUCCEEDED), Flag.LATE),
        (report(S.ACCEPTED), order(BoxState.ASIDE), Flag.LATE),
        (report(S.ACCEPTED), order(BoxState.ASIDE, revivable=True), Flag.COUNTED),
        (report(), None, Flag.FOREIGN),
        (report(nonce="00" * 16), order(), Flag.FOREIGN),
        (report(counter=4), order(), Flag.FOREIGN),
        (report(counter=5), order(), Flag.COUNTED),
        (report(counter=9), order(), Flag.COUNTED),
        (report(counter=10), order(), Flag.FOREIGN),
        (report(S.SUCCEEDED, running=3), order(), Flag.FOREIGN),
        (msgspec.structs.replace(report(), release=5), order(), Flag.FOREIGN),
        (msgspec.structs.replace(report(), bundle="another"), order(), Flag.FOREIGN),
        (report(counter=0), None, Flag.STICK),
        (report(counter=0), order(), Flag.STICK),
    ],
)
def test_what_it_is_worth(said: OtaReport, given: Given | None, flag: Flag) -> None:
    assert classify(said, given) is flag


@given(st.lists(st.sampled_from(UpdateStep), max_size=30))
def test_in_whatever_order_they_come_a_box_goes_forward_and_ends_once(steps: list[UpdateStep]) -> None:
    state, ends = BoxState.ORDERED, 0
    for step in steps:
        if classify(report(step), order(state)) is Flag.COUNTED:
            assert RANK[AFTER_STEP[step]] > RANK[state]
            state = AFTER_STEP[step]
            ends += state in {BoxState.SUCCEEDED, BoxState.FAILED}
    assert ends <= 1
