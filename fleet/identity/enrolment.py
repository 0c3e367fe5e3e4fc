"""Enrolment: one-time codes, and trading one for a certificate.

Rules: a code is 60 random bits, stored as a digest, names one device, works once, for a limited time, and until the
next is made, so that a lost slip of paper enrols nobody; a device that is registered is not registered again without a new
code; wrong codes from one address are counted and answered slowly.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections import deque
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from sqlalchemy import Engine, delete, insert, select, update

from fleet.audit.log import record
from fleet.broker.mosquitto import MANAGER
from fleet.identity.authority import Authority, AuthorityError
from fleet.store.database import writing
from fleet.store.tables import code, device, device_release
from protocol.enrolment import EnrolRequest, EnrolResponse, new_code
from protocol.identifiers import check_name

CODE_S = 7 * 24 * 3600
_TRIES = 10
_TRIES_WINDOW_S = 60.0
_ADDRESSES = 10_000
"""Bound on what strangers can make us remember."""


class EnrolmentError(Exception):
    """A refusal with a machine-readable code and words for a technician."""

    def __init__(self, error: str, message: str, status: int) -> None:
        super().__init__(message)
        self.error, self.message, self.status = error, message, status


REFUSALS: dict[str, tuple[str, int]] = {
    "reserved": (f"names that begin with {MANAGER!r} are the manager's own", 400),
    "request": ("the certificate signing request is not valid", 400),
    "code-unknown": ("this code is not known for this device; read it again, or make a new one", 403),
    "code-used": ("this code was used already; make a new one at the manager", 409),
    "code-expired": (
        "this code is too old, or a newer one was made for this device; use that, or make a new one at the manager",
        410,
    ),
    "too-many": ("too many wrong codes from this address; wait a minute", 429),
}
"""Each refusal: words for the technician, and the status of the answer."""


def refused(error: str, message: str = "") -> EnrolmentError:
    """Make a refusal of the table."""
    words, status = REFUSALS[error]
    return EnrolmentError(error, message or words, status)


@dataclass(frozen=True)
class BrokerAddress:
    """Where enrolled boxes connect."""

    host: str
    port: int


class Enrolment:
    """Registers boxes."""

    def __init__(self, engine: Engine, authority: Authority, fleet: str, broker: BrokerAddress) -> None:
        self._engine, self._authority, self._fleet, self._broker = engine, authority, fleet, broker
        self._wrong: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def make_code(self, name: str, by: str, label: str = "", valid_s: int = CODE_S) -> str:
        """Make a one-time code for a device and return it; only its digest is kept.

        Raises:
            EnrolmentError: the name is reserved.
            InvalidNameError: the name is not one.
        """
        check_name(name, "device")
        if name.startswith(MANAGER):
            raise refused("reserved")
        fresh = new_code()
        now = time.time_ns() // 1_000_000
        values = {"digest": _digest(fresh), "device": name, "made_at": now, "made_by": by, "expires_at": now + valid_s * 1000}
        with writing(self._engine) as connection:
            unused = update(code).where(code.c.device == name, code.c.used_at.is_(None), code.c.expires_at >= now)
            connection.execute(unused.values(expires_at=now - 1))
            connection.execute(insert(code).values(**values))
            if connection.execute(select(device.c.name).where(device.c.name == name)).first() is None:
                connection.execute(insert(device).values(name=name, label=label[:80], changed=1))
            record(connection, by, "enrolment.code", name, "")
        return fresh

    def enrol(self, request: EnrolRequest, address: str) -> EnrolResponse:
        """Trade a code for a certificate.

        Args:
            request: as the box sent it.
            address: where it came from.

        Raises:
            EnrolmentError: with words for the technician.
        """
        self._check_rate(address)
        now = time.time_ns() // 1_000_000
        with writing(self._engine) as connection:
            # Held until the end: of two boxes that bring one code at once, one waits and finds it used.
            found = connection.execute(select(code).where(code.c.digest == _digest(request.code)).with_for_update()).first()
            if found is None or found.device != request.device:
                self._note_wrong(address)
                raise refused("code-unknown")
            if found.used_at is not None:
                raise refused("code-used")
            if found.expires_at < now:
                raise refused("code-expired")
            try:
                moment = dt.datetime.now(dt.timezone.utc)
                certificate, public_key = self._authority.sign_device(request.csr_pem, request.device, moment)
            except AuthorityError as error:
                raise refused("request", str(error)) from error
            connection.execute(update(code).where(code.c.digest == found.digest).values(used_at=now))
            before = select(device.c.public_key).where(device.c.name == request.device)
            if connection.execute(before).scalar() != public_key:
                # Another box under this name: what its predecessor ran is not known of it.
                connection.execute(delete(device_release).where(device_release.c.device == request.device))
            until = int(certificate.not_valid_after_utc.timestamp() * 1000)
            values = {"registered_at": now, "public_key": public_key, "certificate_until": until, "withdrawn_at": None}
            connection.execute(
                update(device).where(device.c.name == request.device).values(**values, changed=device.c.changed + 1)
            )
            record(connection, f"device:{request.device}", "enrolment", request.device, public_key.hex())
        return EnrolResponse(
            self._fleet,
            certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
            self._authority.pem,
            self._broker.host,
            self._broker.port,
        )

    def _note_wrong(self, address: str) -> None:
        with self._lock:
            if address not in self._wrong and len(self._wrong) >= _ADDRESSES:
                del self._wrong[next(iter(self._wrong))]
            self._wrong.setdefault(address, deque(maxlen=_TRIES)).append(time.monotonic())

    def _check_rate(self, address: str) -> None:
        with self._lock:
            wrong = self._wrong.get(address)
            while wrong and time.monotonic() - wrong[0] > _TRIES_WINDOW_S:
                wrong.popleft()
        if wrong and len(wrong) >= _TRIES:
            raise refused("too-many")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
