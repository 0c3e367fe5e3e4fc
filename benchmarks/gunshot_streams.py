"""Real recordings as a box that listens all the time hears them: within a continuous background, never cut where they begin.

Rules:

- A clip is laid over a background that goes on for seconds before and behind it. How far the two are apart is the clip's first
  blast (RMS of 20 ms from a millisecond before the first sample of half its largest) over the background's second before.
- Backgrounds are the measuring third of ESC-10 as far as it goes on and on (rain, waves, a helicopter, a saw, a fire), made
  longer by fading it into itself, and noise that falls as that of traffic does.
- What is a background is heard by itself, as if it had always been there: rain that sets in within a moment is an onset.
- What else is no shot begins and ends within 10 ms, so that a cut makes no click.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.bundle.yamnet import RATE_HZ
from models.recipes.gunshot.judge import ARRAY, BLOWS, FIREWORKS, SHOTS, blow
from models.recipes.gunshot.sample import EVERYDAY, measures
from models.recipes.yamnet.judge import chooses, clips, recording, source

Mono = npt.NDArray[np.float32]
SHOT, BLOW, OTHER, BACKGROUND = "shot", "blows", "other", "background"
KINDS = (FIREWORKS, BLOW, EVERYDAY, OTHER, BACKGROUND)
"""Of what is no shot."""
GOES_ON = ("Rain", "Sea waves", "Helicopter", "Chainsaw", "Fire crackling")
"""Classes of ESC-10 that are backgrounds."""
CLEAR_DB = 30.0
"""Of what is no shot over the noise behind it."""
BEFORE_S, AFTER_S = (2.0, 3.0), 1.5
"""Of background alone. The first is drawn between these: windows of a fixed step fall anyhow."""
TRAFFIC_DB = (4.0, 8.0)
"""By which the power density of a street's noise falls in an octave: the traffic of EN 1793-3 falls by 5 below 1 kHz and by 7
above."""
NOISES, NOISE_S = 45, 20.0
"""Streams of nothing but drawn noise, and how long each is."""
LEVEL = 0.3
"""Largest sample."""
_BLAST_S, _EDGE_S, _JOIN_S, _FLAT_HZ = 0.02, 0.01, 0.25, 60.0


@dataclass(frozen=True, repr=False)
class Stream:
    """What a microphone hears.

    Attributes:
        sound: float32 (n,) at 16 kHz.
        kind: :data:`SHOT` or one of :data:`KINDS`.
        item: the recording in it.
        begin: where the recording begins, seconds.
        end: and ends.
    """

    sound: Mono
    kind: str
    item: str
    begin: float
    end: float

    @property
    def source(self) -> str:
        """See :func:`source_of`."""
        return source_of(self.item)

    @property
    def minutes(self) -> float:
        """Of the recording itself."""
        return (self.end - self.begin) / 60

    @property
    def chooses(self) -> bool:
        """Whether thresholds are chosen on it; on others they are reported."""
        return chooses(self.source)


Draw = Callable[[], Stream]
"""Draws a stream, the same at each call."""


def shots(data: Path, snr_db: float, backgrounds: int, seed: int) -> list[Draw]:
    """Every real shot, in front of so many backgrounds each: drawn noise and recordings in turn.

    Args:
        data: folder with the measuring data.
        snr_db: first blast over the background.
        backgrounds: how many of each clip.
        seed: which ones, where in them, and how long the clip is waited for.
    """
    behind = [recording(file) for file in continuous(data)]

    def draw(file: Path, place: int, number: int) -> Stream:
        random = np.random.default_rng([seed, place, number, round(snr_db)])
        clip, before = recording(file), random.uniform(*BEFORE_S)
        seconds = before + len(clip) / RATE_HZ + AFTER_S
        recorded = behind and number % 2
        noise = prolonged(random, behind[random.integers(len(behind))], seconds) if recorded else street(random, seconds)
        item = f"{file.parent.name}/{file.name}"
        return Stream(mixed(clip, noise, before, snr_db), SHOT, item, before, before + len(clip) / RATE_HZ)

    files = [*clips(data, SHOTS), *clips(data, ARRAY)]
    return [partial(draw, file, place, number) for place, file in enumerate(files) for number in range(backgrounds)]


def negatives(data: Path, seed: int) -> list[Draw]:
    """Everything that is no shot: recordings and blows over a street's quiet noise, and backgrounds by themselves.

    Args:
        data: folder with the measuring data.
        seed: of all that is drawn.
    """

    def draw(place: int, kind: str, item: str, sound: Callable[[], Mono]) -> Stream:
        random = np.random.default_rng([seed, place])
        clip, before = sound(), random.uniform(*BEFORE_S)
        end = before + len(clip) / RATE_HZ
        if kind == BACKGROUND:
            return Stream(levelled(prolonged(random, clip, end + AFTER_S)), kind, item, before, end)
        noise = street(random, end + AFTER_S)
        return Stream(mixed(_edged(clip), noise, before, CLEAR_DB), kind, item, before, end)

    def draw_noise(number: int) -> Stream:
        noise = street(np.random.default_rng([seed, NOISES, number]), NOISE_S)
        return Stream(levelled(noise), BACKGROUND, f"noise/{number}", 0, NOISE_S)

    found: list[tuple[str, str, Callable[[], Mono]]] = []
    for folder, kind in ((FIREWORKS, FIREWORKS), (EVERYDAY, EVERYDAY), (OTHER, OTHER)):
        for file in clips(data, folder):
            if folder != EVERYDAY or measures(source(file)):
                goes_on = folder == EVERYDAY and _goes_on(file)
                found.append((BACKGROUND if goes_on else kind, f"{folder}/{file.name}", partial(recording, file)))
    found += [(BLOW, f"blows/{number}", partial(blow, number)) for number in range(BLOWS)]
    drawn: list[Draw] = [partial(draw, place, *one) for place, one in enumerate(found)]
    return [*drawn, *(partial(draw_noise, number) for number in range(NOISES))]


def source_of(item: str) -> str:
    """What an item was cut from: the channels of an array and the parts of a video are one source."""
    folder, _, name = item.partition("/")
    return f"{folder}/{name.split('_ch')[0]}" if folder == ARRAY else f"{folder}/{source(Path(name))}"


def continuous(data: Path) -> list[Path]:
    """Recordings that are backgrounds: of ESC-10's measuring third."""
    found = [file for file in clips(data, EVERYDAY) if measures(source(file))]
    return [file for file in found if _goes_on(file)]


def street(random: np.random.Generator, seconds: float) -> Mono:
    """Noise of a street in which nothing happens: float32 (n,), RMS 1; even below 60 Hz, and falling from there on."""
    samples = round(seconds * RATE_HZ)
    hertz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    fall = np.maximum(hertz / _FLAT_HZ, 1) ** (-random.uniform(*TRAFFIC_DB) / (20 * np.log10(2)))
    noise = np.fft.irfft(np.fft.rfft(random.standard_normal(samples)) * fall, samples)
    result: Mono = (noise / noise.std()).astype(np.float32)
    return result


def prolonged(random: np.random.Generator, sound: Mono, seconds: float) -> Mono:
    """A recording from anywhere in it on, faded into itself as often as it takes: float32 (n,)."""
    wanted, join = round(seconds * RATE_HZ), round(_JOIN_S * RATE_HZ)
    audible = np.flatnonzero(sound)  # some are filled up with silence
    part = sound[audible[0] : audible[-1] + 1] if len(audible) > 2 * join else np.full(2 * join, 1e-6, np.float32)
    rising = np.sqrt(np.linspace(0, 1, join, dtype=np.float32))
    whole, start = part, random.integers(len(part))
    while len(whole) < start + wanted:
        seam = whole[-join:] * rising[::-1] + part[:join] * rising
        whole = np.concatenate([whole[:-join], seam, part[join:]])
    return whole[start : start + wanted]


def mixed(clip: Mono, noise: Mono, before: float, snr_db: float) -> Mono:
    """A clip over a background, from a second on that is at least the first."""
    start = round(before * RATE_HZ)
    blast = first_blast(clip)
    behind = noise[start + blast - RATE_HZ : start + blast]
    look = clip[blast : blast + round(_BLAST_S * RATE_HZ)]
    ratio = float(np.sqrt(np.square(look).mean() / (np.square(behind).mean() + 1e-20)))
    sound = noise * np.float32(ratio * 10 ** (-snr_db / 20))
    sound[start : start + len(clip)] += clip
    return levelled(sound)


def first_blast(clip: Mono) -> int:
    """Index of a millisecond before the first sample of half the largest."""
    size = np.abs(clip)
    return max(0, int(np.argmax(size >= size.max() / 2)) - RATE_HZ // 1000)


def levelled(sound: npt.NDArray[np.floating]) -> Mono:
    """At one level."""
    result: Mono = (sound * (LEVEL / (np.abs(sound).max() + 1e-12))).astype(np.float32)
    return result


def _goes_on(file: Path) -> bool:
    return any(name in file.parent.name for name in GOES_ON)


def _edged(clip: Mono) -> Mono:
    edge = min(round(_EDGE_S * RATE_HZ), len(clip) // 2)
    result = clip.copy()
    result[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
    result[len(result) - edge :] *= np.linspace(1, 0, edge, dtype=np.float32)
    return result
