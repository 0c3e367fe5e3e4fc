"""Golden vectors: does this variant, on this machine, still answer as the floating point reference did?

The file (NumPy's npz, no pickles) holds ``inputs`` (n, ...) and, for each output that the decoder reads, what the reference
answered: an array (n, ...) under the output's role (``protocol.manifest.DECODERS``). How far an answer is from it is measured
in the decoder's own terms; a detector's vectors may also hold ``branches`` uint8 (anchors,): the head of each anchor, counted
from 0. Heads are judged one by one: a broken one among six hides in a mean.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle import corners, gunshot, pose_deviation, reading, yamnet, yolox
from models.bundle.bundle import Bundle, BundleError
from protocol.manifest import DECODERS, Variant

Run: TypeAlias = Callable[[npt.NDArray[Any]], tuple[npt.NDArray[np.float32], ...]]
"""One inference: input (1, ...) to the outputs that the decoder reads, in its order."""

Measure: TypeAlias = Callable[[dict[str, npt.NDArray[Any]], Run], float]
"""How far a run is from golden vectors; infinite when an answer has another shape or is not finite, or nothing is proven."""

ANSWERING = 0.2
"""Score from which an anchor answers, in the reference or here; the thousands that stay silent would hide any fault."""

_BRANCHES = "branches"


def deviation(vectors: dict[str, npt.NDArray[Any]], run: Run) -> float:
    """How far the anchors that answer are from the reference, in the head where they are farthest, in scores or in boxes.

    Of scores: the largest absolute difference of an anchor's labels. Of boxes: 1 - intersection over union, which small boxes
    feel as large ones do. Both in the mean over a head's answering anchors. Infinite when an answer has another shape or is not
    finite, or the vectors leave a head without an answer.
    """
    branches = vectors.get(_BRANCHES, np.zeros(vectors["scores"].shape[1], np.uint8))
    heads = int(branches.max()) + 1
    total, count, known = np.zeros((2, heads)), np.zeros(heads), np.zeros(heads)
    for picture, scores, boxes in zip(vectors["inputs"], vectors["scores"], vectors["boxes"], strict=True):
        got_scores, got_boxes = run(picture[None])
        if got_scores.shape != scores.shape or got_boxes.shape != boxes.shape:
            return float("inf")
        if not (np.isfinite(got_scores).all() and np.isfinite(got_boxes).all()):
            return float("inf")
        expected = scores.max(axis=1) >= ANSWERING
        answering = expected | (got_scores.max(axis=1) >= ANSWERING)
        heads_here = branches[answering]
        np.add.at(known, branches[expected], 1)
        np.add.at(count, heads_here, 1)
        np.add.at(total[0], heads_here, np.abs(got_scores - scores)[answering].max(axis=1))
        np.add.at(total[1], heads_here, 1 - _overlap(got_boxes[answering], boxes[answering]))
    return float((total / count).max()) if known.all() else float("inf")


def _overlap(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Intersection over union, row by row; 0 for a box that is inside out."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    shared = np.maximum(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0.0).prod(axis=1)
    union = (a[:, 2:] - a[:, :2]).prod(axis=1) + (b[:, 2:] - b[:, :2]).prod(axis=1) - shared
    result: npt.NDArray[np.float64] = shared / np.maximum(union, 1e-9)
    return result


def _yolox(vectors: dict[str, npt.NDArray[Any]], run: Run) -> float:
    """As :func:`deviation`, of boxes and scores that lie in one array."""
    scores, boxes = yolox.apart(vectors["predictions"])
    return deviation({**vectors, "scores": scores, "boxes": boxes}, lambda picture: yolox.apart(run(picture)[0]))


def _poses(vectors: dict[str, npt.NDArray[Any]], run: Run) -> float:
    roles = [role for role in ("poses", "coarse", "centre") if role in vectors]
    answers = zip(*(run(picture[None]) for picture in vectors["inputs"]), strict=True)
    return pose_deviation.deviation(vectors, {role: np.stack(values) for role, values in zip(roles, answers, strict=True)})


MEASURES: dict[str, Measure] = {
    "boxes-and-scores": deviation,
    "corners-and-scores": corners.deviation,
    "characters": reading.deviation,
    "keypoints": _poses,
    "people-keypoints": _poses,
    "yolox": _yolox,
    "sound-classes": yamnet.deviation,
    "sound-pictures": gunshot.deviation,
}
"""By decoder."""


def check_golden(bundle: Bundle, variant: Variant, run: Run) -> float:
    """Run the golden vectors through a loaded variant.

    Returns:
        The deviation.

    Raises:
        BundleError: when it is over the tolerance of the variant's precision, or the vectors cannot be read.
    """
    golden, decoder = bundle.manifest.golden, bundle.manifest.output.decoder
    if decoder not in MEASURES:
        msg = f"{bundle.folder}: outputs of {decoder} cannot be read here; install a newer lamplighter, or another bundle"
        raise BundleError(msg)
    limit = golden.tolerance.get(variant.precision)
    if limit is None:
        msg = f"{bundle.folder / golden.file}: the manifest names no tolerance for {variant.precision}"
        raise BundleError(msg)
    try:
        vectors = _read(bundle.read(golden), DECODERS[decoder])
    except (ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        msg = f"{bundle.folder / golden.file}: no golden vectors ({error})"
        raise BundleError(msg) from error
    found = MEASURES[decoder](vectors, run)
    if not found <= limit:
        msg = (
            f"{variant.file} of {bundle.manifest.name} answers otherwise than its reference on this machine "
            f"(deviation {found:.4f}, at most {limit:.4f}); it is not used"
        )
        raise BundleError(msg)
    return found


def _read(data: bytes, roles: tuple[str, ...]) -> dict[str, npt.NDArray[Any]]:
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        vectors = {name: archive[name] for name in ("inputs", *roles, *({_BRANCHES} & set(archive.files)))}
    count = len(vectors["inputs"])
    if not count or any(vectors[role].dtype != np.float32 or len(vectors[role]) != count for role in roles):
        msg = f"not one float32 answer of {', '.join(roles)} for each of {count} inputs"
        raise ValueError(msg)
    anchors = vectors[roles[0]].shape[1:2]
    if _BRANCHES in vectors and (vectors[_BRANCHES].dtype != np.uint8 or vectors[_BRANCHES].shape != anchors):
        msg = f"{_BRANCHES} is {vectors[_BRANCHES].dtype} {vectors[_BRANCHES].shape}, not uint8 {anchors}"
        raise ValueError(msg)
    return vectors
