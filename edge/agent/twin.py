"""The twin on the box: which configuration runs, and what was refused.

Rules:

- A desired twin is applied whole or not at all. One that cannot be used is reported with the path of each fault, and the last
  good configuration goes on.
- What runs is on disk (written beside, fsynced, renamed) before it is reported, so that a box without a link starts with it.
- An older or equal version is not applied again. One that was refused is looked at again each time that it comes: what was in
  its way, a full disk for example, may be gone.
- A stored configuration that this version of the agent no longer accepts is set aside and reported, and its own file runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from edge.explain import twin_refusal
from protocol.check import check_config
from protocol.config import Config, Refusal
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS
from protocol.twin import Desired, ListOrder, Reported, report

Check = Callable[[Config], tuple[Refusal, ...]]
"""What else may speak against a configuration: a model that is not there, a file that cannot be opened."""

DESIRED = "desired.json"
"""In the state folder: the last good desired twin."""
_MAX_BYTES = 1 << 20


class Twin:
    """The configuration that runs and the one that is wanted.

    Args:
        path: file that keeps the last good desired twin.
        own: configuration of the box's own file, which runs until the manager wants another.
        refusals: faults of the box's own file.
        check: further checks.
    """

    def __init__(self, path: Path, own: Config, refusals: tuple[Refusal, ...], check: Check) -> None:
        self._path = path
        self._check = check
        self._refused_version: int | None = None
        self._refusals = refusals[:32]
        self._running = Desired(1, own)
        self._version = 0
        stored = self._load()
        if stored is not None:
            self._running, self._version = stored, stored.version

    @property
    def config(self) -> Config:
        """What runs."""
        return self._running.config

    @property
    def lists(self) -> tuple[ListOrder, ...]:
        """Hit lists that go with it."""
        return self._running.lists

    @property
    def reported(self) -> Reported:
        """What to tell the manager."""
        return report(self._version, self.config, self._refused_version, self._refusals)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What stands against it: the first refusal."""
        return tuple(
            Reason("configuration", "configuration", f"{r.path}: {r.message}"[:TEXT_CHARACTERS])
            for r in self.reported.refusals[:1]
        )

    def want(self, desired: Desired) -> bool:
        """Take a desired twin. Returns whether the configuration that runs has changed.

        Raises:
            OSError: when it cannot be stored; nothing has changed then.
        """
        if desired.version <= self._version:
            return False
        faults = check_config(desired.config) or self._check(desired.config)
        if faults:
            self._refused_version, self._refusals = desired.version, faults[:32]
            return False
        self._store(desired)
        changed = desired.config != self.config
        self._running, self._version = desired, desired.version
        self._refused_version, self._refusals = None, ()
        return changed

    def refuse(self, version: int, refusal: Refusal) -> None:
        """Note a desired twin that could not be decoded, or not be stored."""
        if version > self._version:
            self._refused_version, self._refusals = version, (refusal,)

    def _load(self) -> Desired | None:
        try:
            with self._path.open("rb") as file:
                data = file.read(_MAX_BYTES)
            desired = msgspec.json.decode(data, type=Desired)
            faults = check_config(desired.config)
        except FileNotFoundError:
            return None
        except msgspec.ValidationError as error:
            faults = (twin_refusal(error, data),)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            faults = (Refusal("", f"the stored configuration cannot be used: {error}"[:400]),)
        else:
            if not faults:
                return desired
        self._refusals = (*faults, *self._refusals)[:32]
        aside = self._path.with_suffix(".refused")
        if self._path.exists():
            self._path.replace(aside)
        return None

    def _store(self, desired: Desired) -> None:
        beside = self._path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(desired))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
