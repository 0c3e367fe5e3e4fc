"""YAMNet: what a second of sound is like, and how alike it is to a gunshot.

The network takes 15,600 samples (0.975 s) at 16 kHz, mono, float32, -1 to 1, and gives 521 independent scores, one for each
class of AudioSet that it was taught (Hershey et al., CNN Architectures for Large-Scale Audio Classification, 2017).

Rules: each window is brought to the same level first, because scores fall with the level (with 30 dB less, a third more of the
shots are missed); only the columns of :data:`COLUMNS` can be asked for. The network also scores children's voices, laughter and
crying: those columns are dropped here, before anyone sees them (AI Act, article 5(1)(f) and (g)).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.bundle import BundleError
from models.bundle.detections import Floats
from models.bundle.litert import LiteRtNetwork

RATE_HZ = 16_000
SAMPLES = 15_600
HOP = SAMPLES // 2
"""Samples between the beginnings of two windows: a shot on the border of one lies in the middle of the next."""
CLASSES = 521
MOST_GAIN = 100.0
"""40 dB: silence stays silence, a far shot becomes a near one."""
ANSWERING = 0.2
"""Score from which a label answers in a golden window."""
LABELS_BYTES = 1 << 16
"""Most that the list of classes inside the file may unpack to; it has 8 KB."""

COLUMNS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "explosion": (420, "Explosion"),
        "gunshot": (421, "Gunshot, gunfire"),
        "machine-gun": (422, "Machine gun"),
        "fusillade": (423, "Fusillade"),
        "artillery-fire": (424, "Artillery fire"),
        "cap-gun": (425, "Cap gun"),
        "fireworks": (426, "Fireworks"),
        "firecracker": (427, "Firecracker"),
        "burst": (428, "Burst, pop"),
        "boom": (430, "Boom"),
        "thunder": (281, "Thunder"),
        "vehicle-horn": (302, "Vehicle horn, car horn, honking"),
        "glass": (435, "Glass"),
        "glass-shatter": (437, "Shatter"),
    }
)
"""Labels that a bundle may name: the column of each, and AudioSet's name for it. Sounds of things, never of persons."""

SHOTS = ("gunshot", "machine-gun", "fusillade")
"""Not explosion: with it, every second firework is called a shot."""
FIREWORKS = "fireworks"
FIREWORKS_SHARE = 0.5
"""How much of the fireworks' score speaks against a shot: halves the fireworks that are called shots and costs no shot."""


def level(window: Floats) -> Floats:
    """Bring a window to full scale, with at most 40 dB of gain.

    Args:
        window: float32 (samples,).

    Returns:
        float32 (samples,), its largest magnitude 1, or less where that would take more gain. Values that are not finite become
        silence.
    """
    finite = np.where(np.isfinite(window), window, np.float32(0)).astype(np.float32)
    scaled: Floats = (finite * np.float32(gain(float(np.abs(finite).max(initial=0.0))))).astype(np.float32)
    return scaled


def gain(peak: float) -> float:
    """What brings a window to full scale by its largest magnitude, with at most 40 dB; silence stays as it is."""
    return min(MOST_GAIN, 1 / peak) if peak > 0 else 1.0


def windows(samples: Floats, hop: int = HOP) -> Iterator[Floats]:
    """Cut a recording into windows, each float32 (15600,); the last is filled up with silence.

    Args:
        samples: float32 (n,) at 16 kHz.
        hop: samples between the beginnings of two windows.
    """
    for start in range(0, max(1, len(samples) - SAMPLES + hop), hop):
        part = samples[start : start + SAMPLES]
        yield np.pad(part, (0, SAMPLES - len(part))).astype(np.float32)


def columns(labels: Sequence[str]) -> npt.NDArray[np.intp]:
    """Where these labels stand among the network's 521: intp (labels,).

    Raises:
        BundleError: when a label is not among those that may be asked for.
    """
    unknown = [label for label in labels if label not in COLUMNS]
    if unknown:
        msg = f"of YAMNet's classes {', '.join(unknown)} cannot be asked for; those that can: {', '.join(COLUMNS)}"
        raise BundleError(msg)
    return np.array([COLUMNS[label][0] for label in labels], np.intp)


def check_classes(model: bytes, labels: Sequence[str], name: str) -> None:
    """Compare the file's own list of classes with the columns that will be read.

    Args:
        model: the file's content; TFLite metadata keeps the list in a zip archive behind the model.
        labels: that will be asked for.
        name: of the file, for messages.

    Raises:
        BundleError: when the file has no such list, or a column is another class there.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(model)) as archive:
            member = archive.infolist()[0]
            with archive.open(member) as file:
                names = file.read(LABELS_BYTES).decode("utf-8").splitlines()
    except (zipfile.BadZipFile, IndexError, OSError, EOFError, UnicodeDecodeError, NotImplementedError, RuntimeError) as error:
        msg = f"{name}: carries no list of its classes ({error}); take the file with metadata from YAMNet's release"
        raise BundleError(msg) from error
    if len(names) != CLASSES:
        msg = f"{name}: lists {len(names)} classes, YAMNet has {CLASSES}; this is another model"
        raise BundleError(msg)
    for label in labels:
        column, upstream = COLUMNS[label]
        if names[column] != upstream:
            msg = f"{name}: column {column} is {names[column]!r}, not {upstream!r}; this is another model"
            raise BundleError(msg)


def gunshot_score(scores: Floats, labels: Sequence[str]) -> float:
    """How much a window is like a shot and not like fireworks: -0.5 to 1.

    Args:
        scores: (labels,) of one window.
        labels: in the order of the scores; one of :data:`SHOTS` at least.
    """
    by_label = dict(zip(labels, (float(score) for score in scores), strict=True))
    shot = max(by_label[label] for label in SHOTS if label in by_label)
    return shot - FIREWORKS_SHARE * by_label.get(FIREWORKS, 0.0)


def deviation(vectors: dict[str, npt.NDArray[Any]], run: Callable[[npt.NDArray[Any]], tuple[Floats, ...]]) -> float:
    """How far the scores of golden windows are from the reference: the largest absolute difference.

    Infinite when an answer has another shape or is not finite, or when a label stays silent in every window of the reference:
    what makes nothing answer proves nothing.
    """
    reference = vectors["scores"]
    if not (reference.max(axis=0) >= ANSWERING).all():
        return float("inf")
    farthest = 0.0
    for window, scores in zip(vectors["inputs"], reference, strict=True):
        (found,) = run(window[None])
        if found.shape != scores.shape or not np.isfinite(found).all():
            return float("inf")
        farthest = max(farthest, float(np.abs(found - scores).max()))
    return farthest


class Yamnet:
    """YAMNet, loaded, for one thread.

    Args:
        model: the TFLite file's content.
        labels: of the bundle; each one of :data:`COLUMNS`.
        name: of the file, for messages.

    Raises:
        BundleError: when a label cannot be asked for, LiteRT is not installed, or the file is not YAMNet.
    """

    def __init__(self, model: bytes, labels: Sequence[str], name: str = "yamnet") -> None:
        self._columns = columns(labels)
        check_classes(model, labels, name)
        self._network = LiteRtNetwork(model, name)
        _, takes, kind = self._network.input
        _, gives, _ = self._network.output
        if (takes, kind, gives) != ((SAMPLES,), np.dtype(np.float32), (1, CLASSES)):
            msg = f"{name}: takes {kind} {takes} and gives {gives}, not float32 {(SAMPLES,)} and {(1, CLASSES)}"
            raise BundleError(msg)

    def scores(self, window: Floats) -> Floats:
        """Score one window: float32 (15600,) at any level to float32 (labels,), 0 to 1.

        Raises:
            BundleError: when the window has another length.
        """
        scores: Floats = self._network.run(level(window))[0, self._columns]
        return scores
