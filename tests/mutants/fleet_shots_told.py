"""Defences of how shots are kept, told, judged and erased."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ROOM = "fleet/fusion/gunshot"
_TESTS = "tests/fleet/fusion/gunshot"
_JOB = (f"{_TESTS}/test_job.py",)
_KILLED = (f"{_TESTS}/test_killed.py",)
_BAD = (f"{_TESTS}/test_bad_input.py",)
_PRECISION = (f"{_TESTS}/test_precision.py",)
_STANDING = (f"{_TESTS}/test_standing.py",)
_ERASING = (f"{_TESTS}/test_erasing.py",)
_ASSOCIATE = (f"{_TESTS}/test_associate.py",)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "what a box says more takes the place of what it said",
        f"{_ROOM}/joining.py",
        "changed = self.association.replace(was, made, now)",
        "changed = self.association.add(made, now)",
        _JOB,
    ),
    Mutant(
        "with more shots known it is divided anew",
        f"{_ROOM}/associate.py",
        "if held.settled or not (before.synchronised and heard.synchronised) or timed > MOST:",
        "if True:",
        _ASSOCIATE,
    ),
    Mutant(
        "a word that waited in the outbox does not take the place of a later one",
        f"{_ROOM}/joining.py",
        "latest[0] == heard.boot and heard.seq <= latest[1]",
        "latest[0] == heard.boot and heard.seq == latest[1]",
        _JOB,
    ),
    Mutant(
        "people are told a few times a second at most",
        f"{_ROOM}/joining.py",
        "if 0 <= now - one.told_at < UPDATE_MS:",
        "if False:",
        _JOB,
    ),
    Mutant(
        "by the same nobody is told again",
        f"{_ROOM}/joining.py",
        "if one.told is not None and not materially(",
        "if one.told is not None and not (lambda *_: True)(",
        _KILLED,
    ),
    Mutant(
        "whoever follows puts back what is open",
        f"{_ROOM}/keeping.py",
        "                    joining.restore(_kept(row), members.get(row.id, ()), said)\n",
        "",
        _KILLED,
    ),
    Mutant(
        "whoever was overtaken writes nothing",
        f"{_ROOM}/keeping.py",
        "            if cursor(connection) != before:\n",
        "            if False:\n",
        _KILLED,
    ),
    Mutant(
        "nothing closes before all that came is joined",
        f"{_ROOM}/job.py",
        "        if len(words) == self._limit:\n            return 0.0\n",
        "",
        _KILLED,
    ),
    Mutant(
        "an incident that was part of another says of which",
        f"{_ROOM}/joining.py",
        "            kept = replace(kept, became=other, seen=seen, assessed=said)\n",
        "",
        _KILLED,
    ),
    Mutant(
        "one box cannot make all others wait",
        f"{_ROOM}/joining.py",
        "if not self._pace.allows(heard.device, heard.received):",
        "if False:",
        _BAD,
    ),
    Mutant(
        "a word at which the arithmetic fails stops nothing",
        f"{_ROOM}/job.py",
        "                self._failed.add(words[0].row)\n",
        "                pass\n",
        (f"{_BAD[0]}::test_a_word_at_which_the_arithmetic_fails_is_kept_and_all_others_are_joined",),
    ),
    Mutant(
        "the city is where most boxes are",
        f"{_ROOM}/job.py",
        "if lost and self._keeping.elsewhere(joining.plane, words):",
        "if False:",
        _BAD,
    ),
    Mutant(
        "nobody judges what one box says of shots",
        "fleet/oversight/verdicts.py",
        "event.c.incident == incident, JUDGED)",
        "event.c.incident == incident)",
        _PRECISION,
    ),
    Mutant(
        "what one box says of shots waits for nobody",
        "fleet/control_room/tail.py",
        ".where(JUDGED, t.event",
        ".where(t.event.c.incident.is_not(None), t.event",
        _PRECISION,
    ),
    Mutant(
        "of several verdicts on a shot the last one stands",
        f"{_ROOM}/precision.py",
        "verdict.c.row.in_(standing), ",
        "",
        _PRECISION,
    ),
    Mutant(
        "what people dismissed weighs",
        f"{_ROOM}/trust.py",
        "record.alone + judged.dismissed",
        "record.alone",
        _PRECISION,
    ),
    Mutant(
        "how boxes were counted is known after a restart",
        f"{_ROOM}/keeping.py",
        "                joining.association.trust.restore(",
        "                (lambda *_: None)(",
        _PRECISION,
    ),
    Mutant(
        "shots that nobody was told of do not count for a model",
        "fleet/rollouts/quality.py",
        "h.bundle == bundle, i.raised.is_not(None)",
        "h.bundle == bundle",
        _PRECISION,
    ),
    Mutant(
        "only an operator says how sure alerts of shots have to be",
        f"{_ROOM}/standing.py",
        "if not person.may(Right.HOLD_ALERTS):",
        "if False:",
        _STANDING,
    ),
    Mutant(
        "alerts are held for a day at most",
        f"{_ROOM}/standing.py",
        "if not at_ms < until_ms <= at_ms + LONGEST_MS:",
        "if not at_ms < until_ms:",
        _STANDING,
    ),
    Mutant(
        "held alerts go again by themselves",
        f"{_ROOM}/standing.py",
        "if held is not None and at_ms < held.until else None",
        "if held is not None else None",
        _STANDING,
    ),
    Mutant(
        "what is open is not erased",
        f"{_ROOM}/erasing.py",
        ".where(i.closed.is_not(None), over)",
        ".where(over)",
        _ERASING,
    ),
    Mutant(
        "what was dismissed is kept as long as what was confirmed",
        f"{_ROOM}/erasing.py",
        "was_judged = select(verdict.c.row).where(verdict.c.incident == i.id).exists()",
        'was_judged = select(verdict.c.row).where(verdict.c.incident == i.id, verdict.c.decision == "confirm").exists()',
        _ERASING,
    ),
    Mutant(
        "shots of which nothing was made are erased too",
        f"{_ROOM}/erasing.py",
        "self._alone,",
        "",
        _ERASING,
    ),
)
