"""Making deltas: by every method, the smallest of which is kept where it pays.

Rules: no method is guessed, all are made and weighed; the same files give the same bytes (one thread, no clock, no chance; of
another release of libzstd they may differ, so that a delta is made once and then lies under its own hash); nothing is published
that the boxes may not apply: no window larger than the result, no patch over ``MEMORY``.

Measured on the plate reader (8-bit model 494 kB; zstd 1.5.7, level 19; the pairs of ``benchmarks/ota_pairs.json``), bytes:

==================  =======  =======  ==========
the model's file       full    patch  difference
==================  =======  =======  ==========
retrained head      427,053   26,053      26,218
fine-tuned          428,203  345,762     137,163
another network     442,842  439,909     456,470
==================  =======  =======  ==========

What surprised: of a fine-tuned network half of the 8-bit weights are what they were and 95% at most one step beside, and yet a
patch saves next to nothing, because hardly ever the same few bytes stand in a row; the difference is small numbers around
nought. A retrained head is as cheap either way, since a patch refers to what a difference calls zeros. Where nothing is shared,
a difference costs more than the file, so that all have to be weighed. Golden vectors are packed already; what is unchanged in
front of them costs nothing by either method, as long as nothing moves. Level 3 would make the second difference 13% larger;
level 22 and long-distance matching save nothing on files of this size.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import zstandard

from ota.deltafile import MEMORY, SPLIT, Content, Header, Method, predicted

LEVEL = 19
WINDOW_LOG = 20
"""Of full files and differences: 1 MB is all that a box then needs to unpack them, whatever their size. It costs less than one
byte in a thousand on the zoo's files. A patch needs a window as large as the result, or it would lose sight of the base."""
PAYS = 0.9
"""Share of the full file's bytes up to which a delta is kept. A box that cannot use its delta (another base than was thought, a
broken card) fetches both, and one more file per base and release is signed, stored and tested. With one such box in fifty a
delta of 98% would break even on the wire; a tenth leaves room for the rest. What was measured lies far from it on either side:
models that descend from the base at 32% or less, another network at 99%."""


@dataclass(frozen=True)
class Delta:
    """A delta, made."""

    method: Method
    data: bytes
    """The file: header and payload."""


def full(result: bytes) -> Delta:
    """Pack a file that needs no base."""
    return _delta(Method.FULL, None, result, _packed(result))


def candidates(base: bytes, result: bytes) -> tuple[Delta, ...]:
    """Make a delta by every method that leads from ``base`` to ``result`` within the boxes' memory."""
    made = [full(result)]
    if 2 * len(base) + _window(len(result)) <= MEMORY:
        made.append(_delta(Method.PATCH, base, result, _packed(result, base)))
    split = best_split(base, result)
    made.append(_delta(Method.DIFFERENCE, base, result, SPLIT.pack(split) + _packed(_difference(base, result, split))))
    return tuple(made)


def chosen(made: Sequence[Delta]) -> Delta:
    """Choose the smallest; the full file, which is the first, unless another pays. Of equals the simpler to apply is taken."""
    whole = made[0]
    least = min(made, key=lambda delta: (len(delta.data), delta.method))
    return least if pays(least, whole) else whole


def best(base: bytes, result: bytes) -> Delta | None:
    """Make the delta that is published beside the full file; nothing where none pays."""
    found = chosen(candidates(base, result))
    return None if found.method is Method.FULL else found


def pays(delta: Delta, whole: Delta) -> bool:
    """Whether a delta is worth its being published beside the full file."""
    return len(delta.data) <= PAYS * len(whole.data)


def best_split(base: bytes, result: bytes) -> int:
    """Where the result's alignment changes from the base's beginning to its end, so that most bytes are as predicted.

    Returns:
        The first such place; 0 for files of equal size, where both alignments are one.
    """
    if len(base) == len(result):
        return 0
    shift = len(base) - len(result)
    early, late = (_hits(base, result, way) for way in (0, shift))
    gained = np.concatenate(([0], np.cumsum(early.astype(np.int64) - late)))
    return int(gained.argmax())


def _hits(base: bytes, result: bytes, shift: int) -> npt.NDArray[np.bool_]:
    prediction = predicted(io.BytesIO(base), shift, 0, len(result))
    return np.equal(np.frombuffer(result, np.uint8), np.frombuffer(prediction, np.uint8))


def _difference(base: bytes, result: bytes, split: int) -> bytes:
    file = io.BytesIO(base)
    prediction = predicted(file, 0, 0, split) + predicted(file, len(base) - len(result), split, len(result) - split)
    return (np.frombuffer(result, np.uint8) - np.frombuffer(prediction, np.uint8)).tobytes()


def _delta(method: Method, base: bytes | None, result: bytes, payload: bytes) -> Delta:
    header = Header(method, None if base is None else Content.of(base), Content.of(result))
    return Delta(method, header.pack() + payload)


def _packed(data: bytes, base: bytes = b"") -> bytes:
    """One frame; the whole base stays in reach of the whole content."""
    window_log = _window_log(len(data) + len(base)) if base else min(WINDOW_LOG, _window_log(len(data)))
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, source_size=len(data), dict_size=len(base), window_log=window_log, write_checksum=0, write_dict_id=0
    )
    dictionary = zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if base else None
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary).compress(data)


def _window_log(size: int) -> int:
    return min(max(zstandard.WINDOWLOG_MIN, (size - 1).bit_length()), zstandard.WINDOWLOG_MAX)


def _window(size: int) -> int:
    return max(size, 1 << zstandard.WINDOWLOG_MIN)
