"""What each of the demo's microphones plays: the shipped recording with the noise of its own street.

Rules: all are equally long, and each is turned so that a microphone whose pace is the wall clock's plays the recording's first
sample at the moment that is asked for; the noise follows from the box's number alone.
"""

from __future__ import annotations

import datetime as dt
import wave
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from simulator.shots.planted import MEDIA, Truth

Mono = npt.NDArray[np.float32]

NOISE_DB = 66.0
"""Sound pressure level of a street by day, dB re 20 micropascals."""
NOISE_S = 20
"""After which the noise of a street comes again; its loudness does not."""
SLOPE = 0.7
"""Power of frequency by which its pressure falls: 4 dB an octave."""
LOWEST_HZ = 40.0
VEHICLES, VEHICLE_S, VEHICLE_DB = 9, 2.0, 8.0
"""That go by in a round, how long each is near, and by how much the nearest is louder than the street."""


def lay_down(folder: Path, truth: Truth, boxes: tuple[str, ...], begins: dt.datetime) -> dict[str, Path]:
    """Write what each box plays.

    Args:
        folder: for the files; made.
        truth: of the shipped recording.
        boxes: in the order of its channels.
        begins: a whole second: when its first sample is played.

    Returns:
        Files by box: WAV, 16 bits, one channel.
    """
    folder.mkdir(parents=True)
    turn = int(begins.timestamp()) * truth.rate_hz % (truth.seconds * truth.rate_hz)
    made = {}
    for number, (box, bangs) in enumerate(zip(boxes, read_sound(truth), strict=True)):
        sound = np.roll(bangs + noise(number, truth), turn)
        made[box] = folder / f"{box}.wav"
        with wave.open(str(made[box]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(truth.rate_hz)
            file.writeframes(np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return made


def read_sound(truth: Truth) -> Mono:
    """The shipped recording: float32 (microphones, samples), full scale 1."""
    with av.open(str(MEDIA / truth.file)) as container:
        channels = container.streams.audio[0].codec_context.channels
        frames = [frame.to_ndarray().reshape(-1, channels) for frame in container.decode(audio=0)]
    sound: Mono = np.concatenate(frames).T.astype(np.float32) / np.float32(32767)
    return sound


def noise(number: int, truth: Truth) -> Mono:
    """A street's: float32 (samples,), full scale 1, as loud at its end as at its beginning."""
    random = np.random.default_rng([number, 1])
    samples = NOISE_S * truth.rate_hz
    hertz = np.fft.rfftfreq(samples, 1 / truth.rate_hz)
    spectrum = np.fft.rfft(random.standard_normal(samples)) * (hertz > LOWEST_HZ) / np.maximum(hertz, LOWEST_HZ) ** SLOPE
    street = np.fft.irfft(spectrum, samples)
    street *= 10 ** ((NOISE_DB - truth.full_scale_db) / 20) / street.std()
    time = np.arange(truth.seconds * 10) / 10
    louder_db = np.zeros(len(time))
    for moment in random.uniform(0, truth.seconds, VEHICLES):
        away = np.abs((time - moment + truth.seconds / 2) % truth.seconds - truth.seconds / 2)
        louder_db = np.maximum(louder_db, random.uniform(0, VEHICLE_DB) * np.exp(-0.5 * np.square(away / VEHICLE_S)))
    loudness = np.repeat(10 ** (louder_db / 20), truth.rate_hz // 10)
    result: Mono = (np.resize(street, len(loudness)) * loudness).astype(np.float32)
    return result
