"""Defences of rollouts."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a rollout stops when its error budget is reached, not when it is passed",
        "fleet/rollouts/brake.py",
        "if tally.failed and tally.failed * WHOLE >= hundredths",
        "if tally.failed and tally.failed * WHOLE > hundredths",
        ("tests/fleet/rollouts/test_brake.py",),
    ),
    Mutant(
        "a group of which nobody came to an end is never passed",
        "fleet/rollouts/brake.py",
        "needed = max(1, min(group.minimum, tally.size))",
        "needed = min(group.minimum, tally.size)",
        ("tests/fleet/rollouts/test_brake.py",),
    ),
    Mutant(
        "the next group waits until the one before has passed",
        "fleet/rollouts/scheduler.py",
        "return Outlook(None, words, passed=isinstance(judged, Pass))",
        "return Outlook(None, words, passed=True)",
        ("tests/fleet/rollouts/test_life.py",),
    ),
    Mutant(
        "a second person approves",
        "fleet/rollouts/decisions.py",
        "if found.state is RolloutState.PLANNED and found.planned_by == person.name:",
        "if found.state is RolloutState.PLANNED and found.planned_by == '':",
        ("tests/fleet/rollouts/test_life.py",),
    ),
    Mutant(
        "nothing runs that nobody approved",
        "fleet/rollouts/states.py",
        "    _R.PLANNED: frozenset({_R.APPROVED, _R.ABORTED}),",
        "    _R.PLANNED: frozenset({_R.APPROVED, _R.ABORTED, _R.RUNNING}),",
        ("tests/fleet/rollouts/test_states.py",),
    ),
    Mutant(
        "a paused rollout gives no order",
        "fleet/rollouts/issue.py",
        "if found.state is not RolloutState.RUNNING or found.joined_at is None:",
        "if found.state not in ACTIVE or found.joined_at is None:",
        ("tests/fleet/rollouts/test_life.py",),
    ),
    Mutant(
        "an order never loses its windows",
        "fleet/rollouts/issue.py",
        "no_window = hours is not None and not windows",
        "no_window = False",
        ("tests/fleet/rollouts/test_overdue.py",),
    ),
    Mutant(
        "orders of a rollout that was stopped are taken back",
        "fleet/rollouts/scheduler.py",
        "more |= self._issuer.withdraw(found.number) > 0",
        "more |= False",
        ("tests/fleet/rollouts/test_life.py",),
    ),
    Mutant(
        "two rollouts never want one box",
        "fleet/rollouts/conflicts.py",
        "    if shared:\n",
        "    if not shared:\n        return\n    if len(shared) > 10**9:\n",
        ("tests/fleet/rollouts/test_membership.py",),
    ),
    Mutant(
        "a box that was replaced begins anew",
        "fleet/rollouts/membership.py",
        "return member.state not in {BoxState.WAITING, BoxState.ASIDE} and member.key != box.key",
        "return member.state is BoxState.ASIDE and member.key == ''",
        ("tests/fleet/rollouts/test_membership.py",),
    ),
    Mutant(
        "whoever is next in line is not drawn into a canary that has its boxes",
        "fleet/rollouts/cohort.py",
        "if not taken and number not in filled:",
        "if not taken:",
        ("tests/fleet/rollouts/test_membership.py",),
    ),
    Mutant(
        "a report counts when its box has signed it",
        "fleet/rollouts/intake.py",
        "flag = classify(one.report, order.given if order else None) if one.genuine else Flag.FORGED",
        "flag = classify(one.report, order.given if order else None)",
        ("tests/fleet/rollouts/test_intake.py",),
    ),
    Mutant(
        "a report counts for the order that it names",
        "fleet/rollouts/verification.py",
        "if (report.bundle, report.release, report.nonce) != (given.bundle, given.release, given.nonce):",
        "if report.nonce != given.nonce:",
        ("tests/fleet/rollouts/test_verification.py",),
    ),
    Mutant(
        "a report counts under a counter that was sent",
        "fleet/rollouts/verification.py",
        "if not given.first_counter <= report.counter <= given.last_counter:",
        "if report.counter < 0:",
        ("tests/fleet/rollouts/test_verification.py",),
    ),
    Mutant(
        "a report counts once",
        "fleet/rollouts/verification.py",
        "    if reached is given.state:\n        return Flag.DOUBLED",
        "    if reached is given.state:\n        return Flag.COUNTED",
        ("tests/fleet/rollouts/test_verification.py",),
    ),
    Mutant(
        "time without power does not count against a box",
        "fleet/rollouts/overdue.py",
        "return seconds_inside(hours, _moment(since), _moment(until)) >= plan.timeout_s",
        "return bool(hours) or True",
        ("tests/fleet/rollouts/test_overdue.py",),
    ),
    Mutant(
        "the time of a box begins with its acceptance",
        "fleet/rollouts/overdue.py",
        "began, oldest = b.accepted_at, ",
        "began, oldest = b.ordered_at, ",
        ("tests/fleet/rollouts/test_overdue.py",),
    ),
    Mutant(
        "the counter of orders rises whatever the clock says",
        "fleet/rollouts/orders.py",
        "counter = max(self.counter + 1, self.now)",
        "counter = self.now",
        ("tests/fleet/rollouts/test_orders.py",),
    ),
    Mutant(
        "a repository that is not signed as its root asks is not read",
        "fleet/rollouts/repository.py",
        "root.signed.verify_delegate(role, found.signed_bytes, found.signatures)",
        "root.signed.roles[role]",
        ("tests/fleet/rollouts/test_repository.py",),
    ),
    Mutant(
        "reports are worked in the transaction that says so",
        "fleet/rollouts/intake.py",
        "                self._work(connection, said)\n",
        "                _move_cursor(connection, rows[-1].row)\n"
        "        with writing(self._engine) as connection:\n"
        "            if said:\n"
        "                self._work(connection, said)\n",
        ("tests/fleet/rollouts/test_killed.py",),
    ),
)
