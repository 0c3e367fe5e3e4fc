"""Gunshots: the threshold chosen on half of the fireworks and everyday sounds, figures from the other half and from real shots.

The recordings are not part of the repository: ``python -m models.recipes.yamnet.evaluate --model M.tflite --data DIR`` writes
``metrics.json``. A clip's score is the largest of its windows (:func:`models.bundle.yamnet.gunshot_score`). Clips of one source
(ESC's recording, the video) stay together in a half, and in the bootstrap of the intervals.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path

import av
import msgspec
import numpy as np
import numpy.typing as npt

from models.bundle.yamnet import RATE_HZ, Yamnet, gunshot_score, windows
from models.factory.figures import Mean
from models.factory.release import read_recipe
from models.factory.statistics import Outcome, estimate

FALSE_SHARE = 0.02
"""Of clips without a shot that may be called one, in the mean of fireworks and everyday sounds."""


def recording(path: Path) -> npt.NDArray[np.float32]:
    """Decode any sound file: float32 (n,), 16 kHz, mono."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("flt", "mono", RATE_HZ)
        parts = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        parts += resampler.resample(None)
    return np.concatenate([part.to_ndarray()[0] for part in parts]).astype(np.float32)


def clip_score(yamnet: Yamnet, labels: tuple[str, ...], path: Path) -> float:
    """How much the clip is like a shot, where it is most."""
    return max(gunshot_score(yamnet.scores(window), labels) for window in windows(recording(path)))


def threshold_at(groups: list[list[float]], share: float) -> float:
    """Least threshold, in hundredths, that a share of the clips reaches, in the mean of the groups."""
    for hundredths in range(1, 100):
        reached = [np.mean(np.array(group) >= hundredths / 100) for group in groups]
        if np.mean(reached) <= share:
            return hundredths / 100
    return 1.0


def source(path: Path) -> str:
    """Where a clip was cut from: ESC's ``fold-source-take-class``, or a video and its part."""
    stem = path.stem.split("_part")[0]
    return found[1] if (found := re.match(r"\d-(\d+)-[A-Z]", stem)) else stem


def chooses(name: str) -> bool:
    """Whether a source is of the half on which the threshold is chosen."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    labels = tuple(read_recipe("yamnet").manifest["labels"])
    yamnet = Yamnet(options.model.read_bytes(), labels, options.model.name)

    def scores(folder: str) -> list[tuple[str, float]]:
        files = sorted(path for path in (options.data / "audio" / folder).rglob("*") if path.suffix in {".wav", ".ogg"})
        return [(source(path), clip_score(yamnet, labels, path)) for path in files]

    quiet = {folder: scores(folder) for folder in ("fireworks", "esc10")}
    threshold = threshold_at([[value for name, value in of if chooses(name)] for of in quiet.values()], FALSE_SHARE)
    reported = {folder: [(name, value) for name, value in of if not chooses(name)] for folder, of in quiet.items()}
    reported["gunshot"] = scores("gunshot")
    random = np.random.default_rng(1)
    metrics = []
    for name, folder, what in (
        ("gunshot.recall", "gunshot", "clips of real shots (phoenix-pd)"),
        ("fireworks.called_shots", "fireworks", "firework clips, the half not chosen on"),
        ("everyday.called_shots", "esc10", "ESC-10, the half not chosen on"),
    ):
        judged = [Outcome(origin, folder, {"reached": float(value >= threshold)}) for origin, value in reported[folder]]
        sources = len({outcome.source for outcome in judged})
        on = f"{what}: {sources} sources, threshold {threshold}"
        metrics.append(estimate(judged, Mean("reached"), name, on, random).metric)
    (Path(__file__).parent / "metrics.json").write_bytes(msgspec.json.format(msgspec.json.encode(metrics), indent=1) + b"\n")
    print(f"threshold: {threshold}")  # noqa: T201 - the recipe's author writes it down


if __name__ == "__main__":
    main()
