"""Defences of a box whose accelerator fails."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_TESTS = "tests/edge/runtime/test_fallback.py"

MUTANTS = (
    Mutant(
        "the processor looks while an accelerator fails",
        "edge/runtime/fallback.py",
        "return unit.failures >= TRIES",
        "return False",
        (f"{_TESTS}::test_the_processor_looks_and_the_accelerator_comes_back",),
    ),
    Mutant(
        "the processor looks while an accelerator refuses the model",
        "edge/runtime/fallback.py",
        "return any(unit.refused.get(order.name, 0) >= TRIES for order, _ in plan.held)",
        "return False",
        (f"{_TESTS}::test_it_is_not_taken_back_before_its_golden_vectors_come_out",),
    ),
    Mutant(
        "an accelerator is taken back once it is ready",
        "edge/runtime/fallback.py",
        "else _serves(unit, plan.instead))",
        "else False)",
        (f"{_TESTS}::test_the_processor_looks_and_the_accelerator_comes_back",),
    ),
    Mutant(
        "an accelerator is taken back with golden vectors only",
        "edge/runtime/fallback.py",
        "return unit.up and not any(order.name in unit.refused for order, _ in plan.held)",
        "return unit.up",
        (f"{_TESTS}::test_it_is_not_taken_back_before_its_golden_vectors_come_out",),
    ),
    Mutant(
        "an accelerator that stays away is tried ever more seldom",
        "edge/runtime/accelerator.py",
        "return self._policy.fallback_cap_s if self._substitute else None",
        "return None",
        (f"{_TESTS}::test_one_that_stays_away_is_no_restart_loop",),
    ),
    Mutant(
        "nobody stands in without leave",
        "edge/runtime/fallback.py",
        "if isinstance(first, NoPlan) or not source.fallback:",
        "if isinstance(first, NoPlan):",
        (f"{_TESTS}::test_without_leave_nobody_stands_in",),
    ),
    Mutant(
        "what the processor has in hand it answers when it is relieved",
        "edge/runtime/crew.py",
        "self.succession.dismiss(unit)",
        "unit.stop(0.0)",
        (f"{_TESTS}::test_no_picture_is_lost_when_it_is_taken_back",),
    ),
    Mutant(
        "pictures that wait go to who is to look",
        "edge/runtime/crew.py",
        ".issuperset(names_of(picture)):",
        ".issuperset((None,)):",
        (f"{_TESTS}::test_no_picture_is_lost_when_it_is_taken_back",),
    ),
    Mutant(
        "what the processor answers says nothing of the accelerator",
        "edge/runtime/fallback.py",
        "return Dropped(DropReason.ACCELERATOR_DOWN)",
        "return outcome",
        (f"{_TESTS}::test_what_the_processor_answers_does_not_speak_for_the_bundle",),
    ),
    Mutant(
        "the processor stands in with files that are here",
        "edge/runtime/planner.py",
        "msgspec.structs.replace(bundle.manifest, variants=here)",
        "bundle.manifest",
        ("tests/edge/runtime/test_planner.py::test_the_processor_stands_in_only_with_what_is_here",),
    ),
    Mutant(
        "a release is not blamed for an accelerator that fails",
        "edge/runtime/crew.py",
        "if unit is not None and unit.fails:",
        "if unit is None:",
        (f"{_TESTS}::test_a_release_is_not_blamed_for_an_accelerator_that_fails",),
    ),
    Mutant(
        "an update brings what the processor stands in with",
        "ota/device/resolve.py",
        "form_for(found.forms, box.standby)",
        "None",
        ("tests/ota/device/test_resolve.py::test_row_50_what_stands_in_is_fetched_too",),
    ),
    Mutant(
        "one that is stuck while it loads is killed",
        "edge/runtime/accelerator.py",
        "waits_s + self._policy.deadline.load_s",
        "waits_s + 30.0",
        (f"{_TESTS}::test_one_that_is_stuck_loading_is_killed_soon",),
    ),
    Mutant(
        "one that goes on loading is left to it",
        "edge/infer/alive.py",
        "            self._sign()",
        "            pass",
        (f"{_TESTS}::test_one_that_is_busy_loading_is_left_to_it",),
    ),
    Mutant(
        "models that are refused together are one failure",
        "edge/runtime/held.py",
        "            if self.retry_s is None:",
        "            if self.refused:",
        ("tests/edge/runtime/test_held.py",),
    ),
)
