"""What a camera that hangs still makes of a passage: light that changes, blur by speed, noise that hangs on, real H.264.

Rules: what is one camera's in one hour (gain, cast, lens, shutter, noise, bit rate) is drawn once for a passage, and only what
changes in a second changes from picture to picture: errors that all pictures share are what a consensus cannot mend.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import av
import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis.canvas import Picture
from models.synthesis.chance import chance
from models.synthesis.projection import Points

Floats = npt.NDArray[np.float32]

LONGEST_BLUR = 14.0
"""Pixels; operators shorten the shutter before plates are smeared further."""
_SHORTEST_BLUR = 1.0
"""Pixels; less is less than the lens does."""


@dataclass(frozen=True)
class Film:
    """A camera, its settings and the light of an hour.

    Attributes:
        gain: of the light, 0.4 to 1.2; infra-red at night is another colour of the same.
        haze: what is added to every pixel, of 255.
        cast: of red, green and blue.
        grey: whether it records without colours.
        focus: standard deviation in pixels of the lens.
        shutter_s: how long it is open.
        noise: standard deviation, of 255.
        hanging: share of the noise that stays from picture to picture, as a camera's own smoothing leaves it.
        sharpened: strength of the camera's sharpening.
        crf: constant rate factor of its H.264; 23 is good, 33 is a metered link.
        key: pictures from one whole picture to the next.
    """

    gain: float
    haze: float
    cast: Points
    grey: bool
    focus: float
    shutter_s: float
    noise: float
    hanging: float
    sharpened: float
    crf: int
    key: int


def draw_film(random: np.random.Generator) -> Film:
    """Draw a camera that was mounted to read plates, and its hour: three in ten are dark."""
    dark, grey = chance(random, 0.3), chance(random, 0.15)
    return Film(
        gain=random.uniform(0.4, 0.7) if dark else random.uniform(0.7, 1.2),
        haze=random.uniform(-5, 25),
        cast=1 + random.normal(0, 0.0 if grey else 0.05, 3),
        grey=grey,
        focus=random.uniform(0.3, 1.1),
        shutter_s=float(np.exp(random.uniform(np.log(1 / 2000), np.log(1 / (200 if dark else 400))))),
        noise=random.uniform(2, 6) if dark else random.uniform(0.5, 4),
        hanging=random.uniform(0.0, 0.7),
        sharpened=random.uniform(0.3, 1.2) if chance(random, 0.4) else 0.0,
        crf=int(random.integers(22, 34)),
        key=int(random.choice([12, 25, 50])),
    )


def develop(
    random: np.random.Generator, film: Film, scenes: Sequence[Picture], velocity: Points, size: tuple[int, int]
) -> list[Picture]:
    """Record a passage: :func:`exposed`, then :func:`through_h264`; as many pictures, as a decoder gives them."""
    return through_h264(exposed(random, film, scenes, velocity, size), film.crf, film.key)


def exposed(
    random: np.random.Generator, film: Film, scenes: Sequence[Picture], velocity: Points, size: tuple[int, int]
) -> list[Picture]:
    """What a camera hands to its encoder.

    Args:
        random: source of noise and of what changes in a second.
        film: the camera.
        scenes: uint8 (h, w, 3) each, finer than the recording.
        velocity: float64 (n, 2), pixels of the recording a second.
        size: width and height of the recording, even.

    Returns:
        As many pictures, uint8 (height, width, 3).
    """
    width, height = size
    drift = np.cumsum(random.normal(0, 0.04, len(scenes)))  # the exposure's control hunts
    drift = 1 + np.clip(drift - drift.mean(), -0.2, 0.2)
    hangs = np.zeros((height, width, 3), np.float32)
    taken = []
    for scene, gain, moves in zip(scenes, drift, velocity, strict=True):
        fine = scene.shape[1] / width
        blurred = _focused(_smeared(scene, moves * film.shutter_s * fine), film.focus * fine)
        small = np.asarray(cv2.resize(blurred, size, interpolation=cv2.INTER_AREA), np.float32)
        if film.grey:
            small = np.repeat(small.mean(axis=2, keepdims=True), 3, axis=2)
        lit = small * (film.gain * gain * film.cast).astype(np.float32) + np.float32(film.haze)
        fresh = random.standard_normal((height, width, 1), np.float32) * np.float32(film.noise)
        coarse = random.standard_normal((height // 2, width // 2, 3), np.float32) * np.float32(film.noise * 0.6)
        fresh = fresh + np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.float32)
        kept = np.float32(film.hanging)
        hangs = kept * hangs + np.sqrt(1 - kept**2) * fresh
        lit = lit + hangs
        if film.sharpened:
            lit += (lit - np.asarray(cv2.GaussianBlur(lit, (0, 0), 1.0), np.float32)) * np.float32(film.sharpened)
        taken.append(np.clip(lit, 0, 255).astype(np.uint8))
    return taken


def through_h264(pictures: Sequence[Picture], crf: int, key: int) -> list[Picture]:
    """Encode and decode: blocks, lost colour, and errors that stay until the next whole picture.

    Args:
        pictures: uint8 (height, width, 3), RGB, all of one even size.
        crf: constant rate factor.
        key: pictures from one whole picture to the next.
    """
    height, width = pictures[0].shape[:2]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.thread_count = 1  # several make other bytes
        # A camera's encoder looks neither ahead nor far around.
        stream.options = {"preset": "veryfast", "tune": "zerolatency", "crf": str(crf), "g": str(key), "bf": "0"}
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r") as coded:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in coded.decode(video=0)]


def _focused(picture: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def _smeared(scene: Picture, way: Points) -> Floats:
    """Blur along a way in pixels."""
    picture = scene.astype(np.float32)
    length = float(np.hypot(*way))
    if length < _SHORTEST_BLUR:
        return picture
    way = way * min(1.0, LONGEST_BLUR / length)
    reach = int(np.ceil(np.abs(way).max() / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for at in np.linspace(-0.5, 0.5, 8 * reach):
        x, y = at * way + reach
        left, top = int(x), int(y)
        right, down = x - left, y - top
        for row, down_share in ((top, 1 - down), (top + 1, down)):
            for column, share in ((left, 1 - right), (left + 1, right)):
                kernel[row, column] += down_share * share
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.float32)
