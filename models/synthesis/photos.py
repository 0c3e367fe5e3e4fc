"""Photos that scenes are composed over: from Debian packages, named with licence and hash in ``photos.toml``.

Rules: a photo is used only when its hash is the one written down; a missing one is named together with the package that brings
it; those for training and those for evaluation are different pictures.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import tomllib

from models.synthesis.canvas import Picture
from models.synthesis.glyphs import Split

_TABLE = Path(__file__).with_name("photos.toml")
_LARGEST = 900
"""Pixels of the longer side that are kept: twice a region's, so that crops of it are still sharp."""


class PhotoError(Exception):
    """A photo that is missing or another one; the message names the package to install."""


@dataclass(frozen=True)
class Photo:
    """One photo as the table names it.

    Attributes:
        path: where the package puts it.
        package: Debian's name.
        licence: SPDX expression.
        authors: to be named.
        split: ``train`` or ``evaluate``.
        sha256: of the file.
    """

    path: Path
    package: str
    licence: str
    authors: str
    split: Split
    sha256: str


@cache
def photos() -> tuple[Photo, ...]:
    """All photos of the table."""
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    return tuple(
        Photo(
            path=Path(table["packages"][entry["package"]]["folder"], entry["file"]),
            package=entry["package"],
            licence=entry["licence"],
            authors=entry["authors"],
            split=entry["split"],
            sha256=entry["sha256"],
        )
        for entry in table["photos"]
    )


@cache
def album(split: Split) -> tuple[Picture, ...]:
    """Load the photos of a split, RGB, shrunk to at most 900 pixels; once per process.

    Raises:
        PhotoError: when one is missing or differs; names the package.
    """
    return tuple(_load(photo) for photo in photos() if photo.split == split)


def _load(photo: Photo) -> Picture:
    try:
        data = photo.path.read_bytes()
    except OSError as error:
        msg = f"{photo.path}: cannot be read ({error.strerror}); install the Debian package: apt-get install {photo.package}"
        raise PhotoError(msg) from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != photo.sha256:
        msg = f"{photo.path}: another picture than {_TABLE.name} names (SHA-256 {digest}); use {photo.package} of Debian 12"
        raise PhotoError(msg)
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        msg = f"{photo.path}: no picture that can be decoded; install {photo.package} again"
        raise PhotoError(msg)
    scale = min(1.0, _LARGEST / max(bgr.shape[:2]))
    size = (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale))
    return np.asarray(cv2.cvtColor(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB), np.uint8)
