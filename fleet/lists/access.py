"""The key store of a process: opened when it is first needed, and tried again until it can be.

Rule: whoever starts the manager may make the master key and the list authority while it runs; nothing has to be started anew
but for what only the environment can say.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from fleet.lists.contents import Contents
from fleet.lists.errors import NotLoadedError
from fleet.lists.keyfiles import KeyFiles
from fleet.lists.keystore import KeyStore, live_keys
from fleet.lists.master import load_master


@dataclass(frozen=True)
class Opened:
    """What the master key opens."""

    keys: KeyStore
    contents: Contents


class Access:
    """Opens the key store.

    Args:
        engine: the store.
        keys: folder of the fleet's keys, in which the master key lies.
        keystore: folder of the key store.
        now: clock, ms.
        environment: variables.
    """

    def __init__(
        self, engine: Engine, keys: Path, keystore: Path, now: Callable[[], int], environment: Mapping[str, str] = os.environ
    ) -> None:
        self._engine, self._folder, self._keystore, self._now, self._environment = engine, keys, keystore, now, environment
        self._opened: Opened | None = None
        self._lock = threading.Lock()

    def open(self) -> Opened:
        """The key store.

        Raises:
            NotLoadedError: the master key is not loaded; the message says what to do.
        """
        with self._lock:
            if self._opened is None:
                with self._engine.connect() as connection:
                    expected = len(live_keys(connection, "list")) + len(live_keys(connection, "pseudonym"))
                files = KeyFiles(self._keystore, load_master(self._folder, self._environment), expected)
                keys = KeyStore(self._engine, files, self._now)
                self._opened = Opened(keys, Contents(self._engine, keys))
            return self._opened


class NoAccess(Access):
    """Of a process that has no key store."""

    def __init__(self) -> None:
        """It needs nothing."""

    def open(self) -> Opened:
        """Refuse.

        Raises:
            NotLoadedError: always.
        """
        msg = "this process has no key store; ask the manager, with `lamplighter lists`"
        raise NotLoadedError(msg)
