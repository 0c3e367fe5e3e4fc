"""Trying models without running any: each release behaves as it is told, and what stands in for a runtime reads its bundle.

Rules: a model is loaded as the agent does it, through the bundle's reader, which hashes what it reads; so nothing half-made is
ever taken for a model. Time is the handed-in clock's.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.bundle.bundle import BundleError, load_bundle
from ota.device.errors import TrialError
from ota.device.trial import Golden, Health, Shadow


class Behaviour(enum.Enum):
    """What a release does."""

    GOOD = "good"
    WRONG = "wrong"
    """Its golden vectors give other answers."""
    DISAGREES = "disagrees"
    """Seen in the shadow run only."""
    HOT = "hot"
    """Seen on probation only."""
    HANGS = "hangs"
    """Once it runs, it does not answer."""
    CRASHES = "crashes"
    """Once it runs, it takes the process with it."""


class Died(BaseException):
    """The process is gone."""


@dataclass
class SimulatedTrial:
    """Behind the port :class:`ota.device.trial.Trial`.

    Attributes:
        behaviours: by version of the manifest; others are good.
        installed: folders of the bundles that came with the installation.
        monotonic: seconds.
        running: version that runs, by bundle.
        broken: what could not be loaded, and why.
        calls: what was asked, in order, with the version.
    """

    behaviours: Mapping[str, Behaviour]
    installed: Mapping[str, Path]
    monotonic: Callable[[], float]
    running: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    _since: dict[str, float] = field(default_factory=dict)
    _shadows: dict[str, tuple[str, float]] = field(default_factory=dict)

    def load(self, folder: Path, file: str) -> str:
        """Read a bundle as an agent does; returns its version.

        Raises:
            TrialError: it is not whole.
        """
        try:
            bundle = load_bundle(folder)
            for variant in bundle.manifest.variants:
                if not file or variant.file == file:
                    bundle.read(variant)
            bundle.read(bundle.manifest.golden)
        except BundleError as error:
            self.broken.append(str(error))
            raise TrialError(str(error)) from error
        return bundle.manifest.version

    def golden(self, folder: Path, file: str) -> Golden:
        """Read it, and answer as it is told."""
        version = self._asked("golden", folder, file)
        passed = self._behaviour(version) is not Behaviour.WRONG
        return Golden(passed, "" if passed else "deviation 0.4000, at most 0.1600", latency_ms=21.0)

    def shadow(self, bundle: str, folder: Path, file: str) -> Shadow:
        """Agree, or not."""
        if bundle not in self._shadows:
            self._shadows[bundle] = self._asked("shadow", folder, file), self.monotonic()
        version, since = self._shadows[bundle]
        agreement = 0.3 if self._behaviour(version) is Behaviour.DISAGREES else 0.97
        looks = int((self.monotonic() - since) * 5)
        return Shadow(looks, agreement, 0, 22.0, 20.0, 120.0, 60.0)

    def end_shadow(self, bundle: str) -> None:
        """Stop it."""
        self._shadows.pop(bundle, None)

    def switch(self, bundle: str, folder: Path | None, file: str) -> None:
        """Run it, if it can be loaded."""
        version = self._asked("switch", folder or self.installed[bundle], file)
        self.running[bundle] = version
        self._since[bundle] = self.monotonic()

    def health(self, bundle: str) -> Health:
        """Answer as it is told."""
        behaviour = self._behaviour(self.running[bundle])
        asked = int((self.monotonic() - self._since.setdefault(bundle, self.monotonic())) * 5)
        if behaviour is Behaviour.CRASHES:
            raise Died
        answered = 0 if behaviour is Behaviour.HANGS else asked
        return Health(asked, answered, 0, 22.0, 300.0, 95.0 if behaviour is Behaviour.HOT else 61.0, 0.05)

    def _asked(self, what: str, folder: Path, file: str) -> str:
        version = self.load(folder, file)
        self.calls.append((what, version))
        return version

    def _behaviour(self, version: str) -> Behaviour:
        return self.behaviours.get(version, Behaviour.GOOD)
