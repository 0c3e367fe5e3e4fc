"""Which camera is calibrated, and where its calibration is kept: in the box's file, or in the manager's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.agent.twin import DESIRED
from edge.boxfile import read_box_file
from edge.calibrate.boxtoml import write
from edge.calibrate.errors import CalibrateError
from edge.errors import ConfigurationError
from protocol.config import Calibration, Source
from protocol.twin import Desired

_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Camera:
    """A source of the box, as it runs."""

    source: Source
    config: Path
    """The box's file."""
    status: Path
    """The agent's status socket."""
    managed: int | None
    """Version of the manager's configuration, where that is what runs; the box's own file does not count then."""

    def keep(self, calibration: Calibration) -> str:
        """Put a calibration where it belongs. Returns what is to be said.

        Raises:
            CalibrateError: the box's file cannot be changed, or does not count.
        """
        if self.managed is not None:
            told = msgspec.json.encode(calibration).decode()
            msg = (
                f"this box runs version {self.managed} of its manager's configuration, and {self.config.name} does not count; "
                f"give whoever runs the manager this calibration of source {self.source.id}: {told}"
            )
            raise CalibrateError(msg)
        write(self.config, self.source.id, calibration)
        return f"Written to {self.config.name}. The agent takes it when it starts again."


def find(config: Path, name: str) -> Camera:
    """Find a camera.

    Raises:
        ConfigurationError: the box's file cannot be read, or there is no such camera that can be used; says why.
    """
    reading = read_box_file(config)
    box = reading.file.box
    desired = _desired(Path(box.state) / DESIRED)
    sources = reading.file.sources if desired is None else desired.config.sources
    for source in sources:
        if source.id == name:
            return Camera(source, config, Path(box.status), None if desired is None else desired.version)
    known = ", ".join(source.id for source in sources) or "none that can be used"
    faults = "".join(f"\n{config}: {refusal.path}: {refusal.message}" for refusal in reading.refusals if desired is None)
    msg = f"{config}: there is no source {name!r}; there is {known}{faults}"
    raise ConfigurationError(msg)


def _desired(path: Path) -> Desired | None:
    """What the agent keeps of the manager's wishes, if it is there and whole."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Desired) if path.stat().st_size <= _MAX_BYTES else None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
