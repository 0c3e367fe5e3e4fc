"""Defences of the physics of crowds: what is trusted, what raises an alarm, what stands at the edge of a zone."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_MOVED = ("tests/edge/analytics/crowd/test_moved.py",)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a count states beyond how many people it is not trusted",
        "edge/analytics/crowd/zone.py",
        "return round(trusted_to(each, COUNT_TRUSTED), 1) if each else None",
        "return None",
        ("tests/edge/analytics/crowd/test_analytics.py",),
    ),
    Mutant(
        "and so does a density",
        "edge/analytics/crowd/physics.py",
        "most = round(trusted_to(max(self._covers / self._area, means.each), DENSITY_TRUSTED), 1)",
        "most = None",
        ("tests/edge/analytics/crowd/test_physics.py",),
    ),
    Mutant(
        "nothing is trusted beyond what a model tells of a picture",
        "edge/analytics/crowd/hiding.py",
        "return min(trusted / crowding_each, float(MOST))",
        "return trusted / crowding_each",
        ("tests/edge/analytics/crowd/test_hiding.py",),
    ),
    Mutant(
        "a crush is foretold from a trend, not from an instant",
        "edge/analytics/crowd/crush.py",
        "full = self._coming[-1] and _nearly(self._coming)",
        "full = state.density >= self.settings.warn_at",
        ("tests/edge/analytics/crowd/test_crush.py",),
    ),
    Mutant(
        "what only stands close is no crush",
        "edge/analytics/crowd/crush.py",
        "return rising and self.forecast(state)[0] >= self.settings.critical and self._held(state)",
        "return self._held(state)",
        ("tests/edge/analytics/crowd/test_crush.py",),
    ),
    Mutant(
        "people who walk as they can are not held up",
        "edge/analytics/crowd/crush.py",
        "return bool(self._speeds) and sum(self._speeds) / len(self._speeds) <= slow",
        "return True",
        ("tests/edge/analytics/crowd/test_crush.py",),
    ),
    Mutant(
        "a density that the camera can hardly tell raises no alarm",
        "edge/analytics/crowd/crush.py",
        " or state.sigma > UNSURE * state.density:",
        ":",
        ("tests/edge/analytics/crowd/test_crush.py",),
    ),
    Mutant(
        "a zone does not look half empty along its edge",
        "edge/analytics/crowd/density.py",
        "density: Values = gaussian(self.cells, places, self.reach_m) @ weights / self._mass",
        "density: Values = gaussian(self.cells, places, self.reach_m) @ weights",
        ("tests/edge/analytics/crowd/test_density.py",),
    ),
    Mutant(
        "jitter of boxes is no turbulence",
        "edge/analytics/crowd/velocity.py",
        "local = density * (spread * count / (count - 1.0 + ~enough) - near @ velocities.noise)",
        "local = density * (spread * count / (count - 1.0 + ~enough))",
        ("tests/edge/analytics/crowd/test_velocity.py",),
    ),
    Mutant(
        "nothing is measured on the ground while the camera looks elsewhere, and no crush rings",
        "edge/analytics/crowd/analytics.py",
        "if zone.physics is not None and not self._moved:",
        "if zone.physics is not None:",
        _MOVED,
    ),
    Mutant(
        "an alarm of a crush ends when the camera is found to look elsewhere",
        "edge/analytics/crowd/analytics.py",
        "            self._doubted = True\n            return self._end_crushes(at)",
        "            self._doubted = True\n            return []",
        _MOVED,
    ),
    Mutant(
        "no density is told of a window in which the camera looked elsewhere",
        "edge/analytics/crowd/analytics.py",
        "if density and not self._doubted:",
        "if density:",
        _MOVED,
    ),
    Mutant(
        "what is counted by a camera that looks elsewhere says so",
        "edge/analytics/crowd/analytics.py",
        "self._doubted = self._moved",
        "self._doubted = False",
        _MOVED,
    ),
    Mutant(
        "when the camera is back trends begin anew",
        "edge/analytics/crowd/analytics.py",
        "        self._doubted = False\n        self._measure()",
        "        self._doubted = False",
        _MOVED,
    ),
    Mutant(
        "a zone that reaches the horizon is told",
        "edge/analytics/crowd/zone.py",
        "self.beyond = True",
        "self.beyond = False",
        _MOVED,
    ),
    Mutant(
        "the pipeline says where the camera looks",
        "edge/agent/pipeline.py",
        "moved=result.moved",
        "moved=False",
        ("tests/edge/agent/test_moved.py",),
    ),
    Mutant(
        "a calibration that fits no picture is told",
        "edge/agent/pipeline.py",
        'self._unfit = (Reason(error.code, "", f"{error}"[:TEXT_CHARACTERS]),)',
        "del error",
        ("tests/edge/agent/test_moved.py",),
    ),
    Mutant(
        "a zone that was not looked at for a while ends nothing",
        "edge/analytics/crowd/trend.py",
        "if later.sum() < _FEWEST_LATELY:",
        "if later.sum() < 0:",
        ("tests/edge/analytics/crowd/test_trend.py",),
    ),
    Mutant(
        "pictures that are stamped alike end nothing",
        "edge/tracking/smoother.py",
        "for each in between if long_s > 0 else ():",
        "for each in between:",
        ("tests/edge/tracking/test_smoother.py",),
    ),
)
