"""Defences of what the manager joins: reads kept and erased, clones, searches."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_CLONES = ("tests/fleet/fusion/anpr/test_clones.py",)
_ERASING = ("tests/fleet/fusion/anpr/test_erasing.py",)
_SEARCH = ("tests/fleet/fusion/anpr/test_search.py",)
_HITS = "tests/fleet/control_room/test_browser_hits.py"
_REPEATS = "tests/fleet/control_room/test_browser_repeats.py"
_ASKING = "tests/fleet/control_room/test_browser_plates.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "after a month it needs a prosecutor's decision",
        "fleet/fusion/anpr/disclosing.py",
        "    if purpose.decision and asked.decision.strip():\n",
        "    if purpose.decision:\n",
        _SEARCH,
    ),
    Mutant(
        "after a month an administrative purpose shows nothing, whatever was decided",
        "fleet/fusion/anpr/disclosing.py",
        "    if purpose.decision and asked.decision.strip():\n",
        "    if asked.decision.strip():\n",
        _SEARCH,
    ),
    Mutant(
        "whoever may not see plates is not told which alerts are one vehicle",
        "fleet/control_room/web/repeats.js",
        "hit?.plate ? `",
        "hit ? `",
        (f"{_HITS}::test_whoever_may_not_ask_about_plates_sees_the_alert_without_the_plate",),
    ),
    Mutant(
        "a hit that waits is not hidden behind one of the same plate that is judged",
        "fleet/control_room/web/repeats.js",
        "?? hits.find((one) => !one.verdict) ??",
        "??",
        (f"{_REPEATS}::test_hits_of_one_plate_are_one_card_with_a_verdict_for_each",),
    ),
    Mutant(
        "what is typed about one hit is not said of another",
        "fleet/control_room/web/alerts.js",
        '    watch(() => incident.value.id, () => clear(), { flush: "sync" });',
        "    ",
        (f"{_REPEATS}::test_what_is_typed_about_one_hit_is_kept_for_it_and_never_said_of_another",),
    ),
    Mutant(
        "a path that reaches further than a month asks for a prosecutor's decision",
        "fleet/control_room/web/path.js",
        "if (far.value && !form.decision.trim())",
        "if (false)",
        (f"{_REPEATS}::test_what_is_older_than_a_month_is_shown_with_a_prosecutors_decision",),
    ),
    Mutant(
        "beside a hit nothing is said of those that need a decision",
        "fleet/fusion/anpr/search.py",
        "            same = (of.folded == found.folded, of.purpose == found.purpose, of.since >= earliest)\n            hits =",
        "            same = (of.folded == found.folded, of.purpose == found.purpose)\n            hits =",
        _SEARCH,
    ),
    Mutant(
        "who asks without a time is shown no more than a month",
        "fleet/fusion/anpr/search.py",
        "table.c.since >= earliest, ",
        "",
        _SEARCH,
    ),
    Mutant(
        "an alert that nobody confirmed goes in time",
        "fleet/fusion/anpr/erasing.py",
        "self._clones, self._unconfirmed, self._without_row",
        "self._clones, self._without_row",
        _ERASING,
    ),
    Mutant(
        "of two verdicts on an alert the later one says whether it stays",
        "fleet/fusion/anpr/erasing.py",
        "verdict.c.decision == Decision.CONFIRM.value, not_(changed))",
        "verdict.c.decision == Decision.CONFIRM.value)",
        _ERASING,
    ),
    Mutant(
        "a clock that is not synchronised gives no verdict on clones",
        "fleet/fusion/anpr/passages.py",
        "np.flatnonzero(reads.synchronised & np.isfinite(reads.at_s))",
        "np.flatnonzero(np.isfinite(reads.at_s))",
        _CLONES,
    ),
    Mutant(
        "what a clock says of its error is allowed for",
        "fleet/fusion/anpr/clones.py",
        "allowed = CLOCK_Z * np.hypot(sigma[:-1], sigma[1:]) + GRACE_S",
        "allowed = np.full(len(took), GRACE_S)",
        _CLONES,
    ),
    Mutant(
        "cameras on one pole see one passage",
        "fleet/fusion/anpr/passages.py",
        "(place[1:] == place[:-1]) & (np.diff(at_s) <= POLE_S)",
        "(place[1:] == place[:-1]) & (np.diff(at_s) < 0)",
        _CLONES,
    ),
    Mutant(
        "one read that may be wrong is counted once, however many contradictions it makes",
        "fleet/fusion/anpr/clones.py",
        "        cover = _cover(at, wrong)",
        "        cover = [int(v) for v in at]",
        _CLONES,
    ),
    Mutant(
        "an unsure reading weighs less",
        "fleet/fusion/anpr/clones.py",
        "wrong = np.maximum(1.0 - reads.posterior[seen.row], LEAST_WRONG)",
        "wrong = np.full(len(seen.row), LEAST_WRONG)",
        _CLONES,
    ),
    Mutant(
        "a camera that contradicts all others is not believed",
        "fleet/fusion/anpr/clones.py",
        "        doubted[worst] = True",
        "        return doubted",
        _CLONES,
    ),
    Mutant(
        "an event is erased with its row",
        "fleet/fusion/anpr/erasing.py",
        "                connection.execute(delete(event).where(event.c.row.in_(rows)))",
        "                pass",
        _ERASING,
    ),
    Mutant(
        "what is kept for a purpose that there is not any more is erased",
        "fleet/fusion/anpr/erasing.py",
        "return or_(table.c.purpose.not_in(list(days)), *known)",
        "return or_(*known)",
        _ERASING,
    ),
    Mutant(
        "what is deleted is overwritten on the disk",
        "fleet/store/database.py",
        '"secure_delete=ON"',
        '"secure_delete=OFF"',
        _ERASING,
    ),
    Mutant(
        "the journal is emptied after an erasure",
        "fleet/fusion/erasing.py",
        '        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")',
        "        pass",
        _ERASING,
    ),
    Mutant(
        "sent again it is as old as it was",
        "fleet/fusion/anpr/keeping.py",
        '"since": min(at, row.received) if body.clock.synchronised else row.received,',
        '"since": row.received,',
        _ERASING,
    ),
    Mutant(
        "events are worked once whoever is killed when",
        "fleet/fusion/anpr/keeping.py",
        '.on_conflict_do_nothing(index_elements=["event"])',
        "",
        ("tests/fleet/fusion/anpr/test_keeping.py",),
    ),
    Mutant(
        "nobody is told again by the same contradictions",
        "fleet/fusion/anpr/suspects.py",
        "if before is not None and clone.contradictions <= before.contradictions:",
        "if before is not None and clone.contradictions < before.contradictions:",
        ("tests/fleet/fusion/anpr/test_suspects.py",),
    ),
    Mutant(
        "a question about plates needs a reason",
        "fleet/fusion/anpr/disclosing.py",
        "        raise PurposeError(str(error)) from None\n    check_reason(asked.reason)",
        "        raise PurposeError(str(error)) from None",
        _SEARCH,
    ),
    Mutant(
        "a path needs a reason",
        "fleet/fusion/anpr/search.py",
        "            check_reason(reason)\n            purpose = check(asked, self.policy) if found.purpose else UNKNOWN\n",
        "            purpose = self.policy.purposes.get(found.purpose, UNKNOWN)\n",
        _SEARCH,
    ),
    Mutant(
        "purposes are never joined",
        "fleet/fusion/anpr/search.py",
        "mine = [table.c.purpose == asked.purpose, table.c.since",
        "mine = [table.c.since",
        _SEARCH,
    ),
    Mutant(
        "the stream of events shows no plates",
        "fleet/api/stream.py",
        '    shown["body"] = withhold(stored.type, stored.schema == SCHEMA, shown["body"])',
        "",
        ("tests/fleet/api/test_plates.py",),
    ),
    Mutant(
        "a page of somebody who may not ask about plates gets none",
        "fleet/control_room/hub.py",
        "page.offer(encoded if page.plates else bare)",
        "page.offer(encoded)",
        ("tests/fleet/control_room/test_plates.py",),
    ),
    Mutant(
        "the page of questions is of those who may ask them",
        "fleet/control_room/pages.py",
        '"plates": Right.SEARCH_PLATES',
        '"plates": Right.SEE',
        (f"{_ASKING}::test_a_role_that_may_not_ask_has_no_such_page",),
    ),
    Mutant(
        "for which purposes may be asked is told to those who may",
        "fleet/control_room/purposes.py",
        "        check_role(who)\n",
        "",
        (f"{_ASKING}::test_a_role_that_may_not_ask_has_no_such_page",),
    ),
    Mutant(
        "a question without a reason is not sent",
        "fleet/control_room/web/plates.js",
        "if (!form.reason.trim()) return",
        "if (false) return",
        (f"{_ASKING}::test_where_a_plate_was_read",),
    ),
)
