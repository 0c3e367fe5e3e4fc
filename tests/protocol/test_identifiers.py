"""Names, boots and UUIDv7."""

from __future__ import annotations

import re
import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import InvalidNameError, ProtocolError
from protocol.identifiers import BOOT_PATTERN, Boot, EventId, Name, check_name, new_boot, uuid7

NAMES = ("a", "box", "box-1", "b0x", "a-", "square-north-2", "a" * 32)

NOT_NAMES = (
    "",
    "a" * 33,
    "A",
    "Box",
    "1box",
    "-box",
    "box_1",
    "box.1",
    "box 1",
    " box",
    "box ",
    "box\n",
    "\nbox",
    "box\r",
    "box\x00",
    "box/1",
    "box+",
    "+",
    "#",
    "$sys",
    "..",
    "bøx",
    "bоx",  # noqa: RUF001 - a Cyrillic o: looks alike and is another name
    "box\u0301",
    "box\u200b",
    "\u202ebox",
    "\ud800",
    "\u0661",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_taken_as_it_is(name: str) -> None:
    assert check_name(name, "device") == name
    assert msgspec.convert(name, Name) == name


@pytest.mark.parametrize("name", NOT_NAMES)
def test_what_is_not_a_name_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(InvalidNameError, match=r"device name .* is not valid: use 1-32 of a-z, 0-9 and '-'"):
        check_name(name, "device")


@pytest.mark.parametrize("name", NOT_NAMES)
def test_the_type_on_the_wire_refuses_the_same(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, Name)


@given(st.text(max_size=40))
def test_function_and_type_agree_on_every_text(text: str) -> None:
    try:
        taken = check_name(text, "fleet") == text
    except ProtocolError:
        taken = False
    try:
        converted = msgspec.convert(text, Name) == text
    except msgspec.ValidationError:
        converted = False
    assert taken == converted
    assert taken == (re.fullmatch("[a-z][a-z0-9-]{0,31}", text) is not None)


def test_a_long_name_is_not_repeated_whole_in_the_message() -> None:
    with pytest.raises(InvalidNameError) as caught:
        check_name("x" * 10_000, "device")
    assert len(str(caught.value)) < 200


def test_boots_are_12_characters_and_do_not_repeat() -> None:
    boots = {new_boot() for _ in range(2000)}
    assert len(boots) == 2000
    assert all(re.fullmatch(BOOT_PATTERN, boot) for boot in boots)


@pytest.mark.parametrize("boot", ["", "abc", "abcdefghijk1", "ABCDEFGHIJKL", "abcdefghijklm", "abcdefghijkl\n"])
def test_what_is_not_a_boot_is_refused(boot: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(boot, Boot)


@given(st.integers(min_value=0, max_value=2**48 - 1), st.binary(min_size=10, max_size=10))
def test_uuid7_has_the_layout_of_rfc_9562(unix_ms: int, rand: bytes) -> None:
    text = uuid7(unix_ms, rand)
    value = uuid.UUID(text).int
    bits = int.from_bytes(rand, "big")
    assert value >> 80 == unix_ms  # unix_ts_ms: bits 0-47
    assert value >> 76 & 0xF == 7  # ver: bits 48-51
    assert value >> 64 & 0xFFF == bits >> 64 & 0xFFF  # rand_a: bits 52-63
    assert value >> 62 & 0x3 == 0b10  # var: bits 64-65
    assert value & (1 << 62) - 1 == bits & (1 << 62) - 1  # rand_b: bits 66-127
    assert msgspec.convert(text, EventId) == text


def test_uuid7_of_the_example_in_rfc_9562() -> None:
    # appendix A.6: 2022-02-22T19:22:22Z, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
    rand = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert uuid7(0x017F22E279B0, rand) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(st.integers(min_value=0, max_value=2**48 - 2), st.integers(min_value=1, max_value=2**48 - 1))
def test_uuid7_sorts_by_time(first: int, later: int) -> None:
    last = min(first + later, 2**48 - 1)
    assert uuid7(first) < uuid7(last)


@pytest.mark.parametrize("unix_ms", [-1, -(2**70), 2**48, 2**90])
def test_a_clock_that_is_far_off_still_gives_an_id(unix_ms: int) -> None:
    assert uuid.UUID(uuid7(unix_ms)).version == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n",
    ],
)
def test_what_is_not_an_event_id_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, EventId)
