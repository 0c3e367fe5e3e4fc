"""What all examples have in common: one box, one moment."""

from __future__ import annotations

import datetime as dt

from protocol.events import Clock, ClockSource, ModelRef, Where
from protocol.identifiers import uuid7

FLEET = "harbour"
DEVICE = "square-north-2"
BOOT = "k3v7q2mzt5ha"

AT = dt.datetime(2026, 3, 1, 17, 20, 30, 250000, tzinfo=dt.timezone.utc)
MADE = AT + dt.timedelta(milliseconds=180)
UNIX_MS = 1772385630430
CLOCK = Clock(ClockSource.NTP, synchronised=True, offset_ms=-1.8, sigma_ms=0.6)
WHERE = Where(lat=54.0112, lon=10.7653, heading=215.0, accuracy=4.0)
MODEL = ModelRef(name="person-vehicle-fast", version="1.0.0", digest="5e" * 32, operating_point="default")
INCIDENT = uuid7(UNIX_MS - 42_000, bytes(range(10)))
NONCE = "3c" * 16
