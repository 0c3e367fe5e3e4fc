"""A process that holds keys leaves no core dump, even where the system would write one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

DIES = """
import ctypes, os, resource, sys
from edge.lists.vault import refuse_dumps
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
if sys.argv[1] == "refuse":
    assert refuse_dumps() == ()
prctl = ctypes.CDLL(None).prctl
print(resource.getrlimit(resource.RLIMIT_CORE), prctl(3, 0, 0, 0, 0), flush=True)
os.chdir(sys.argv[2])
os.abort()
"""


def died(how: str, folder: Path) -> str:
    found = subprocess.run([sys.executable, "-c", DIES, how, str(folder)], capture_output=True, text=True, check=False)
    assert found.returncode == -signal.SIGABRT, found.stderr
    return found.stdout


def test_no_core_is_dumped(tmp_path: Path) -> None:
    assert died("refuse", tmp_path).split("\n")[0] == "(0, 0) 0"
    assert list(tmp_path.iterdir()) == []
    assert died("allow", tmp_path).split("\n")[0].endswith(" 1"), "else this test shows nothing"
