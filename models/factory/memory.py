"""How much memory a model takes: growth of a fresh process from before it is loaded until after it has run.

``python -m models.factory.memory MODEL.onnx`` measures its own process. Rules: the runtime is imported before, so that only the
model counts; PSS shares pages with other processes by their number (proc_pid_smaps(5)), RSS counts them whole.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from models.factory.session import open_session
from models.factory.statistics import EvaluationError
from models.factory.timing import noise_for
from protocol.basis import Struct

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 3
"""The median of three: growth differs by whole arenas of the allocator, now and then."""
RUNS = 5
"""Inferences, after which the runtime's arenas have their size."""
PATIENCE_S = 120.0
_ROLLUP = Path("/proc/self/smaps_rollup")
_STATUS = Path("/proc/self/status")


class Memory(Struct, frozen=True):
    """Growth of a process by one variant; MB (1e6 bytes)."""

    variant: str
    pss_mb: float
    rss_mb: float
    peak_mb: float
    """Growth of the highest RSS that the process ever had: loading takes more than running."""
    processes: int


class _Sample(Struct, frozen=True):
    pss: float
    rss: float
    peak: float


def measure_memory(variant: str, model: Path, processes: int = PROCESSES) -> Memory:
    """Load and run an ONNX file in fresh processes; the median growth.

    Raises:
        EvaluationError: when the model cannot be run, or the kernel does not tell.
    """
    samples = [_fresh(model) for _ in range(processes)]

    def middle(of: str) -> float:
        return float(sorted(getattr(sample, of) for sample in samples)[len(samples) // 2])

    return Memory(variant, middle("pss"), middle("rss"), middle("peak"), processes)


def _fresh(model: Path) -> _Sample:
    command = [sys.executable, "-m", "models.factory.memory", str(model.resolve())]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        msg = f"{model}: not run within {PATIENCE_S:g} s in a fresh process; measure it on a quieter machine"
        raise EvaluationError(msg) from None
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
        msg = f"{model}: its memory cannot be measured ({last[0]})"
        raise EvaluationError(msg)
    return msgspec.json.decode(done.stdout, type=_Sample)


def _now() -> _Sample:
    try:
        rollup, status = _ROLLUP.read_text("ascii"), _STATUS.read_text("ascii", "replace")
    except OSError as error:
        msg = f"{error.filename}: {error.strerror}; measure memory on Linux 4.14 or later"
        raise EvaluationError(msg) from None
    lines = {line.split(":")[0]: line.split()[1] for line in (rollup + status).splitlines() if line.endswith(" kB")}
    pss, rss, peak = (float(lines[name]) * 1024 / 1e6 for name in ("Pss", "Rss", "VmHWM"))
    return _Sample(pss, rss, peak)


def main() -> None:
    """Measure this process and write its growth as JSON."""
    before = _now()
    session = open_session(Path(sys.argv[1]))
    feeds = noise_for(session)
    for _ in range(RUNS):
        session.run(None, feeds)
    after = _now()
    growth = _Sample(after.pss - before.pss, after.rss - before.rss, after.peak - before.peak)
    sys.stdout.buffer.write(msgspec.json.encode(growth))


if __name__ == "__main__":
    main()
