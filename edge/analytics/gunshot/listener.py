"""What listens within a microphone's process: the analytics of shots, with the network of a bundle behind them.

Rules: the bundle is opened where it is used, and its golden pictures are asked before any sound is: a network that answers
otherwise than its reference does not listen. Numbers of samples are the stream's; the analytics count from their own beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.analytics import GunshotAnalytics
from edge.analytics.gunshot.confirm import Calibration
from edge.analytics.gunshot.incident import Shots
from edge.analytics.gunshot.waves import Waves
from edge.capture.sound.faults import SoundFault, SoundFaultCode
from edge.capture.sound.listener import HearingModel, Said
from edge.capture.sound.port import Floats
from edge.clock import Instant
from edge.infer.onnx_cpu import OnnxCpu
from models.bundle.bundle import BundleError, load_bundle
from models.bundle.golden import check_golden
from models.bundle.yamnet import Yamnet
from protocol.config import Microphone

WAVES = "sound-classes"
"""Decoder of networks that are given the sound itself."""
_JUDGED_ELSEWHERE = (SoundFaultCode.SILENT, SoundFaultCode.CLIPPED)


class ShotListener:
    """Listens for shots.

    Args:
        analytics: of the microphone.
    """

    def __init__(self, analytics: GunshotAnalytics) -> None:
        self._analytics = analytics
        self._offset = 0

    @property
    def onsets(self) -> int:
        """See :class:`edge.capture.sound.listener.Listener`; so for all methods."""
        return self._analytics.onsets

    @property
    def faults(self) -> tuple[SoundFault, ...]:
        """Silence and full scale are judged for every microphone already, and sooner (:mod:`edge.capture.sound.watch`)."""
        found = (SoundFault(SoundFaultCode(reason.code), reason.detail) for reason in self._analytics.reasons)
        return tuple(fault for fault in found if fault.code not in _JUDGED_ELSEWHERE)

    def take(self, samples: Floats, first: int, at: Instant) -> Sequence[Said]:  # noqa: ARG002 - time is whose clock it is
        """Take the next block."""
        self._offset = first - self._analytics.heard
        return [self._said(shots) for shots in self._analytics.take(samples)]

    def forget(self) -> Sequence[Said]:
        """Wipe all sound; what goes on ends."""
        return [self._said(shots) for shots in self._analytics.close()]

    def _said(self, shots: Shots) -> Said:
        return Said(shots.index + self._offset, shots.sigma, str(shots.incident), shots.phase, shots.detected, shots.assessed)


def make_listener(microphone: Microphone, model: HearingModel) -> ShotListener:
    """Make one.

    Args:
        microphone: its configuration.
        model: the bundle, the variant and the operating point.

    Raises:
        BundleError: the bundle is not whole, has no such variant, or does not answer as its reference.
        AcceleratorError: the variant cannot be loaded.
    """
    bundle = load_bundle(Path(model.folder))
    manifest = bundle.manifest
    variant = next((each for each in manifest.variants if each.file == model.file), None)
    if variant is None:
        msg = f"{manifest.name} has no file {model.file!r}; install the bundle again"
        raise BundleError(msg)
    calibration = Calibration.of(manifest.operating_points[model.operating_point])
    if manifest.output.decoder == WAVES:
        yamnet = Yamnet(bundle.read(variant), manifest.labels, variant.file)
        check_golden(bundle, variant, lambda window: (yamnet.scores(window[0]),))
        heard = GunshotAnalytics(microphone, manifest.labels, yamnet.scores, calibration, Waves(microphone.rate_hz))
        return ShotListener(heard)
    network = OnnxCpu().load(bundle.read(variant), variant.file)
    check_golden(bundle, variant, network.run)

    def hear(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(network.run(picture[None, None])[0][0], np.float32)

    return ShotListener(GunshotAnalytics(microphone, manifest.labels, hear, calibration))
