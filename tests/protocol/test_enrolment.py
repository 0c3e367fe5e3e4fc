"""One-time codes: read over a telephone, typed on a ladder, guessed by nobody."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.enrolment import CODE_PATTERN, EnrolRequest, EnrolResponse, new_code, normalise_code
from protocol.errors import InvalidNameError
from protocol.examples import ENROL_REQUEST, ENROL_RESPONSE

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
codes = st.text(ALPHABET, min_size=12, max_size=12).map(lambda raw: f"{raw[:4]}-{raw[4:8]}-{raw[8:]}")


def test_codes_have_60_random_bits_that_nobody_confuses() -> None:
    drawn = {new_code() for _ in range(3000)}
    assert len(drawn) == 3000
    assert all(re.fullmatch(CODE_PATTERN, code) for code in drawn)
    assert {letter for code in drawn for letter in code} == {*ALPHABET, "-"}
    assert len(ALPHABET) == 32
    assert not set("ILOU") & set(ALPHABET)


@given(codes, st.data())
def test_a_code_is_read_as_a_person_types_it(code: str, data: st.DataObject) -> None:
    typed = []
    for letter in code.replace("-", ""):
        alike = {"0": "0oO", "1": "1iIlL", "V": "vVuU"}.get(letter, letter + letter.lower())
        typed.append(data.draw(st.sampled_from(alike)))
        typed.append(data.draw(st.sampled_from(["", "", "-", " ", "\t", "\n", "\u00a0", "--"])))
    assert normalise_code("".join(typed)) == code
    assert normalise_code(code) == code


@pytest.mark.parametrize(
    "text",
    ["", "-", "4K7M-2XQ9-TB3", "4K7M-2XQ9-TB3CC", "4K7M-2XQ9-TB3*", "4K7M-2XQ9-TB3\u00df", "4K7M-2XQ9-TB3\u0661", "\ufb01" * 12,
     "4K7M/2XQ9/TB3C", "x" * 100_000, "\0" * 12],
    ids=lambda text: ascii(text[:20]),
)  # fmt: skip
def test_what_is_no_code_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(
        InvalidNameError, match=r"not of the form XXXX-XXXX-XXXX; read it again from the manager's page"
    ) as caught:
        normalise_code(text)
    assert len(str(caught.value)) < 240


@given(st.text(st.characters(), max_size=40))
def test_whatever_is_typed_gives_a_code_or_a_refusal(text: str) -> None:
    try:
        code = normalise_code(text)
    except InvalidNameError:
        return
    assert re.fullmatch(CODE_PATTERN, code)


REFUSED = (
    (EnrolRequest, "device", ("", "Box", "a" * 33, "box\n", None, 1)),
    (EnrolRequest, "code", ("", "4k7m-2xq9-tb3c", "4K7M2XQ9TB3C", "4K7M-2XQ9-TB3I", "4K7M-2XQ9-TB3C\n", None)),
    (EnrolRequest, "csr_pem", ("x" * 4097, None, 1)),
    (EnrolResponse, "fleet", ("", "Fleet", None)),
    (EnrolResponse, "certificate_pem", ("x" * 8193, None)),
    (EnrolResponse, "ca_pem", ("x" * 8193, None)),
    (EnrolResponse, "broker_host", ("x" * 254, None)),
    (EnrolResponse, "broker_port", (0, 65536, "8883", 8883.0, None)),
)


@pytest.mark.parametrize(("kind", "field", "value"), [(k, f, v) for k, f, values in REFUSED for v in values])
def test_a_field_that_is_not_right_is_refused(kind: type[msgspec.Struct], field: str, value: object) -> None:
    good = msgspec.to_builtins(ENROL_REQUEST if kind is EnrolRequest else ENROL_RESPONSE)
    assert msgspec.json.decode(msgspec.json.encode(good), type=kind)
    for wrong in ({**good, field: value}, {k: v for k, v in good.items() if k != field}, {**good, "more": value}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode(wrong), type=kind)
