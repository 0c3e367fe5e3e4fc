"""Each mutant of ``make mutants`` still changes something, and points at tests that are there."""

from __future__ import annotations

import pytest

from tests.mutants import MUTANTS
from tests.mutants.mutant import ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.defence)
def test_a_mutant_changes_exactly_one_place(mutant: Mutant) -> None:
    assert mutant.occurrences() == 1, f"update the mutant in tests/mutants/: {mutant.file} has changed"
    assert mutant.new != mutant.old


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.defence)
def test_its_tests_are_there(mutant: Mutant) -> None:
    assert mutant.tests
    for name in mutant.tests:
        assert (ROOT / name.split("::", maxsplit=1)[0]).exists(), name
