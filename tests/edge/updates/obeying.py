"""What really listens, until the file beside the recording that is named after the bundle's version says otherwise.

It says what the listener does with the next block: ``hang`` or ``crash``.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from edge.analytics.gunshot.listener import ShotListener
from edge.analytics.gunshot.listener import make_listener as make_real
from edge.capture.sound.faults import SoundFault
from edge.capture.sound.listener import HearingModel, Said
from edge.capture.sound.port import Floats
from edge.clock import Instant
from models.bundle.bundle import load_bundle
from protocol.config import Microphone

ENTRY = "tests.edge.updates.obeying:make_listener"


class Obeying:
    """Listens, or does as it is told."""

    def __init__(self, listener: ShotListener, control: Path) -> None:
        self._listener, self._control = listener, control

    @property
    def onsets(self) -> int:
        return self._listener.onsets

    @property
    def faults(self) -> tuple[SoundFault, ...]:
        return self._listener.faults

    def take(self, samples: Floats, first: int, at: Instant) -> Sequence[Said]:
        match self._control.read_text() if self._control.exists() else "":
            case "hang":
                time.sleep(3600)
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
        return self._listener.take(samples, first, at)

    def forget(self) -> Sequence[Said]:
        return self._listener.forget()


def make_listener(microphone: Microphone, model: HearingModel) -> Obeying:
    version = load_bundle(Path(model.folder)).manifest.version
    return Obeying(make_real(microphone, model), Path(microphone.uri).parent / version)
