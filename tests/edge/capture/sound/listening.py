"""Small listeners that are real: they take blocks and find loud ones."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

import numpy as np

from edge.capture.sound.faults import SoundFault, SoundFaultCode
from edge.capture.sound.listener import MOST_S, HearingModel, Said
from edge.capture.sound.port import BLOCK_S, Floats
from edge.clock import Instant
from protocol.basis import Estimate
from protocol.config import Microphone
from protocol.events import Assessed, Cue, Phase
from protocol.gunshot import FireMode, GunshotDetected, Hearing

LOUD = 0.5
MODEL = HearingModel("loud@default", "/nowhere", "loud.onnx", "default")
ENTRY = "tests.edge.capture.sound.listening:make"
REFUSING = "tests.edge.capture.sound.listening:refuse"
HANGING = "tests.edge.capture.sound.listening:hang"
AILING = "tests.edge.capture.sound.listening:ail"
ASTRAY = "tests.edge.capture.sound.listening:go_astray"


class LoudBlocks:
    """A loud block is a shot, which begins at its first loud sample and ends with the first block that is not."""

    def __init__(self) -> None:
        self.onsets = 0
        self.faults: tuple[SoundFault, ...] = ()
        self._kept: deque[Floats] = deque(maxlen=round(MOST_S / BLOCK_S))
        self._open: tuple[str, float] | None = None

    def take(self, samples: Floats, first: int, at: Instant) -> Sequence[Said]:
        self._kept.append(samples.copy())  # as a real one does, which asks a model about seconds
        loud = np.abs(samples).max(axis=0) >= LOUD
        if not loud.any():
            return self._end()
        if self._open is not None:
            return [self._said(Phase.UPDATE)]
        self.onsets += 1
        self._open = str(self.onsets), float(first + int(loud.argmax()))
        return [self._said(Phase.NEW)]

    def forget(self) -> Sequence[Said]:
        self._kept.clear()
        return self._end()

    def _end(self) -> Sequence[Said]:
        if self._open is None:
            return []
        said = self._said(Phase.END)
        self._open = None
        return [said]

    def _said(self, phase: Phase) -> Said:
        assert self._open is not None
        key, onset = self._open
        hearing = Hearing(level_db=-1.0, snr_db=39.0)
        observed = GunshotDetected(Estimate(1.0, 1.0, 1.0), (0.0,), 1.0, FireMode.SINGLE, hearing)
        return Said(onset, 0.5, key, phase, observed, Assessed("gunshot", 0.9, (Cue("level", -1.0, "dB"),)))


class _Ailing(LoudBlocks):
    """Knows something against the microphone until it is loud."""

    def take(self, samples: Floats, first: int, at: Instant) -> Sequence[Said]:
        said = super().take(samples, first, at)
        self.faults = () if self.onsets else (SoundFault(SoundFaultCode.WIND, "hardly anything is heard but wind"),)
        return said


class _Hanging(LoudBlocks):
    def take(self, samples: Floats, first: int, at: Instant) -> Sequence[Said]:
        if self.onsets:
            time.sleep(3600)
        return super().take(samples, first, at)


class _Astray(LoudBlocks):
    """Says a number that is none as soon as it hears something."""

    def take(self, samples: Floats, first: int, at: Instant) -> Sequence[Said]:
        return [Said(float("nan"), 0.5, said.key, said.phase, said.observed) for said in super().take(samples, first, at)]


def make(_microphone: Microphone, _model: HearingModel) -> LoudBlocks:
    return LoudBlocks()


def ail(_microphone: Microphone, _model: HearingModel) -> LoudBlocks:
    return _Ailing()


def hang(_microphone: Microphone, _model: HearingModel) -> LoudBlocks:
    return _Hanging()


def go_astray(_microphone: Microphone, _model: HearingModel) -> LoudBlocks:
    return _Astray()


def refuse(_microphone: Microphone, model: HearingModel) -> LoudBlocks:
    msg = f"{model.file}: differs from its manifest"
    raise ValueError(msg)
