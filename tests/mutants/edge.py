"""Defences of the agent: privacy guard, outbox, deadlines."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the outbox is synchronised to the disk",
        "edge/outbox/store.py",
        "PRAGMA synchronous=FULL",
        "PRAGMA synchronous=OFF",
        ("tests/edge/outbox/test_power_cut.py",),
    ),
    Mutant(
        "an alert is on disk before it travels",
        "edge/outbox/outbox.py",
        "if entry.priority > Priority.STATISTIC and entry.key in self._dirty:",
        "if entry.priority > Priority.ALERT and entry.key in self._dirty:",
        ("tests/edge/outbox/test_power_cut.py",),
    ),
    Mutant(
        "the accelerator has a deadline",
        "edge/runtime/deadline.py",
        "return self._head_since_s + self.allowed_s() if self._requests else None",
        "return None",
        ("tests/edge/runtime/test_accelerator_faults.py",),
    ),
    Mutant(
        "the guard lets listed fields pass only",
        "edge/guard/guard.py",
        "if field not in allowed:",
        "if field in ():",
        ("tests/edge/guard",),
    ),
    Mutant(
        "the guard lets listed types pass only",
        "edge/guard/guard.py",
        "if expected is None or type(body.observed) is not expected:",
        "if expected is None:",
        ("tests/edge/guard",),
    ),
    Mutant(
        "track boxes stay on the box",
        "edge/guard/guard.py",
        "    if not evaluation:",
        "    if evaluation is None:",
        ("tests/edge/guard",),
    ),
    Mutant(
        "a clock is put forward, never back",
        "edge/clockset.py",
        "    if wall < floor.at:",
        "    if wall != floor.at:",
        ("tests/edge/test_timefloor.py",),
    ),
    Mutant(
        "what is spoilt or missing proves no time",
        "edge/timefloor.py",
        "except (OSError, ValueError, OverflowError):",
        "except OSError:",
        ("tests/edge/test_timefloor.py",),
    ),
    Mutant(
        "where bytes are short windows grow",
        "edge/agent/pipeline.py",
        "            self._crowd.stretch = self.stretch\n",
        "            pass\n",
        ("tests/edge/agent/test_pipeline.py",),
    ),
    Mutant(
        "a clock that is behind begins no month",
        "edge/allowance.py",
        "if begins > before or (synchronised and begins < before):",
        "if begins != before:",
        ("tests/edge/test_allowance.py",),
    ),
    Mutant(
        "where bytes have run out no model is fetched",
        "edge/updates/sources.py",
        "max(self._ways.quiet.wait_s(self._ways.wall()), self._ways.wait_s())",
        "self._ways.quiet.wait_s(self._ways.wall())",
        ("tests/edge/updates/test_updates.py::test_row_63_where_bytes_have_run_out_nothing_is_fetched",),
    ),
    Mutant(
        "a hot box waits before it goes another step",
        "edge/ladder.py",
        "if self.step < highest and now_s - self._changed_s >= UP_S:",
        "if self.step < highest:",
        ("tests/edge/test_ladder.py",),
    ),
    Mutant(
        "the first camera never rests",
        "edge/ladder.py",
        "sources[: max(1, len(sources) - left)]",
        "sources[: max(0, len(sources) - left - 1)]",
        ("tests/edge/test_ladder.py",),
    ),
    Mutant(
        "what looks dies before what speaks",
        "edge/process.py",
        "    die_before_parent()\n    importlib",
        "    importlib",
        ("tests/edge/agent/test_agent.py::test_row_62_when_memory_runs_out_the_kernel_takes_what_looks_before_what_speaks",),
    ),
    Mutant(
        "a picture that is being written is nobody's",
        "edge/capture/ring.py",
        "        self._generation(slot.index)[0] = _BEING_WRITTEN\n",
        "",
        ("tests/edge/capture/test_ring.py",),
    ),
    Mutant(
        "what arrives of plates belongs together",
        "edge/infer/packed.py",
        "    if twice or outside or not np.isin(rows, looked_at).all():",
        "    if twice is None:",
        ("tests/edge/infer/test_packed.py",),
    ),
    Mutant(
        "columns that arrive are probabilities",
        "edge/infer/packed.py",
        "    elif (np.exp(np.minimum(columns, 1.0)).sum(axis=-1) > _ONE).any():",
        "    elif columns is None:",
        ("tests/edge/infer/test_packed.py",),
    ),
    Mutant(
        "what is printed of plates says nothing of them",
        "edge/infer/packed.py",
        "    def __repr__(self) -> str:",
        "    def printed(self) -> str:",
        ("tests/edge/infer/test_packed.py",),
    ),
)
