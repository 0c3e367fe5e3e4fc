"""The ceremony of the demo's manager, as `lamplighter lists keys init` and `authority init` hold it with people.

Rules: both keys are made anew, each under a password of its own, in files that only this user can read; the manager's processes
learn where these files are, and nothing else that another manager on this machine may have been given.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import MutableMapping
from pathlib import Path

from fleet.lists.authority import PASSWORD, SIGNER, make_authority
from fleet.lists.master import MASTER, make_master
from fleet.lists.master import PASSWORD as KEYS_PASSWORD

_WORDS = 24
"""Bytes of a password."""
_NAMES = (MASTER, SIGNER, KEYS_PASSWORD, PASSWORD, f"{KEYS_PASSWORD}_FILE", f"{PASSWORD}_FILE")


class Ceremony:
    """Holds it, before the manager starts.

    Args:
        keys: the manager's folder of keys.
        folder: for the passwords; made.
        environment: that the manager's processes will have; :meth:`forget` puts it back.

    Raises:
        HitListError: there are keys already, or they cannot be written.
    """

    def __init__(self, keys: Path, folder: Path, environment: MutableMapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._before = {name: environment.get(name) for name in _NAMES}
        folder.mkdir(mode=0o700)
        given = {KEYS_PASSWORD: secrets.token_urlsafe(_WORDS), PASSWORD: secrets.token_urlsafe(_WORDS)}
        make_master(keys, given[KEYS_PASSWORD])
        make_authority(keys, given[PASSWORD])
        for name in _NAMES:
            environment.pop(name, None)
        for name, password in given.items():
            path = folder / name.lower().replace("_", "-")
            path.touch(0o600)
            path.write_text(password, "utf-8")
            environment[f"{name}_FILE"] = str(path)

    def forget(self) -> None:
        """The environment is again what it was."""
        for name, value in self._before.items():
            if value is None:
                self._environment.pop(name, None)
            else:
                self._environment[name] = value
