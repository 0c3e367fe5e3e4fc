"""Shots among fireworks, blows and everyday sounds that training never heard: see :class:`models.factory.steps.Judge`.

Rules: a clip's score is the largest of its windows; clips of one recording (the channels of an array, the parts of a video)
are one source; blows are rendered here, from seeds of their own, and so are the streams that need no data. Two models are
compared at equal false alarms (:mod:`models.factory.ranking`): in the mean of fireworks, blows and everyday sounds, so that
none of the three hides another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.detections import Floats
from models.bundle.gunshot import shot_score, windows
from models.bundle.yamnet import RATE_HZ
from models.factory.ranking import CalledAt, RankArea
from models.factory.recipe import read_recipe
from models.factory.report import Failure, MeasuredOn
from models.factory.session import open_session
from models.factory.statistics import Outcome
from models.factory.steps import Asked, Judged, Progress
from models.recipes.gunshot.export import INPUT, OUTPUT
from models.recipes.gunshot.sample import EVERYDAY, measures
from models.recipes.yamnet.judge import FOLDER, Ear, clips, recording, source
from models.recipes.yamnet.judge import open as open_released
from models.recipes.yamnet.judge import picture as clip_picture
from models.synthesis.sound.draws import evenly
from models.synthesis.sound.strikes import draw_strikes
from models.synthesis.sound.window import Kind, draw_scene, draw_stream

NAME = "gunshot"
ALL = "real shots against fireworks, rendered blows and the measuring third of ESC-10"
RENDERED = "rendered shots against rendered fireworks and blows"
SHOTS, ARRAY, FIREWORKS = "gunshot", "array", "fireworks"
BLOWN = "blows"
GROUPS = (FIREWORKS, BLOWN, EVERYDAY)
"""Of what is no shot."""
RENDERED_GROUPS = {Kind.FIREWORK: FIREWORKS, Kind.STRIKE: BLOWN}
FALSE_SHARE = 0.02
QUIETER = 10 ** (-30 / 20)
BLOWS = 120
BLOWS_SEED = 77
BLOWS_S = 2.4
STREAMS = 240
STREAMS_SEED = 78
STREAM_KINDS = (Kind.SHOT, Kind.FIREWORK, Kind.STRIKE)
STREAM_S = 0.5
"""Of noise before and behind what happens."""
PEER = Path("peers/yamnet_audio_classifier_with_metadata.tflite")


def figures() -> Sequence[Asked]:
    """See the protocol; so for all functions here."""
    return (
        Asked("auc", ALL, RankArea(), loss=True),
        Asked("recall", ALL, CalledAt(FALSE_SHARE)),
        Asked("fireworks_fpr", ALL, CalledAt(FALSE_SHARE, GROUPS.index(FIREWORKS))),
        Asked("auc_loss_30db", ALL, RankArea(less="quiet")),
        Asked("rendered_auc", RENDERED, RankArea(), loss=True),
    )


def open(path: Path) -> Ear:  # noqa: A001 - the judge's word
    """Load a variant."""
    labels, session = tuple(read_recipe(NAME).manifest["labels"]), open_session(path)

    def hear(sound: Floats) -> float:
        return max(shot_score(session.run([OUTPUT], {INPUT: shown[None, None]})[0][0], labels) for shown in windows(sound))

    return hear


def peers() -> Mapping[str, Callable[[Path], Any]]:
    """The teacher."""
    return {"yamnet": lambda data: open_released(data / PEER)}


def judge(model: Ear, data: Path | None, progress: Progress) -> Judged:
    """Listen to what is rendered; and, where it is here, to everything real, and to that again with 30 dB less."""
    rendered = [_outcome(item, kind, model(sound)) for item, kind, sound in _streams(progress)]
    found, looked = {RENDERED: rendered}, MeasuredOn(RENDERED, len(rendered))
    if data is None or not (data / FOLDER / SHOTS).is_dir():
        return Judged(found, (looked, MeasuredOn(ALL, 0, skipped="not here")))
    outcomes, failures = [], []
    for item, group, sound in heard(data):
        progress(item)
        real = group is None
        score, quiet = model(sound), model(sound * np.float32(QUIETER))
        outcomes.append(_outcome(item, group, score, quiet))
        failures.append((score if not real else -score, Failure(item, "a shot" if real else "no shot", "", score=score)))
    failures.sort(key=lambda pair: -pair[0])
    looks = looked, MeasuredOn(ALL, len(outcomes))
    return Judged(found | {ALL: outcomes}, looks, tuple(failure for _, failure in failures[:40]))


def picture(item: str, data: Path | None) -> npt.NDArray[np.uint8] | None:
    """Spectrogram of a clip."""
    return None if item.startswith((f"{BLOWN}/", "rendered/")) else clip_picture(item, data)


def heard(data: Path) -> Iterator[tuple[str, str | None, Floats]]:
    """Everything: item, what it is (``None``: a shot), float32 (n,) at 16 kHz."""
    for folder, group in ((SHOTS, None), (ARRAY, None), (FIREWORKS, FIREWORKS), (EVERYDAY, EVERYDAY)):
        for file in clips(data, folder):
            if folder != EVERYDAY or measures(source(file)):
                yield f"{folder}/{file.name}", group, recording(file)
    for number in range(BLOWS):
        yield f"{BLOWN}/{number}", BLOWN, blow(number)


def _streams(progress: Progress) -> Iterator[tuple[str, str | None, Floats]]:
    for number in range(STREAMS):
        progress(f"rendered streams: {number + 1} of {STREAMS}")
        random, kind = np.random.default_rng([STREAMS_SEED, number]), STREAM_KINDS[number % len(STREAM_KINDS)]
        sound = draw_stream(random, draw_scene(random, kind), (), STREAM_S, STREAM_S)
        yield f"rendered/{number}", None if kind is Kind.SHOT else RENDERED_GROUPS[kind], sound


def _outcome(item: str, group: str | None, score: float, quiet: float = 0.0) -> Outcome:
    values = {
        "score": score,
        "quiet": quiet,
        "real": float(group is None),
        "group": float(0 if group is None else GROUPS.index(group)),
    }
    return Outcome(_source(item), "", values, item)


def blow(number: int) -> Floats:
    """Something that is struck, rendered apart from training: float32 (38400,)."""
    random = np.random.default_rng([BLOWS_SEED, number])
    sound = draw_strikes(random, RATE_HZ, BLOWS_S)
    sound = sound / np.abs(sound).max() + 10 ** (-evenly(random, 25, 60) / 20) * random.standard_normal(len(sound))
    return np.asarray(sound / np.abs(sound).max(), np.float32)


def _source(item: str) -> str:
    folder, _, name = item.partition("/")
    return f"{folder}/{name.split('_ch')[0]}" if folder == ARRAY else f"{folder}/{source(Path(name))}"
