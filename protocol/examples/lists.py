"""A hit list and its keys."""

from __future__ import annotations

import datetime as dt

from protocol.examples.basis import AT, BOOT, DEVICE, FLEET
from protocol.keys import KeyBundle, PlateKey
from protocol.lists import Change, ListHeader, Part, Seal

LIST_HEADER = ListHeader(
    FLEET,
    "stolen",
    version=118,
    purpose="stolen-vehicles",
    basis="Decision 2026/114 of the college",
    made=AT,
    expires=AT + dt.timedelta(days=30),
    key="list-stolen-4",
    least=0.2,
    parts=(Part(".......", 100_212), Part("...?...", 4)),
    body="be" * 32,
)

LIST_SEAL = Seal("q4" * 43, "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n")

LIST_CHANGE = Change(117, ((".......", 14, 92),))

KEY_BUNDLE = KeyBundle(
    FLEET,
    DEVICE,
    BOOT,
    (PlateKey("list-stolen-4", "list", "stolen-vehicles", "c3" * 21 + "A", AT, AT + dt.timedelta(days=90)),),
)
