"""Defences of what listens for shots on the box."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_TESTS = "tests/edge/analytics/gunshot/"
_ONSETS = (f"{_TESTS}test_onsets.py",)
_PICK = (f"{_TESTS}test_pick.py",)
_PICTURES = (f"{_TESTS}test_pictures.py",)
_ANALYTICS = (f"{_TESTS}test_analytics.py",)
_DIRECTION = (f"{_TESTS}test_direction.py",)
_ROUNDS = (f"{_TESTS}test_rounds.py",)
_SHOCK = (f"{_TESTS}test_shock.py",)
_CLOCK = ("tests/edge/capture/sound/test_sampleclock.py",)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a volley that is believed at a later round begins at its first",
        "edge/analytics/gunshot/analytics.py",
        "begin, [*held, *waiting])",
        "begin, waiting)",
        _ANALYTICS,
    ),
    Mutant(
        "one window does not speak for all",
        "edge/analytics/gunshot/confirm.py",
        "float(np.mean(scores))",
        "float(np.max(scores))",
        (f"{_TESTS}test_confirm.py",),
    ),
    Mutant(
        "onsets do not depend on how a stream was cut",
        "edge/analytics/gunshot/onsets.py",
        "        self._held = self._held[begin:].copy()\n",
        "        self._held = self._held[-2 * self._reach :].copy()\n",
        _ONSETS,
    ),
    Mutant(
        "wind and offsets are no onsets",
        "edge/analytics/gunshot/onsets.py",
        "np.abs(without_rumble(sound, self._rate))",
        "np.abs(sound[self._reach : -self._reach])",
        _ONSETS,
    ),
    Mutant(
        "rumble that can be foretold is not picked for a front",
        "edge/analytics/gunshot/pick.py",
        "off[ORDER:] - past @ weights",
        "off[ORDER:]",
        _PICK,
    ),
    Mutant(
        "a front is looked for as long after its detection as that may be early",
        "edge/analytics/gunshot/pick.py",
        "AFTER_S = 0.007\n",
        "AFTER_S = 0.004\n",
        _PICK,
    ),
    Mutant(
        "samples that are no numbers are silence",
        "edge/analytics/gunshot/rumble.py",
        "np.nan_to_num(np.asarray(sound, np.float32), nan=0.0, posinf=1.0, neginf=-1.0)",
        "np.asarray(sound, np.float32)",
        _ONSETS,
    ),
    Mutant(
        "sound that is forgotten is overwritten",
        "edge/analytics/gunshot/ring.py",
        "        self._sound[:] = 0\n        self._since = self.end\n",
        "        self._since = self.end\n",
        (*_PICTURES, *_ANALYTICS),
    ),
    Mutant(
        "what is older than five seconds is not handed out",
        "edge/analytics/gunshot/ring.py",
        "return max(self._since, self.end - self._sound.shape[1])",
        "return self._since",
        _PICTURES,
    ),
    Mutant(
        "bands do not outlive the sound that they are of",
        "edge/analytics/gunshot/analytics.py",
        "        self._windows.expire(self._ring.begin)\n",
        "",
        _ANALYTICS,
    ),
    Mutant(
        "a shot is told only when the network confirms it",
        "edge/analytics/gunshot/analytics.py",
        "        if verdict.probability < LEAST:\n",
        "        if verdict.probability < 0:\n",
        _ANALYTICS,
    ),
    Mutant(
        "a shot that follows something else is not lost with it",
        "edge/analytics/gunshot/analytics.py",
        "            self._waiting = [onset for onset in waiting if onset.index >= self._done]\n            return told\n",
        "            return told\n",
        _ANALYTICS,
    ),
    Mutant(
        "what was before a shot does not take its onset",
        "edge/analytics/gunshot/opening.py",
        "if height >= NEITHER * max(heights)",
        "if height >= 0",
        _ANALYTICS,
    ),
    Mutant(
        "a shot that sounds otherwise than the first is counted",
        "edge/analytics/gunshot/analytics.py",
        " or (alone and join_other(incident, part, waiting[0]))",
        "",
        _ANALYTICS,
    ),
    Mutant(
        "a silent channel is not listened to",
        "edge/analytics/gunshot/analytics.py",
        "if deaf[self._channel] and not deaf.all():",
        "if deaf.all():",
        _ANALYTICS,
    ),
    Mutant(
        "an array that cannot tell front from back does not answer",
        "edge/analytics/gunshot/direction.py",
        "    if extents[1] < SPANS_M:\n        return None\n",
        "",
        _DIRECTION,
    ),
    Mutant(
        "delays that contradict one another give no direction",
        "edge/analytics/gunshot/direction.py",
        "if off > CONTRADICT_S or not SHORTEST <= size <= LONGEST:",
        "if not SHORTEST <= size <= LONGEST:",
        _DIRECTION,
    ),
    Mutant(
        "a channel out of step is left out",
        "edge/analytics/gunshot/instep.py",
        "            well &= ~(off & known)\n",
        "            pass\n",
        _DIRECTION,
    ),
    Mutant(
        "an echo that is much fainter is no round",
        "edge/analytics/gunshot/rounds.py",
        "            if energies[place] >= least:\n",
        "            if least >= 0:\n",
        _ROUNDS,
    ),
    Mutant(
        "where a shock wave cannot be told there is not said to be none",
        "edge/analytics/gunshot/shock.py",
        "    if abs(first.peak) < CLEAR * first.noise:\n        return Led(Shock.UNKNOWN, None, 0)\n",
        "    if abs(first.peak) < CLEAR * first.noise:\n        return Led(Shock.NONE, None, 0)\n",
        _SHOCK,
    ),
    Mutant(
        "a block that is read late does not move the line",
        "edge/capture/sound/sampleclock.py",
        "            weights = np.minimum(1.0, HUBER",
        "            weights = np.maximum(1.0, HUBER",
        _CLOCK,
    ),
)
