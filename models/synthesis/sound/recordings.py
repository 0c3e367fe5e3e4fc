"""Recorded sounds of free licences, from Debian's packages: weapons and explosions of games, instruments, doors, motors.

Rules: every package stands in sounds.toml with its licence, one that lets it shape weights, and none is kept here; what lies
beside it under other terms is named there and left out. Nobody says what a recording is: whoever teaches listens to it
(:mod:`models.recipes.gunshot.teacher`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import av
import msgspec
import numpy as np
import numpy.typing as npt
import tomllib

from models.synthesis.sound.banks import Pcm, soundfont_samples, wad_sounds

MANIFEST = Path(__file__).with_name("sounds.toml")
SUFFIXES = frozenset({".ogg", ".oga", ".wav", ".flac"})
LONGEST_S = 12
"""Of a recording, what is used; the rest of a song is more of the same."""
KEPT = 1_500
"""Recordings that a process keeps decoded, 100 MB or so."""

Sound: TypeAlias = npt.NDArray[np.int16]
_BANKS: Mapping[str, Callable[[bytes], Mapping[str, Pcm]]] = {".wad": wad_sounds, ".sf2": soundfont_samples}


class SoundError(Exception):
    """Packages of sounds are missing; the message names them."""


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of sounds.toml: a folder of sounds, or a file that holds many, of one package under one licence."""

    name: str
    path: str
    licence: str
    without: tuple[str, ...] = ()
    """Files in it that have other terms, by name."""


@dataclass(frozen=True)
class Recording:
    """Where a sound lies: a file, or one of those that a file holds."""

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


def draw_recording(random: np.random.Generator) -> Recording:
    """Any recording; those of a large package are drawn less often than as many of a small one."""
    shelves = _shelves()
    weights = np.sqrt([len(shelf) for shelf in shelves])
    shelf = shelves[random.choice(len(shelves), p=weights / weights.sum())]
    return shelf[random.integers(len(shelf))]


@functools.cache
def _shelves() -> tuple[tuple[Recording, ...], ...]:
    """The sounds of each row of sounds.toml, in the order of their names."""
    found = []
    for package in packages():
        path = Path(package.path)
        if path.suffix in _BANKS:
            shelf = [Recording(path, name) for name in sorted(_bank(path)) if name not in package.without]
        else:
            files = sorted(path.rglob("*"))
            shelf = [Recording(file) for file in files if file.suffix in SUFFIXES and file.name not in package.without]
        found.append(tuple(shelf))
    return tuple(found)


@functools.lru_cache(maxsize=KEPT)
def decoded(recording: Recording, rate: int) -> Sound:
    """A recording, mono, at a rate: int16 (n,), 12 s at most; empty where there is nothing in it.

    Args:
        recording: which.
        rate: samples a second.
    """
    resampler = av.AudioResampler("s16", "mono", rate)
    parts: list[Sound] = []
    if recording.member:
        pcm = _bank(recording.path)[recording.member]
        frame = av.AudioFrame.from_ndarray(pcm.samples[None, : LONGEST_S * pcm.rate], format="s16", layout="mono")
        frame.sample_rate = pcm.rate
        parts += [part.to_ndarray()[0] for part in (*resampler.resample(frame), *resampler.resample(None))]
    else:
        with av.open(str(recording.path)) as container:
            for frame in container.decode(audio=0):
                parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
                if sum(map(len, parts)) > LONGEST_S * rate:
                    break
    return np.concatenate(parts)[: LONGEST_S * rate] if parts else np.zeros(0, np.int16)


@functools.cache
def _bank(path: Path) -> Mapping[str, Pcm]:
    return _BANKS[path.suffix](path.read_bytes())
