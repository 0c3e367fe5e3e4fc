"""First contact: a box trades a one-time code for a certificate of its own key.

Rules: the private Ed25519 key is made on the box and never leaves it. The code names one device, works once, and dies with
time. The request is a certificate signing request (PKCS #10), which proves possession of the key.
"""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from msgspec import Meta

from protocol.basis import Struct
from protocol.errors import InvalidNameError
from protocol.identifiers import Name

ENROL_PATH = "/api/v1/enrol"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_PATTERN = r"^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}\Z"
_CODE = re.compile(CODE_PATTERN)
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


class EnrolRequest(Struct, frozen=True):
    """What a box sends once, over HTTPS."""

    device: Annotated[Name, Meta(description="Name of the box")]
    code: Annotated[str, Meta(pattern=CODE_PATTERN, description="One-time code, XXXX-XXXX-XXXX")]
    csr_pem: Annotated[str, Meta(max_length=4096, description="PKCS #10 for an Ed25519 key, PEM")]


class EnrolResponse(Struct, frozen=True):
    """What it gets back."""

    fleet: Annotated[Name, Meta(description="Name of the fleet")]
    certificate_pem: Annotated[str, Meta(max_length=8192, description="The box's own certificate, PEM")]
    ca_pem: Annotated[str, Meta(max_length=8192, description="The fleet's CA, which also signs the broker's certificate, PEM")]
    broker_host: Annotated[str, Meta(max_length=253, description="Host name of the broker")]
    broker_port: Annotated[int, Meta(ge=1, le=65535, description="Its TLS port")]


def new_code() -> str:
    """Draw a code of 60 random bits in Crockford's base 32, which a person can read over a telephone."""
    raw = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return "-".join((raw[:4], raw[4:8], raw[8:]))


def normalise_code(text: str) -> str:
    """Read a code as a person types it: lower case, blanks, look-alike letters.

    Raises:
        InvalidNameError: when it is not a code.
    """
    raw = re.sub(r"[\s-]", "", text).upper().translate(_LOOK_ALIKES)
    code = "-".join((raw[:4], raw[4:8], raw[8:]))
    if _CODE.fullmatch(code) is None:
        msg = f"enrolment code {text[:20]!r} is not of the form XXXX-XXXX-XXXX; read it again from the manager's page"
        raise InvalidNameError(msg)
    return code
