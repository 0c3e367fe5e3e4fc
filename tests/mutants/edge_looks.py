"""Defences of budgeted looks: nobody waits too long for one, and nothing is counted that nobody knows."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

GATE = "tests/edge/gate/test_gate.py"
SMOOTHER = "tests/edge/tracking/test_smoother.py"
TRACKER = "tests/edge/tracking/test_tracker.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "who is followed is looked at again in time",
        "edge/gate/gate.py",
        "things.append(Thing(box, _EXPECTED * (1.0 + waited_s), pressing=waited_s >= every_s - _EARLY_S))",
        "things.append(Thing(box, _EXPECTED * (1.0 + waited_s), pressing=False))",
        (GATE,),
    ),
    Mutant(
        "who is new among those followed is not kept waiting until another is due",
        "edge/gate/gate.py",
        "if not watching and expected is self._expected and media_s",
        "if not watching and media_s",
        (GATE,),
    ),
    Mutant(
        "who is followed is looked for where they are by now",
        "edge/gate/gate.py",
        "later_s = min(_MOST_WAIT_S, max(0.0, media_s - each.at_s))",
        "later_s = 0.0",
        (GATE,),
    ),
    Mutant(
        "who is too small for the whole picture is looked at in a part",
        "edge/gate/gate.py",
        "return least_px if self.acuity.least_in(Size(side, side)) * _BETTER <= least_px else 0.0",
        "return 0.0",
        (GATE,),
    ),
    Mutant(
        "what moves and is nobody is looked at ever more seldom",
        "edge/gate/gate.py",
        "every_s = min(_SELDOM_S, self.gate.look_every_s * 2**vain)",
        "every_s = self.gate.look_every_s",
        (GATE,),
    ),
    Mutant(
        "the moving of somebody known is no news",
        "edge/gate/motion.py",
        "            _wipe(np.asarray(mask, np.uint8), box, factor)",
        "            pass",
        (GATE,),
    ),
    Mutant(
        "two who may be swapped are looked at twice as often",
        "edge/agent/followed.py",
        "sooner = (tracks.states == TrackState.COASTING) | near(tracks, every_s)",
        "sooner = tracks.states == TrackState.COASTING",
        ("tests/edge/agent/test_followed.py",),
    ),
    Mutant(
        "who walked on by their own width is who they were",
        "edge/tracking/tracker.py",
        "variance = places[:, None] + ",
        "variance = 0 * places[:, None] + ",
        (TRACKER, "tests/edge/tracking/test_far_looks.py"),
    ),
    Mutant(
        "looks in vain count by time",
        "edge/tracking/tracker.py",
        "said = min(s.miss_most, max(s.miss_least, s.miss * (now_s - track.looked_s)))",
        "said = s.miss_least",
        ("tests/edge/tracking/test_far_looks.py",),
    ),
    Mutant(
        "who walks out does not slow down at the edge",
        "edge/tracking/tracker.py",
        "        box = self._whole(box, track.size)\n",
        "",
        ("tests/edge/tracking/test_far_looks.py",),
    ),
    Mutant(
        "between two looks somebody was on the line between",
        "edge/tracking/smoother.py",
        "each.box(track)[:] = begin + (end - begin) * ((each.at_s - picture.at_s) / long_s)",
        "pass",
        (SMOOTHER,),
    ),
    Mutant(
        "who turned out not to be there was gone after the last look",
        "edge/tracking/smoother.py",
        "                picture.gone.add(track)",
        "                pass",
        (SMOOTHER,),
    ),
    Mutant(
        "a picture is told before the one that follows it",
        "edge/capture/worker.py",
        "            if stills:\n",
        "            if stills and isinstance(message, Ended):\n",
        ("tests/edge/capture/test_worker.py", "tests/edge/runtime/test_runtime.py"),
    ),
)
