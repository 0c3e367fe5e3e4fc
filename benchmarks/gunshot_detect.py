"""Real shots in backgrounds that go on: the whole of the box's chain against YAMNet on the same streams, and false alarms.

What is measured: streams of :mod:`benchmarks.gunshot_streams` are heard by both (:mod:`benchmarks.gunshot_ears`). ``recall``
and ``false_alarms`` are of the box as it is shipped, at its bundle's operating point. The share of YAMNet is at **equal false
alarms**: on the streams without a shot of one half of the sources, each of the two gets the least threshold that no more than
2% of these streams reach, which is the same number of streams for both; recall is told at these thresholds, and so are the
false alarms of both on the other half. A shot is heard when the box tells an incident within its recording, and by YAMNet when
a window that holds some of the recording scores enough.

An alarm is an incident. What may come in a day is the upper end of the exact 95% interval of a Poisson rate (one-sided;
Garwood, "Fiducial Limits for the Poisson Distribution", 1936), of the minutes of the recordings themselves. Fireworks fill
their minutes as no night does: their bound is no forecast.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from benchmarks.figure import Figure, Options, Sense, Skipped
from benchmarks.gunshot_ears import BoxEar, YamnetEar, threshold_at
from benchmarks.gunshot_share import share_of
from benchmarks.gunshot_streams import BACKGROUND, BLOW, KINDS, Draw, Stream, negatives, shots
from models.bundle.bundle import BundleError, fetched, zoo
from models.factory.figures import Mean
from models.factory.statistics import Outcome, estimate
from models.recipes.gunshot.judge import SHOTS
from models.recipes.yamnet.judge import FOLDER

DESCRIPTION = "Real shots in backgrounds at 20, 10 and 5 dB: the box's chain against YAMNet; false alarms on what is no shot"

SNRS_DB = (20, 10, 5)
SHARE = 0.9
FALSE_SHARE = 0.02
MINUTES_A_DAY = 1440
NONE_ON = (BACKGROUND, BLOW)
"""On which there must be no false alarm."""
_BACKGROUNDS = 4
_QUICK = 16
"""Of the streams, every so-manieth in the short form."""
_MODEL = "gunshot"


@dataclass(frozen=True)
class Heard:
    """A stream, without its sound, and what became of it.

    Attributes:
        kind, source, chooses, minutes: of the stream.
        snr_db: of a shot.
        box: the highest threshold at which the box tells it; -inf: no onset.
        yamnet: the same of YAMNet; -inf: it is not here.
        shipped: incidents that the box tells at its operating point.
        equal: the same at the threshold of equal false alarms.
    """

    kind: str
    source: str
    chooses: bool
    minutes: float
    snr_db: float
    box: float
    yamnet: float
    shipped: int
    equal: int = 0


class Ears:
    """Both.

    Args:
        box: the box's chain.
        yamnet: or nothing.
    """

    def __init__(self, box: BoxEar, yamnet: YamnetEar | None) -> None:
        self.box, self.yamnet = box, yamnet

    def listen(self, stream: Stream, snr_db: float, equal_at: float | None = None) -> Heard:
        """Listen to one stream; ``equal_at``: the box's threshold at equal false alarms, where it is known."""
        box = self.box.score(stream)
        return Heard(
            stream.kind,
            stream.source,
            stream.chooses,
            stream.minutes,
            snr_db,
            box,
            -math.inf if self.yamnet is None else self.yamnet.score(stream),
            self._told(stream, box, self.box.shipped.threshold),
            0 if equal_at is None else self._told(stream, box, equal_at),
        )

    def again(self, heard: Heard, draw: Draw, equal_at: float) -> Heard:
        """The same once the threshold is known; it is drawn again where anything can be told of it."""
        return heard if heard.box < equal_at else replace(heard, equal=self._told(draw(), heard.box, equal_at))

    def _told(self, stream: Stream, score: float, threshold: float) -> int:
        return self.box.told(stream, threshold) if score >= threshold else 0


def run(options: Options) -> Iterator[Figure]:
    """Listen.

    Raises:
        Skipped: the shots or the bundle are not here.
    """
    if not (options.data / FOLDER / SHOTS).is_dir():
        msg = f"{options.data / FOLDER / SHOTS}: not here; name the folder of the measuring data with --data"
        raise Skipped(msg)
    if not (zoo() / _MODEL).is_dir():
        msg = f"{zoo() / _MODEL}: not there; `lamplighter models build {_MODEL}`"
        raise Skipped(msg)
    ears = Ears(BoxEar(zoo() / _MODEL), _yamnet())
    every = _QUICK if options.quick else 1
    drawn = negatives(options.data, options.seed)[::every]
    none: list[Heard] = []
    for number, draw in enumerate(drawn):
        options.progress(f"what is no shot: {number} of {len(drawn)}")
        none.append(ears.listen(draw(), math.nan))
    thresholds = equal(none)
    none = [one if one.chooses else ears.again(one, draw, thresholds[0]) for one, draw in zip(none, drawn, strict=True)]
    real: list[Heard] = []
    for snr_db in SNRS_DB:
        mixes = shots(options.data, snr_db, _BACKGROUNDS, options.seed)[::every]
        for number, draw in enumerate(mixes):
            options.progress(f"shots at {snr_db} dB: {number} of {len(mixes)}")
            real.append(ears.listen(draw(), snr_db, thresholds[0]))
    yield from recalls(real, quick=options.quick)
    if ears.yamnet is not None:
        yield share(real, none, thresholds, quick=options.quick)
        yield share_as_shipped(real, none, ears.box.shipped.threshold, quick=options.quick)
    yield from false_alarms(none, ears.box.shipped.threshold, quick=options.quick)


def equal(none: Sequence[Heard]) -> tuple[float, float]:
    """Thresholds of box and YAMNet that the same number of streams without a shot reach, in the half that chooses."""
    chosen = [one for one in none if one.chooses]
    allowed = allowed_of(chosen)
    return threshold_at([one.box for one in chosen], allowed), threshold_at([one.yamnet for one in chosen], allowed)


def allowed_of(chosen: Sequence[Heard]) -> int:
    """How many streams may be called."""
    return round(FALSE_SHARE * len(chosen))


def recalls(real: Sequence[Heard], *, quick: bool) -> Iterator[Figure]:
    """Of the box as it is shipped."""
    for snr_db in SNRS_DB:
        outcomes = [
            Outcome(one.source, "", {"called": float(one.shipped > 0)}, str(number))
            for number, one in enumerate(real)
            if one.snr_db == snr_db
        ]
        deaf = sum(one.box == -math.inf for one in real if one.snr_db == snr_db)
        against = (
            f"at the shipped operating point; {len({one.source for one in outcomes})} sources, resampled; {deaf} mixes without "
            f"an onset; first blast (RMS of 20 ms) over the background's second before{', short form' if quick else ''}"
        )
        name = f"recall_{snr_db}db"
        metric = estimate(outcomes, Mean("called"), name, "mixes", np.random.default_rng(1)).metric
        yield Figure(name=name, value=metric.value, unit="share", n=metric.n, low=metric.low, high=metric.high, against=against)


def share(real: Sequence[Heard], none: Sequence[Heard], thresholds: tuple[float, float], *, quick: bool) -> Figure:
    """The box's recall in shares of YAMNet's, both at thresholds of equal false alarms."""
    ours = np.array([float(one.equal > 0) for one in real])
    theirs = np.array([float(one.yamnet >= thresholds[1]) for one in real])
    chosen, rest = [one for one in none if one.chooses], [one for one in none if not one.chooses]
    against = (
        f"{_by_level(real, ours, theirs)}; thresholds {thresholds[0]:.2f} / {thresholds[1]:.2f}, which {allowed_of(chosen)} of "
        f"{len(chosen)} streams without a shot reach; of the other {len(rest)} it were {sum(one.equal > 0 for one in rest)} / "
        f"{sum(one.yamnet >= thresholds[1] for one in rest)}{', short form' if quick else ''}"
    )
    return _share("recall_share_of_yamnet", real, (ours, theirs), against, SHARE)


def share_as_shipped(real: Sequence[Heard], none: Sequence[Heard], threshold: float, *, quick: bool) -> Figure:
    """The same with the box as it is shipped, and YAMNet at the threshold that as many of the choosing streams reach."""
    chosen, rest = [one for one in none if one.chooses], [one for one in none if not one.chooses]
    called = sum(one.shipped > 0 for one in chosen)
    other = threshold_at([one.yamnet for one in chosen], called)
    ours = np.array([float(one.shipped > 0) for one in real])
    theirs = np.array([float(one.yamnet >= other) for one in real])
    against = (
        f"{_by_level(real, ours, theirs)}; thresholds {threshold:.2f} as shipped / {other:.2f}, which {called} of "
        f"{len(chosen)} streams without a shot reach; of the other {len(rest)} it were "
        f"{sum(one.shipped > 0 for one in rest)} / {sum(one.yamnet >= other for one in rest)}{', short form' if quick else ''}"
    )
    return _share("recall_share_as_shipped", real, (ours, theirs), against, None)


def _by_level(real: Sequence[Heard], ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]) -> str:
    rows = [(snr_db, np.array([one.snr_db == snr_db for one in real])) for snr_db in SNRS_DB]
    told = (f"{ours[row].mean():.3f} / {theirs[row].mean():.3f} at {snr_db} dB" for snr_db, row in rows if row.any())
    return f"recall of box / YAMNet {', '.join(told)}"


def _share(
    name: str,
    real: Sequence[Heard],
    heard: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    against: str,
    target: float | None,
) -> Figure:
    """Sources are drawn for both together."""
    ours, theirs = heard
    outcomes = [Outcome(one.source, "", {}) for one in real]
    value, low, high = share_of(lambda weights: weights @ ours, lambda weights: weights @ theirs, outcomes)
    return Figure(
        name=name,
        value=value,
        unit="share",
        n=len(real),
        low=low,
        high=high,
        against=against,
        target=target,
        sense=Sense.AT_LEAST,
    )


def false_alarms(none: Sequence[Heard], threshold: float, *, quick: bool) -> Iterator[Figure]:
    """Incidents on what is no shot, by its kind."""
    note = f"at the shipped operating point ({threshold:.2f}){', short form' if quick else ''}"
    yield _alarms("false_alarms", none, note, None)
    for kind in KINDS:
        of = [one for one in none if one.kind == kind]
        if of:
            yield _alarms(f"false_alarms_{kind}", of, note, 0.0 if kind in NONE_ON else None)


def most_a_day(alarms: int, minutes: float) -> float:
    """Upper end of the exact 95% interval of a Poisson rate, a day."""
    return float(gammaincinv(alarms + 1, 0.95)) / minutes * MINUTES_A_DAY


def _alarms(name: str, of: Sequence[Heard], note: str, target: float | None) -> Figure:
    alarms, minutes = sum(one.shipped for one in of), sum(one.minutes for one in of)
    called = sum(one.shipped > 0 for one in of)
    against = (
        f"{minutes:.1f} minutes in {len(of)} streams, {called} of them called; at most {most_a_day(alarms, minutes):.0f} a day"
    )
    return Figure(
        name=name,
        value=float(alarms),
        unit="incidents",
        n=len(of),
        against=f"{against}; {note}",
        target=target,
        sense=Sense.EXACTLY,
    )


def _yamnet() -> YamnetEar | None:
    try:
        return YamnetEar(fetched() / "yamnet")
    except BundleError as error:
        print(f"skipped: gunshot-detect against YAMNet: {error}", file=sys.stderr)
        return None
