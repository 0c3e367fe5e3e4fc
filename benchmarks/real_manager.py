"""A real manager for a bench: its processes, its broker, its store, in a folder of its own on free ports of loopback.

Rules: boxes come in as a technician brings them in, with a one-time code over HTTP; whoever asks the manager something does so
with a session.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from edge.identity.enrol import enrol
from edge.identity.files import IdentityFiles
from fleet.accounts.accounts import Role
from fleet.manager import BrokerKind, Manager, make_config
from simulator.enrolment import make_codes, sign_in
from simulator.lists.ceremony import Ceremony
from simulator.loopback import HOST, free_port, wait_ready

FLEET = "bench"
_LOOK_S = 0.1


class RealManager:
    """Starts a manager and keeps it running. Use :func:`real_manager`.

    Args:
        folder: for everything it keeps.
        broker: which broker.
        profile: as of :class:`fleet.processes.ManagerConfig`.
        lists: whether it has keys for hit lists and pseudonyms.

    Raises:
        ManagerError: the folder cannot be used.
        HitListError: the keys cannot be made.
        BrokerError: the broker does not start.
        NotReadyError: the page does not come up.
    """

    def __init__(self, folder: Path, broker: BrokerKind, profile: str, *, lists: bool = False) -> None:
        self.config = make_config(
            folder / "fleet", fleet=FLEET, host=HOST, port=free_port(), mqtt_port=free_port(), profile=profile
        )
        self._ceremony = Ceremony(self.config.keys, folder / "passwords") if lists else None
        try:
            self.manager = Manager(self.config, broker)
        except BaseException:
            self._forget()
            raise
        self._boxes = folder / "boxes"
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="manager", daemon=True)
        self._watcher.start()
        try:
            wait_ready(self.config.url)
            admin = next(account for account in self.manager.first_accounts if account.role is Role.ADMIN)
            self.token = sign_in(self.config.url, admin.name, admin.password)
        except BaseException:
            self.close()
            raise

    @property
    def headers(self) -> dict[str, str]:
        """What a request carries."""
        return {"Authorization": f"Bearer {self.token}"}

    def enrol(self, names: list[str]) -> dict[str, Path]:
        """Enrol boxes. Returns the folder of each, with its identity in it."""
        codes = make_codes(self.config.url, self.token, dict.fromkeys(names, ""))
        for name, code in codes.items():
            enrol(IdentityFiles(self._boxes / name), FLEET, name, self.config.url, code, None)
        return {name: self._boxes / name for name in names}

    def leave_to_caller(self) -> None:
        """End watching and all processes but the broker, which the caller breaks from now on."""
        self._stop_watching()
        self.manager.processes.stop()

    def close(self) -> None:
        """End everything."""
        self._stop_watching()
        self.manager.stop()
        self._forget()

    def _forget(self) -> None:
        if self._ceremony is not None:
            self._ceremony.forget()

    def _stop_watching(self) -> None:
        self._ending.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ending.wait(_LOOK_S):
            self.manager.watch()


@contextlib.contextmanager
def real_manager(folder: Path, broker: BrokerKind, profile: str = "demo", *, lists: bool = False) -> Iterator[RealManager]:
    """A manager that ends with the block."""
    manager = RealManager(folder, broker, profile, lists=lists)
    try:
        yield manager
    finally:
        manager.close()
