"""Gunshots among fireworks and everyday sounds: see :class:`models.factory.steps.Judge`.

Rules: a clip's score is the largest of its windows (:func:`models.bundle.yamnet.gunshot_score`); from the recipe's threshold on
it is called a shot. Clips of one source (a recording of ESC, a video) stay together: in the half on which the threshold was
chosen (:mod:`models.recipes.yamnet.choose`), or in the half that is reported, and in the bootstrap of the intervals.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import av
import cv2
import numpy as np
import numpy.typing as npt

from models.bundle.detections import Floats
from models.bundle.yamnet import RATE_HZ, Yamnet, gunshot_score, windows
from models.factory.figures import Mean
from models.factory.release import read_recipe
from models.factory.report import Failure, MeasuredOn
from models.factory.statistics import Outcome
from models.factory.steps import Asked, Judged, Progress

Ear: TypeAlias = Callable[[Floats], float]
"""How much a recording, float32 (n,) at 16 kHz, is like a shot where it is most."""

NAME = "yamnet"
FOLDER = Path("audio")
SHOTS = "clips of real shots (phoenix-pd)"
FIREWORKS = "firework clips, the half not chosen on"
EVERYDAY = "ESC-10, the half not chosen on"
FOLDERS = {SHOTS: "gunshot", FIREWORKS: "fireworks", EVERYDAY: "esc10"}
SUFFIXES = {".wav", ".ogg"}
_WINDOW, _HOP, _BANDS = 512, 160, 64


def figures() -> Sequence[Asked]:
    """See the protocol; so for all functions here."""
    return (
        Asked("gunshot_recall", SHOTS, Mean("called")),
        Asked("fireworks_called_shots", FIREWORKS, Mean("called")),
        Asked("everyday_called_shots", EVERYDAY, Mean("called")),
    )


def open(path: Path) -> Ear:  # noqa: A001 - the judge's word
    """Load the released file."""
    labels = tuple(read_recipe(NAME).manifest["labels"])
    yamnet = Yamnet(path.read_bytes(), labels, path.name)
    return lambda sound: max(gunshot_score(yamnet.scores(window), labels) for window in windows(sound))


def peers() -> Mapping[str, Callable[[Path], Any]]:
    """None."""
    return {}


def judge(model: Ear, data: Path | None, progress: Progress) -> Judged:
    """Listen to every clip that is reported on."""
    least = float(read_recipe(NAME).manifest["operating_points"]["default"]["thresholds"]["gunshot"])
    outcomes: dict[str, list[Outcome]] = {}
    looked: list[MeasuredOn] = []
    failures: list[Failure] = []
    for on, folder in FOLDERS.items():
        files = [file for file in clips(data, folder) if on == SHOTS or not chooses(source(file))]
        looked.append(MeasuredOn(on, len(files), skipped="" if files else "not here"))
        for number, file in enumerate(files, start=1):
            progress(f"{on}: {number} of {len(files)}")
            score = model(recording(file))
            called = score >= least
            item = f"{folder}/{file.name}"
            outcomes.setdefault(on, []).append(Outcome(source(file), "", {"called": float(called)}, item))
            if called != (on == SHOTS):
                told = ("a shot" if on == SHOTS else "no shot", "a shot" if called else "no shot")
                failures.append(Failure(item, *told, condition=folder, score=score))
    failures.sort(key=lambda failure: -abs((failure.score or 0.0) - least))
    return Judged(outcomes, tuple(looked), tuple(failures))


def picture(item: str, data: Path | None) -> npt.NDArray[np.uint8] | None:
    """Spectrogram of a clip: time from left to right, pitch upwards (0 to 8 kHz), 80 dB from black to white."""
    folder, _, name = item.partition("/")
    file = next((file for file in clips(data, folder) if file.name == name), None)
    if file is None:
        return None
    sound = np.pad(recording(file), (0, _WINDOW))
    parts = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP] * np.hanning(_WINDOW)
    power = np.abs(np.fft.rfft(parts, axis=1))[:, : _WINDOW // 2] ** 2
    bands = power.reshape(len(power), _BANDS, -1).mean(axis=2)
    loud = 10 * np.log10(bands / max(float(bands.max()), 1e-12) + 1e-12)
    grey = np.clip((loud + 80) / 80 * 255, 0, 255).astype(np.uint8).T[::-1]
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(grey), cv2.COLOR_GRAY2RGB), np.uint8)


def clips(data: Path | None, folder: str) -> list[Path]:
    """The recordings of a folder, in order; none where there is no such folder."""
    if data is None:
        return []
    return sorted(path for path in (data / FOLDER / folder).rglob("*") if path.suffix in SUFFIXES)


def recording(path: Path) -> Floats:
    """Decode any sound file: float32 (n,), 16 kHz, mono."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("flt", "mono", RATE_HZ)
        parts = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        parts += resampler.resample(None)
    return np.concatenate([part.to_ndarray()[0] for part in parts]).astype(np.float32)


def source(path: Path) -> str:
    """Where a clip was cut from: ESC's ``fold-source-take-class``, or a video and its part."""
    stem = path.stem.split("_part")[0]
    return found[1] if (found := re.match(r"\d-(\d+)-[A-Z]", stem)) else stem


def chooses(name: str) -> bool:
    """Whether a source is of the half on which the threshold is chosen."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0
