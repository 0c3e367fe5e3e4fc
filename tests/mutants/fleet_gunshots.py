"""Defences of how shots are located and joined."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ROOM = "fleet/fusion/gunshot"
_TESTS = "tests/fleet/fusion/gunshot"
_LOCATE = (f"{_TESTS}/test_locate.py",)
_ASSOCIATE = (f"{_TESTS}/test_associate.py",)
_BIAS = (f"{_TESTS}/test_bias.py",)
_EVIDENCE = (f"{_TESTS}/test_evidence.py",)
_RAISING = (f"{_TESTS}/test_raising.py",)
_DETECTIONS = (f"{_TESTS}/test_detections.py",)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a clock that is not set says nothing of when a shot was",
        f"{_ROOM}/rows.py",
        "timed = tuple(i for i, d in enumerate(heard) if d.synchronised)",
        "timed = tuple(range(len(heard)))",
        _LOCATE,
    ),
    Mutant(
        "a clock that is off by seconds is as good as not set",
        f"{_ROOM}/detections.py",
        "body.clock.synchronised and clock_s < _WORST_CLOCK_S",
        "body.clock.synchronised",
        _DETECTIONS,
    ),
    Mutant(
        "what a clock has yet to be moved by counts as doubt",
        f"{_ROOM}/detections.py",
        "return min(math.hypot(sigma, clock.offset_ms / 1e3), _MOST_CLOCK_S)",
        "return sigma",
        _DETECTIONS,
    ),
    Mutant(
        "numbers that are not finite make no detection",
        f"{_ROOM}/detections.py",
        "if not all(map(math.isfinite, numbers)):",
        "if False:",
        _DETECTIONS,
    ),
    Mutant(
        "a box that hears around the corner does not move the shot",
        f"{_ROOM}/suppositions.py",
        "for depth in range(_MOST_DOUBTED):",
        "for depth in range(0):",
        _LOCATE,
    ),
    Mutant(
        "of three boxes each may be late, and the ellipse is as large",
        f"{_ROOM}/suppositions.py",
        "for state in (_LATE, _STRAY):",
        "for state in (_STRAY,):",
        _LOCATE,
    ),
    Mutant(
        "doubt about the place is in the ellipse",
        f"{_ROOM}/locate.py",
        'np.einsum("h,hij->ij", weight, spread) + np.einsum("h,hi,hj->ij", weight, off, off)',
        'np.einsum("h,hij->ij", weight, spread)',
        _LOCATE,
    ),
    Mutant(
        "the ellipse grows with residuals larger than the sigmas say",
        f"{_ROOM}/locate.py",
        "    covariance = covariance * scale\n",
        "",
        _LOCATE,
    ),
    Mutant(
        "a told position is as unsure as it says",
        f"{_ROOM}/rows.py",
        "clocks + np.diag(place_s**2 + AIR_SIGMA_S**2)",
        "clocks + np.diag(0 * place_s + AIR_SIGMA_S**2)",
        _LOCATE,
    ),
    Mutant(
        "work for one shot is bounded",
        f"{_ROOM}/locate.py",
        "        if rows > MOST_ROWS:\n            break\n",
        "",
        _LOCATE,
    ),
    Mutant(
        "what the place of a shot explains as well teaches nothing about clocks",
        f"{_ROOM}/bias.py",
        "left = inverse - inverse @ slope @ spread @ slope.T @ inverse",
        "left = inverse",
        _BIAS,
    ),
    Mutant(
        "a clock's bias is forgotten in time",
        f"{_ROOM}/bias.py",
        "        self._age(now)\n",
        "",
        _BIAS,
    ),
    Mutant(
        "what was sent twice counts once",
        f"{_ROOM}/associate.py",
        "        if self._open.holding(heard) is not None:\n            return []\n",
        "",
        _ASSOCIATE,
    ),
    Mutant(
        "open detections are bounded",
        f"{_ROOM}/associate.py",
        "while self._open.detections >= MOST_OPEN:",
        "while False:",
        _ASSOCIATE,
    ),
    Mutant(
        "a detection is looked at with a bounded number of others",
        f"{_ROOM}/associate.py",
        "if timed and len(detections) + len(timed) <= MOST:",
        "if timed:",
        _ASSOCIATE,
    ),
    Mutant(
        "a box that always shouts weighs less",
        f"{_ROOM}/evidence.py",
        "return found if len({d.node for d in heard}) > 1 else found * best",
        "return found",
        _EVIDENCE,
    ),
    Mutant(
        "a box is not blamed for what no neighbour could have heard",
        f"{_ROOM}/associate.py",
        " and self._has_neighbours(incident.detections[0]):",
        ":",
        _ASSOCIATE,
    ),
    Mutant(
        "an echo is not a second shot",
        f"{_ROOM}/associate.py",
        "incident = replace(incident, echo_of=self._echo(incident))",
        "incident = replace(incident, echo_of=None)",
        _ASSOCIATE,
    ),
    Mutant(
        "one sound heard by many is not surer than what each says",
        f"{_ROOM}/evidence.py",
        "odds = max(",
        "odds = sum(",
        _EVIDENCE,
    ),
    Mutant(
        "an echo is never raised",
        f"{_ROOM}/raising.py",
        "incident.echo_of is None and incident.probability",
        "incident.probability",
        _RAISING,
    ),
    Mutant(
        "alerts held to high confidence are fewer",
        f"{_ROOM}/raising.py",
        "LEAST[standard if",
        "LEAST[Standard.NORMAL if",
        _RAISING,
    ),
    Mutant(
        "a box that begins to shout raises one alert, not one a minute",
        f"{_ROOM}/associate.py",
        "self.trust.of(d.node, self._open.alone[d.node])",
        "self.trust.of(d.node)",
        (*_ASSOCIATE, *_RAISING),
    ),
    Mutant(
        "whoever heard it in a barrage says less than who heard it out of the quiet",
        f"{_ROOM}/evidence.py",
        "_clearness(d.snr_db) * ",
        "",
        _EVIDENCE,
    ),
    Mutant(
        "a box that shouts does not speak for others",
        f"{_ROOM}/evidence.py",
        "max(t / best * ",
        "max(",
        _EVIDENCE,
    ),
)
