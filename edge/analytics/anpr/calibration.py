"""How much one picture of a plate is worth, and how many are worth more than one: fitted, so that posteriors are probabilities.

The score of a number is ``b * N ** -g * sum of w_i * log(f + (1 - f) * p_i)`` plus its log-prior, where p_i is how likely it
makes what the reader saw in picture i, w_i the weight of the picture, and N the sum of the weights. Pictures of one passage
share light, angle and dirt: their errors repeat, and g takes back what counting them as independent would claim. ``f`` is what
a picture says about every number: that it may be of another plate, or spoilt. Posteriors are the softmax of the scores, with
one more entry for all numbers that no picture came up with, less the share of passages that lead astray: something that all of
their pictures share (a screw, dirt, the shape of a letter) has made another plate of it.

Rules: constants are fitted on passages that are not reported on, by maximum likelihood of the truth; photographs fit nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.analytics.anpr.likelihood import Doubles

WIDE = 80.0
"""Pixels of width that the weight is measured by: plates are read well from there on."""
SHARP, CONTRAST = 0.5, 40.0
"""Of a plate in ordinary light that is in focus."""
_MOST_WORTH = 30.0
"""Bound of the exponent; beyond it a weight is 0 or 1 anyhow."""


@dataclass(frozen=True)
class Calibration:
    """Constants.

    Attributes:
        floor: f, of every number in every picture.
        scale: b, of the sum over pictures.
        decay: g, exponent of the effective number of pictures: 0 = independent, 1 = all the same.
        other: share of what a picture leaves unexplained that one single number may claim.
        unknown: log-prior of all numbers that no picture came up with.
        astray: share of passages that are believed to be another plate, however sure their pictures are.
        worth: of the weight: constant, per octave of width, of sharpness, of contrast, per unit of entropy.
    """

    floor: float = 8.5e-4
    scale: float = 1.65
    decay: float = 1.0
    other: float = 4.9e-3
    unknown: float = 4.18
    astray: float = 0.015
    worth: tuple[float, float, float, float, float] = (3.34, 2.41, 1.83, -0.024, -1.20)

    def weight(self, width: float, sharpness: float, contrast: float, entropy: float) -> float:
        """How much a picture counts, 0 to 1.

        Args:
            width: of the plate, pixels.
            sharpness: as of :class:`models.bundle.plates.PlateSeen`.
            contrast: as of the same.
            entropy: of the reader's columns together, nats.
        """
        terms = (
            1.0,
            np.log2(max(width, 1.0) / WIDE),
            np.log2(max(sharpness, 0.01) / SHARP),
            np.log2(max(contrast, 0.5) / CONTRAST),
            np.log1p(max(entropy, 0.0)),
        )
        worth = float(np.dot(self.worth, np.nan_to_num(terms, nan=-4.0, posinf=4.0, neginf=-4.0)))
        return float(1 / (1 + np.exp(-np.clip(worth, -_MOST_WORTH, _MOST_WORTH))))

    def posterior(self, explained: Doubles, silent: Doubles, weights: Doubles, prior: Doubles) -> Doubles:
        """Probability of each number; they sum to less than one.

        Args:
            explained: (pictures, n), probability of what was seen given each number.
            silent: (pictures,), probability that a picture shows none.
            weights: (pictures,), of :meth:`weight`.
            prior: (n,), what is added to the log-posterior.
        """
        unexplained = np.maximum(0.0, 1.0 - explained.sum(axis=1) - silent) * self.other
        every = np.concatenate([explained, unexplained[:, None]], axis=1)
        count = max(float(weights.sum()), 1.0)
        scores = self.scale * count**-self.decay * (weights @ np.log(self.floor + (1 - self.floor) * every))
        scores += np.append(prior, self.unknown)
        share = np.exp(scores - scores.max())
        found: Doubles = share[:-1] / share.sum() * (1 - self.astray)
        return found


FITTED = Calibration()
"""Fitted to 994 rendered passages of 5 to 25 pictures, with alphabets that training did not see, read by the shipped reader in
8 bits; none of them is reported on. :mod:`benchmarks.anpr_fit` fits anew. ``decay`` is at its bound: what more pictures of one
passage say is in their mean, hardly in their number. ``astray`` is given as well: on 1,000 such passages it takes the error of
calibration from 0.033 to 0.023, and makes the truth no less likely.
"""
