"""Defences of sound: that it stays where it is, and that a microphone which hears nothing says so."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SOUND = "tests/edge/capture/sound"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "no core dump holds sound",
        "edge/dumps.py",
        'NO_MEMORY = "0"',
        'NO_MEMORY = "33"',
        (f"{_SOUND}/test_nothing_left.py",),
    ),
    Mutant(
        "nor one that is written to a file",
        "edge/dumps.py",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
        "resource.getrlimit(resource.RLIMIT_CORE)",
        (f"{_SOUND}/test_nothing_left.py",),
    ),
    Mutant(
        "a channel that never moves is silent",
        "edge/capture/sound/watch.py",
        "np.where(second.moved, 0, self._dead + 1)",
        "np.zeros_like(self._dead)",
        (f"{_SOUND}/test_watch.py",),
    ),
    Mutant(
        "full scale for long is clipped",
        "edge/capture/sound/watch.py",
        "| (self._run >= policy.clipped_s)",
        "| (self._run < 0)",
        (f"{_SOUND}/test_watch.py",),
    ),
    Mutant(
        "a recording with too few samples a second is refused",
        "edge/capture/sound/file.py",
        "if rate_hz < self._rate_hz:",
        "if rate_hz < 0:",
        (f"{_SOUND}/test_file.py",),
    ),
    Mutant(
        "only local files are opened, whatever a playlist asks for",
        "edge/capture/sound/file.py",
        'options={"protocol_whitelist": "file"}',
        'options={"protocol_whitelist": "file,http,tcp", "allowed_extensions": "ALL"}',
        (f"{_SOUND}/test_file.py",),
    ),
    Mutant(
        "what is over by the wall clock is not told with a time that is wrong",
        "edge/capture/sound/wallclock.py",
        "return None if now_s - due_s > MAX_LAG_S else due_s",
        "return max(due_s, now_s)",
        (f"{_SOUND}/test_wallclock.py",),
    ),
    Mutant(
        "what listens forgets what came before a hole",
        "edge/capture/sound/worker.py",
        "                self._watch.overran()\n                self._forget(listener)",
        "                self._watch.overran()",
        (f"{_SOUND}/test_worker.py",),
    ),
    Mutant(
        "health of a microphone is progress",
        "edge/runtime/microphone.py",
        "if now_s < min(self._sign_s, self._progress_s):",
        "if now_s < self._sign_s:",
        ("tests/edge/runtime/test_microphones.py",),
    ),
    Mutant(
        "an incident ends with its microphone",
        "edge/agent/ears.py",
        "if openings.get(name) != opening)",
        "if openings is None)",
        ("tests/edge/agent/test_ears.py",),
    ),
    Mutant(
        "what only listening can tell of a microphone is told",
        "edge/capture/sound/worker.py",
        "self._ail((*self._watch.faults, *listener.faults))",
        "self._ail(self._watch.faults)",
        (f"{_SOUND}/test_worker.py",),
    ),
    Mutant(
        "a driver's samples that are no numbers are silence",
        "edge/capture/sound/alsa.py",
        "yield Block(clean(samples), first, at)",
        "yield Block(samples, first, at)",
        (f"{_SOUND}/test_alsa.py",),
    ),
    Mutant(
        "a blast that overloads the microphone leaves a doubt about the count",
        "edge/analytics/gunshot/incident.py",
        "if self.hearing.clipped >= OVERLOADED:",
        "if self.hearing.clipped > 1:",
        ("tests/edge/analytics/gunshot/test_bad_input.py",),
    ),
    Mutant(
        "and about its onset",
        "edge/analytics/gunshot/opening.py",
        "cut_off = OVERLOADED_S * rate if heard.clipped >= OVERLOADED else 0.0",
        "cut_off = 0.0",
        ("tests/edge/analytics/gunshot/test_bad_input.py",),
    ),
)
