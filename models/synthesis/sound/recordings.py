"""Recorded sounds of free licences, from Debian's packages: weapons and explosions of games, drums, doors, motors, voices, wind.

Rules: every package stands in sounds.toml with its licence, and none is kept here; nobody says what a recording is: whoever
teaches listens to it (:mod:`models.recipes.gunshot.teacher`). Sounds lie as files, or in archives (zip) of theirs.
"""

from __future__ import annotations

import functools
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import av
import msgspec
import numpy as np
import numpy.typing as npt
import tomllib

MANIFEST = Path(__file__).with_name("sounds.toml")
SUFFIXES = (".ogg", ".wav", ".flac", ".mp3")
LONGEST_S = 12
"""Of a recording, what is used; the rest of a song is more of the same."""
KEPT = 2_000
"""Recordings that a process keeps decoded, 150 MB at most."""


class SoundError(Exception):
    """A package of sounds is missing, or cannot be read; the message names it."""


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of sounds.toml: a folder of sounds, or an archive (zip) with them."""

    name: str
    path: str
    licence: str


@dataclass(frozen=True)
class Recording:
    """Where a sound lies: a file, or a member of an archive."""

    path: Path
    member: str = ""


def packages() -> list[Package]:
    """All rows of sounds.toml."""
    return msgspec.convert(tomllib.loads(MANIFEST.read_text())["package"], list[Package])


def check_packages() -> None:
    """See that all packages are installed.

    Raises:
        SoundError: naming those that are not.
    """
    missing = sorted({package.name for package in packages() if not Path(package.path).exists()})
    if missing:
        msg = f"sounds to learn from are missing; apt-get install --no-install-recommends {' '.join(missing)}"
        raise SoundError(msg)


@functools.cache
def recordings() -> tuple[Recording, ...]:
    """All sounds of all packages, in the order of their names."""
    found: list[Recording] = []
    for package in packages():
        path = Path(package.path)
        if path.is_dir():
            found += [Recording(file) for file in sorted(path.rglob("*")) if file.suffix.lower() in SUFFIXES]
        else:
            with zipfile.ZipFile(path) as archive:
                found += [Recording(path, name) for name in sorted(archive.namelist()) if name.lower().endswith(SUFFIXES)]
    return tuple(found)


@functools.lru_cache(maxsize=KEPT)
def decoded(recording: Recording, rate: int) -> npt.NDArray[np.int16]:
    """A recording, mono, at a rate: int16 (n,); empty where it cannot be decoded.

    Args:
        recording: which.
        rate: samples a second.
    """
    source: io.BytesIO | str = str(recording.path)
    if recording.member:
        with zipfile.ZipFile(recording.path) as archive:
            source = io.BytesIO(archive.read(recording.member))
    try:
        with av.open(source) as container:
            resampler = av.AudioResampler("s16", "mono", rate)
            parts: list[npt.NDArray[np.int16]] = []
            for frame in container.decode(audio=0):
                parts += [np.asarray(part.to_ndarray()[0], np.int16) for part in resampler.resample(frame)]
                if sum(map(len, parts)) > LONGEST_S * rate:
                    break
    except (av.FFmpegError, IndexError):
        return np.zeros(0, np.int16)
    return np.concatenate(parts)[: LONGEST_S * rate] if parts else np.zeros(0, np.int16)
