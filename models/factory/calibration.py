"""Whether probabilities mean what they say: reliability, expected calibration error, temperature.

Sources: Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017 (expected calibration error over
bins of equal width, temperature scaling); Nguyen and O'Connor, EMNLP 2015 (bins of equal mass).

Rules: a temperature is fitted on one part and reported on another that shares no source with it; a probability is that of the
answer that was given, and ``hit`` says whether the answer was right.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from models.factory.statistics import Array, EvaluationError
from protocol.basis import Struct

BINS = 15
"""As in Guo et al."""
_NORMAL = 1.959964
"""97.5% quantile of the normal distribution."""
_TEMPERATURES = (0.02, 50.0)
"""Between these a temperature is looked for; beyond them probabilities are all but certain or all but uniform."""


class Binning(str, enum.Enum):
    """How probabilities are put into bins."""

    WIDTH = "equal-width"
    MASS = "equal-mass"


class ReliabilityBin(Struct, frozen=True):
    """Answers of about the same probability: above ``low``, up to ``high``."""

    low: float
    high: float
    n: int
    confidence: float
    """Mean probability."""
    accuracy: float
    """Share that was right."""
    accuracy_low: float
    """Lower end of the accuracy's 95% interval (Wilson, 1927), as if answers were independent."""
    accuracy_high: float


class Calibration(Struct, frozen=True):
    """How far one variant's probabilities can be believed."""

    name: str
    variant: str
    on: str
    n: int
    ece: float
    """Expected calibration error, bins of equal width."""
    ece_mass: float
    """The same, bins of equal mass."""
    bins: tuple[ReliabilityBin, ...]
    temperature: float = 1.0
    fitted_on: str = ""
    """Data on which the temperature was fitted; empty when none was."""


def edges_of(probability: Array, bins: int = BINS, binning: Binning = Binning.WIDTH) -> Array:
    """Edges of the bins, rising from 0 to 1, float64 (bins + 1,); fewer where one probability fills several bins of equal mass.

    Raises:
        EvaluationError: without probabilities, or when one is outside 0 to 1.
    """
    if not len(probability) or not (probability.min() >= 0 and probability.max() <= 1):
        msg = (
            f"calibration needs probabilities from 0 to 1, and there are {len(probability)}; hand in probabilities, not logits"
        )
        raise EvaluationError(msg)
    match binning:
        case Binning.WIDTH:
            return np.linspace(0.0, 1.0, bins + 1, dtype=np.float64)
        case Binning.MASS:
            inner = np.quantile(probability, np.linspace(0, 1, bins + 1)[1:-1], method="higher")
            return np.asarray(np.unique([0.0, *inner, 1.0]), np.float64)


def expected_calibration_error(probability: Array, hit: Array, edges: Array, weights: Array | None = None) -> Array:
    """Mean over answers of the distance between confidence and accuracy of their bin.

    Args:
        probability: float64 (n,).
        hit: 0 or 1, float64 (n,).
        edges: of the bins; one bin holds what is above its lower edge, up to its upper edge; 0 belongs to the first.
        weights: how often each answer counts, float64 (draws, n); once each when absent.

    Returns:
        float64 (draws,); NaN for a draw without answers.
    """
    counted = np.ones((1, len(probability))) if weights is None else weights
    places = _places(probability, edges)
    gaps: Array = np.zeros(len(counted))
    for i in range(len(edges) - 1):
        inside = places == i
        gaps += np.abs(counted[:, inside] @ (hit - probability)[inside])
    total = counted.sum(axis=1)
    result: Array = np.full(len(total), np.nan)
    np.divide(gaps, total, out=result, where=total > 0)
    return result


def reliability(probability: Array, hit: Array, edges: Array) -> tuple[ReliabilityBin, ...]:
    """The bins of a reliability diagram that hold anything."""
    places = _places(probability, edges)
    found = []
    for i in range(len(edges) - 1):
        inside = places == i
        n = int(inside.sum())
        if n:
            accuracy = float(hit[inside].mean())
            low, high = wilson(accuracy, n)
            confidence = float(probability[inside].mean())
            found.append(ReliabilityBin(float(edges[i]), float(edges[i + 1]), n, confidence, accuracy, low, high))
    return tuple(found)


def calibration(  # noqa: PLR0913 - what was measured and what it is called
    probability: Array, hit: Array, *, name: str, variant: str, on: str, temperature: float = 1.0, fitted_on: str = ""
) -> Calibration:
    """Judge the probabilities of answers.

    Args:
        probability: of the answers, after the temperature; float64 (n,).
        hit: whether each was right, 0 or 1, float64 (n,).
        name: what the probabilities are of.
        variant: which variant of the model answered.
        on: the data.
        temperature: that the logits were divided by.
        fitted_on: the data that it was fitted on.

    Raises:
        EvaluationError: without probabilities, when one is outside 0 to 1, or when the temperature was fitted on the same data.
    """
    if fitted_on and fitted_on == on:
        msg = f"{name}: temperature fitted and calibration reported on the same data ({on}); report it on another part"
        raise EvaluationError(msg)
    if probability.shape != hit.shape or not np.isin(hit, (0, 1)).all():
        msg = f"{name}: {len(probability)} probabilities and {len(hit)} hits; give one hit, 0 or 1, for each probability"
        raise EvaluationError(msg)
    width, mass = edges_of(probability), edges_of(probability, binning=Binning.MASS)
    return Calibration(
        name,
        variant,
        on,
        len(probability),
        float(expected_calibration_error(probability, hit, width)[0]),
        float(expected_calibration_error(probability, hit, mass)[0]),
        reliability(probability, hit, width),
        temperature,
        fitted_on,
    )


def fit_temperature(logits: Array, truth: Array) -> float:
    """The temperature that makes the truth likeliest when logits are divided by it.

    The negative log likelihood is convex in 1 / temperature; its slope is brought to nought by bisection.

    Args:
        logits: float64 (n, classes); log-probabilities serve. Yes/no answers: columns 0 and the logit.
        truth: right class of each row, integers (n,).

    Raises:
        EvaluationError: without rows, or when no temperature between .02 and 50 is best (all right, or worse than chance).
    """
    if logits.ndim != 2 or not len(logits) or truth.shape != (len(logits),):  # noqa: PLR2004 - rows and classes
        msg = f"temperature: logits {logits.shape} and truth {truth.shape}; give (n, classes) and (n,)"
        raise EvaluationError(msg)
    centred = logits - logits.max(axis=1, keepdims=True)
    right = centred[np.arange(len(centred)), truth]

    def slope(inverse: float) -> float:
        odds = np.exp(inverse * centred)
        return float(((odds * centred).sum(axis=1) / odds.sum(axis=1) - right).mean())

    low, high = math.log(1 / _TEMPERATURES[1]), math.log(1 / _TEMPERATURES[0])
    if slope(math.exp(low)) > 0 or slope(math.exp(high)) < 0:
        why = "worse than chance" if slope(math.exp(low)) > 0 else "all but always right"
        msg = f"temperature: the answers of this part are {why}, so that none is best; fit it on other or harder data"
        raise EvaluationError(msg)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(math.exp(middle)) < 0 else (low, middle)
    return math.exp(-(low + high) / 2)


def scaled(logits: Array, temperature: float) -> Array:
    """Probabilities at a temperature: float64 (n, classes), rows sum to 1."""
    odds = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float64)


def check_apart(fitted: Collection[str], reported: Collection[str], what: str) -> None:
    """Refuse to report on a source that something was fitted or chosen on.

    Raises:
        EvaluationError: naming the sources that stand on both sides.
    """
    shared = sorted(set(fitted) & set(reported))
    if shared:
        named = ", ".join(shared[:5]) + (f" and {len(shared) - 5} more" if len(shared) > 5 else "")  # noqa: PLR2004
        msg = f"{what}: chosen and reported on the same sources ({named}); split them by source"
        raise EvaluationError(msg)


def wilson(share: float, n: int) -> tuple[float, float]:
    """95% interval of a share of ``n`` independent items (Wilson, 1927)."""
    z2 = _NORMAL**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _NORMAL / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _places(probability: Array, edges: Array) -> npt.NDArray[np.int64]:
    """The bin of each probability, counted from 0."""
    return np.clip(np.searchsorted(edges, probability, side="left").astype(np.int64) - 1, 0, len(edges) - 2)
