"""Trying mutants in a copy of the tree.

Rules:

- The working copy is never touched. One copy, of 60 MB, serves all mutants: what is compiled in it stays so.
- What a mutant compiles is not kept: a compiled file is known by second and size, and a mutant may have both of the original's.
- Tests are seen green without the mutant first, once for all mutants that name the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.mutants.mutant import ROOT, Mutant

LONGEST_S = 600
"""A mutant may make tests wait for what never comes; each has its own limit, and this is for all of them."""


class Laboratory:
    """A copy of the tree: all files but those that git ignores.

    Args:
        tree: where the copy goes; must not be there yet.
    """

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._faults: dict[tuple[str, ...], str | None] = {}
        listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
        listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in filter(None, listed.split("\0")):
            target = tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)

    def survives(self, mutant: Mutant) -> str | None:
        """Try one mutant. Returns what is wrong, or ``None`` when its tests killed it."""
        if mutant.occurrences() != 1:
            return f"its text stands {mutant.occurrences()} times in {mutant.file}, expected once"
        if mutant.tests not in self._faults:
            before = self._run(mutant.tests, keep=True)
            self._faults[mutant.tests] = (before.stdout + before.stderr)[-2000:] if before.returncode else None
        if (fault := self._faults[mutant.tests]) is not None:
            return f"its tests are red without it:\n{fault}"
        path = self._tree / mutant.file
        path.write_text(path.read_text("utf-8").replace(mutant.old, mutant.new), "utf-8")
        try:
            after = self._run(mutant.tests, keep=False)
        finally:
            shutil.copy2(ROOT / mutant.file, path)
        if after.returncode == 0:
            return "no test noticed"
        if after.returncode != 1:
            return f"the tests did not run (status {after.returncode}):\n{after.stdout[-2000:]}{after.stderr[-2000:]}"
        return None

    def _run(self, tests: tuple[str, ...], *, keep: bool) -> subprocess.CompletedProcess[str]:
        compiled = {} if keep else {"PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *tests]
        env = {**os.environ, "PYTHONPATH": str(self._tree), **compiled}
        try:
            return subprocess.run(
                command, cwd=self._tree, env=env, capture_output=True, text=True, timeout=LONGEST_S, check=False
            )
        except subprocess.TimeoutExpired:
            said = f"they still ran after {LONGEST_S} s; name those only that notice it"
            return subprocess.CompletedProcess(command, 124, said, "")
