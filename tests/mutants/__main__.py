"""``make mutants``: take out each named defence and expect a red test.

``python -m tests.mutants [WORD...]`` tries those with one of the words in the defence's name or the file's.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.mutants import MUTANTS
from tests.mutants.laboratory import Laboratory


def main() -> int:
    """Try mutants; returns the exit status: 1 when one survives, 2 when no mutant has such a word."""
    words = sys.argv[1:]
    wanted = [mutant for mutant in MUTANTS if not words or any(word in mutant.defence or word in mutant.file for word in words)]
    if not wanted:
        print(f"no mutant has any of {words} in its defence or file; without words, all {len(MUTANTS)} are tried")  # noqa: T201
        return 2
    failed = 0
    with tempfile.TemporaryDirectory(prefix="lamplighter-mutants-") as folder:
        laboratory = Laboratory(Path(folder) / "tree")
        for mutant in wanted:
            fault = laboratory.survives(mutant)
            failed += fault is not None
            print(f"{'SURVIVES' if fault else 'killed  '}  {mutant.defence}{f': {fault}' if fault else ''}", flush=True)  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
