"""The agent's way to its manager: who the box is, first contact, how to connect.

Rules: enrolment goes on in the background and never holds up counting; a refusal by the manager is final for this code and is
reported, anything else is tried again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from edge.boxfile import BoxFile
from edge.identity.enrol import EnrolmentRefusedError, enrol
from edge.identity.files import Identity, IdentityError, IdentityFiles
from edge.uplink.backoff import Backoff
from edge.uplink.config import TlsFiles, UplinkConfig
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS

SUBJECT = "identity"
"""Of every reason that speaks of who the box is."""


class Contact:
    """Finds the box's identity and makes the uplink from it.

    Args:
        file: who the box is and where its manager is.
        folder: of the identity.
        report: takes what is wrong, or ``None`` when nothing is any more; called from any thread.
        found: takes the identity once enrolment has given it; called from the enrolment's thread.
    """

    def __init__(
        self,
        file: BoxFile,
        folder: Path,
        report: Callable[[Reason | None], None],
        found: Callable[[Identity], None],
    ) -> None:
        self._file, self._folder, self._report, self._found = file, folder, report, found
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._damaged = False

    @property
    def enrolling(self) -> bool:
        """Whether a code is being traded."""
        return self._thread is not None and self._thread.is_alive()

    def config(self) -> UplinkConfig | None:
        """How to connect, if that is known already; otherwise enrolment begins and ``found`` is called later."""
        broker, box = self._file.broker, self._file.box
        try:
            if broker is not None and not broker.tls:
                password = _read_password(broker.password_file)
                return UplinkConfig(box.fleet, box.device, broker.host, broker.port, None, broker.username, password)
            files = IdentityFiles(self._folder)
            known = self._load(files)
            if known is not None:
                return self._with(known)
        except (IdentityError, OSError) as error:
            self._report(_fault("identity", error))
            return None
        if self._file.manager.url and self._file.manager.code:
            self._thread = threading.Thread(target=self._enrol, args=(files,), name="enrolment", daemon=True)
            self._thread.start()
        elif not self._damaged:
            self._report(Reason("not-enrolled", SUBJECT, "give manager.url and a one-time manager.code"))
        return None

    def _load(self, files: IdentityFiles) -> Identity | None:
        """The identity, if it is whole; one that is damaged is named, and a code makes up for it."""
        try:
            return files.load()
        except IdentityError as error:
            self._damaged = True
            self._report(_fault("identity", error))
            return None

    def config_of(self, identity: Identity) -> UplinkConfig | None:
        """How to connect with an identity; ``None`` when something is missing, which is reported."""
        try:
            return self._with(identity)
        except IdentityError as error:
            self._report(_fault("identity", error))
            return None

    def _with(self, identity: Identity) -> UplinkConfig:
        broker, box = self._file.broker, self._file.box
        return UplinkConfig(
            box.fleet,
            box.device,
            broker.host if broker else identity.broker_host,
            broker.port if broker else identity.broker_port,
            TlsFiles(identity.ca, identity.certificate, identity.key),
            broker.username if broker else "",
            _read_password(broker.password_file) if broker else "",
        )

    def stop(self) -> None:
        """Give up enrolling."""
        self._stop.set()

    def _enrol(self, files: IdentityFiles) -> None:
        manager, box = self._file.manager, self._file.box
        backoff = Backoff(lambda: 0.5)
        ca = Path(manager.ca) if manager.ca else None
        while not self._stop.is_set():
            try:
                identity = enrol(files, box.fleet, box.device, manager.url, manager.code, ca)
            except EnrolmentRefusedError as error:
                self._report(_fault("enrolment", error))
                return
            except (IdentityError, OSError) as error:
                self._report(_fault("enrolment", error))
                self._stop.wait(backoff.failed())
            else:
                self._report(None)
                self._found(identity)
                return


def _fault(code: str, error: Exception) -> Reason:
    return Reason(code, SUBJECT, str(error)[:TEXT_CHARACTERS])


def _read_password(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8").strip()
    except OSError as error:
        msg = f"broker.password_file {path}: cannot be read: {error.strerror}"
        raise IdentityError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"broker.password_file {path}: is not text; write the password on one line"
        raise IdentityError(msg) from error
