"""Defences of the agent while a model is replaced."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SWITCH = ("tests/edge/runtime/test_switch.py",)
_UPDATES = ("tests/edge/updates/test_updates.py",)
_TALLY = ("tests/edge/runtime/test_tally.py",)
_LISTENING = ("tests/edge/updates/test_listening.py",)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "what was asked before the switch is answered by the old process",
        "edge/runtime/succession.py",
        "            if ending.unit.busy:\n",
        "            if ending.unit.busy and ending.unit.stop(0.0) is not None:\n",
        _SWITCH,
    ),
    Mutant(
        "a process takes over when it is ready, not before",
        "edge/runtime/succession.py",
        "not rehearsal.ready or rehearsal.unit.busy or",
        "",
        _SWITCH,
    ),
    Mutant(
        "an event names the model that looked",
        "edge/runtime/runtime.py",
        "self._crew.plan(view.unit.config.id, order) or (view.plan if isinstance(view.plan, Plan) else None)",
        "view.plan if isinstance(view.plan, Plan) else None",
        _SWITCH,
    ),
    Mutant(
        "a rehearsed release that fails is given no second chance",
        "edge/runtime/rehearsal.py",
        "if fatal and not self.fault:",
        "if fatal and self.fault:",
        _SWITCH,
    ),
    Mutant(
        "a rehearsal sees rings that come later",
        "edge/runtime/crew.py",
        "for unit in (*self, *self.succession.units):\n            unit.know(ring)",
        "for unit in self:\n            unit.know(ring)",
        _SWITCH,
    ),
    Mutant(
        "beside a second process two pictures of a live source may wait",
        "edge/runtime/crew.py",
        "_WAIT_BESIDE = 2",
        "_WAIT_BESIDE = 1",
        _SWITCH,
    ),
    Mutant(
        "two answers agree by class",
        "edge/runtime/agreement.py",
        "overlap[one.classes[:, None] != other.classes[None, :]] = 0.0",
        "overlap[one.classes[:, None] < -1] = 0.0",
        _TALLY,
    ),
    Mutant(
        "each detection has one partner",
        "edge/runtime/agreement.py",
        "overlap[i, :] = overlap[:, j] = 0.0",
        "overlap[i, j] = 0.0",
        _TALLY,
    ),
    Mutant(
        "a picture that no accelerator took was asked for",
        "edge/runtime/tally.py",
        "case Dropped(reason) if reason not in _NOT_ASKED:\n                self.asked += 1",
        "case Dropped(reason) if reason not in _NOT_ASKED:\n                self.asked += 0",
        _TALLY,
    ),
    Mutant(
        "orders are verified before they are taken",
        "edge/updates/updates.py",
        "self._machine.take(self._sources.verify(signed, self._place.fleet, self._place.device))",
        "self._machine.take(read_orders(signed))",
        _UPDATES,
    ),
    Mutant(
        "a release whose files rot is not begun with",
        "edge/updates/updates.py",
        "                if not fault:\n",
        "                if fault is not None:\n",
        _UPDATES,
    ),
    Mutant(
        "golden vectors decide",
        "edge/updates/trial.py",
        "found = Golden(not rehearsal.fault, rehearsal.fault, rehearsal.warm_ms, memory)",
        "found = Golden(True, rehearsal.fault, rehearsal.warm_ms, memory)",
        _UPDATES,
    ),
    Mutant(
        "what is only proven takes nobody's place",
        "edge/runtime/succession.py",
        "if rehearsal is None or not rehearsal.cast.looks:",
        "if rehearsal is None:",
        _SWITCH,
    ),
    Mutant(
        "golden vectors decide also where nothing is looked at",
        "edge/infer/proof.py",
        "    proven(found, run, order)",
        "    least_s = 0.001",
        _LISTENING,
    ),
    Mutant(
        "what listens is held against the old one's time",
        "ota/device/trying.py",
        "judge_golden(found, found.old_latency_ms, self._criteria)",
        "judge_golden(found, None, self._criteria)",
        _LISTENING,
    ),
    Mutant(
        "what should listen and does not is asked",
        "edge/runtime/microphone.py",
        "self._failures + unheard, unheard",
        "self._failures, False",
        _LISTENING,
    ),
    Mutant(
        "a microphone's own fault is not held against what listens",
        "edge/runtime/microphone.py",
        "unheard=fault.code in _NOT_ITS_OWN",
        "unheard=fault.code is not None",
        _LISTENING,
    ),
    Mutant(
        "the end of the agent is a farewell",
        "edge/updates/updates.py",
        "            self._awake.clear()\n        self._machine.stop()",
        "            self._awake.clear()",
        _UPDATES,
    ),
)
