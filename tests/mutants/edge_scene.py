"""Defences of scene health: what is told of a view, and what is not."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SIGHT = ("tests/edge/capture/scene/test_sight.py",)
_PLACE = ("tests/edge/capture/scene/test_place.py",)
_SHAKING = ("tests/edge/capture/scene/test_shaking.py",)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "what passes before the lens is not told",
        "edge/capture/scene/lasting.py",
        "if at_s - self._since_s >= needed_s:",
        "if turning:",
        ("tests/edge/capture/scene/test_lasting.py",),
    ),
    Mutant(
        "a dark view is told",
        "edge/capture/scene/sight.py",
        "worse=light < _DARK",
        "worse=False",
        _SIGHT,
    ),
    Mutant(
        "blur is judged against what the view was",
        "edge/capture/scene/sight.py",
        "np.median(sharpness[seen] / self._sharpness[seen])",
        "np.median(sharpness[seen] / sharpness[seen])",
        _SIGHT,
    ),
    Mutant(
        "light and exposure do not blur a view",
        "edge/capture/scene/sight.py",
        "/ np.maximum(contrast, 1)",
        "/ 10",
        _SIGHT,
    ),
    Mutant(
        "contrast goes down with the light",
        "edge/capture/scene/sight.py",
        "self._contrast * min(1.0, light / max(1.0, self._light))",
        "self._contrast * 1.0",
        _SIGHT,
    ),
    Mutant(
        "what is covered is found",
        "edge/capture/scene/sight.py",
        "contrast < _FLAT * expected",
        "contrast < 0.0",
        _SIGHT,
    ),
    Mutant(
        "what looks wrong is not learnt",
        "edge/capture/scene/sight.py",
        "            if not self.clear:\n                return\n",
        "",
        _SIGHT,
    ),
    Mutant(
        "a camera that looks elsewhere is told of",
        "edge/capture/scene/place.py",
        "worse=elsewhere,",
        "worse=False,",
        _PLACE,
    ),
    Mutant(
        "one that looks nowhere that is known is told of",
        "edge/capture/scene/place.py",
        "worse=nowhere,",
        "worse=False,",
        _PLACE,
    ),
    Mutant(
        "landmarks must agree that they lie elsewhere",
        "edge/capture/scene/landmarks.py",
        "int(agreeing.sum()) < LEAST",
        "int(agreeing.sum()) < 1",
        _PLACE,
    ),
    Mutant(
        "where a camera has moved nothing is learnt",
        "edge/capture/scene/place.py",
        "if here and clear and not self._moved.stands:",
        "if clear:",
        _PLACE,
    ),
    Mutant(
        "a view that swings is not called blurred",
        "edge/capture/scene/watch.py",
        "comparable=not self._shaking.trembles",
        "comparable=True",
        _SHAKING,
    ),
    Mutant(
        "a box remembers that its camera had moved",
        "edge/capture/scene/watch.py",
        "Place(kept[0], moved=kept[1])",
        "Place(kept[0])",
        _PLACE,
    ),
    Mutant(
        "landmarks belong to one calibration",
        "edge/capture/scene/kept.py",
        "(kept.calibration, kept.width, kept.height) != (where.calibration, width, height)",
        "(kept.width, kept.height) != (width, height)",
        ("tests/edge/capture/scene/test_kept.py",),
    ),
    Mutant(
        "landmarks lie within the picture",
        "edge/capture/scene/kept.py",
        " or not ((points >= 0) & (points <= [width, height])).all()",
        "",
        ("tests/edge/capture/scene/test_kept.py",),
    ),
    Mutant(
        "a result says that its camera has moved",
        "edge/runtime/view.py",
        "moved=self.unit.moved or self._moved.get(opening, False),",
        "moved=False,",
        ("tests/edge/runtime/test_moved.py",),
    ),
    Mutant(
        "a first picture does not put a camera back",
        "edge/runtime/source.py",
        "            self._broken = ()\n            self._listener",
        "            self._broken = self._troubles = ()\n            self._listener",
        ("tests/edge/runtime/test_moved.py",),
    ),
    Mutant(
        "a view that swings is told of",
        "edge/capture/scene/shaking.py",
        "worse=self.trembles",
        "worse=False",
        _SHAKING,
    ),
    Mutant(
        "who walks before some landmarks is outvoted",
        "edge/capture/scene/shaking.py",
        "np.median(ways, axis=0)",
        "np.max(ways, axis=0)",
        _SHAKING,
    ),
    Mutant(
        "a camera that is turned once does not shake",
        "edge/capture/scene/shaking.py",
        "spread > _LOOSE_PX and swings",
        "spread > _LOOSE_PX",
        _SHAKING,
    ),
    Mutant(
        "looks are not even, so that no rhythm hides a swing",
        "edge/capture/scene/watch.py",
        "(LOOK_EVERY_S, 0.7, 0.4)",
        "(LOOK_EVERY_S, 0.5, 0.5)",
        _SHAKING,
    ),
    Mutant(
        "no picture is kept for longer than ten seconds, in the dark neither",
        "edge/capture/scene/watch.py",
        "            self._shaking.forget()\n",
        "            pass\n",
        _SHAKING,
    ),
    Mutant(
        "a view that swings has not moved",
        "edge/capture/scene/watch.py",
        " or self._shaking.trembles or self._shaking.fault is not None:",
        ":",
        _SHAKING,
    ),
    Mutant(
        "landmarks of a source that is left out for a fault stay",
        "edge/agent/agent.py",
        "if not self._twin.reasons:",
        "if True:",
        ("tests/edge/agent/test_moved.py",),
    ),
    Mutant(
        "a crowd that hides all landmarks is no other view",
        "edge/capture/scene/place.py",
        "another = len(seen) >= _CORNERS and int(in_place(self._instead, seen).sum()) >= _ENOUGH",
        "another = len(seen) >= _CORNERS",
        _PLACE,
    ),
)
