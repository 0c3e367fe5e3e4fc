"""Defences of scene health: what is told of a view, and what is not."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SIGHT = ("tests/edge/capture/scene/test_sight.py",)

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
        "            if not self.judged:\n                return\n",
        "",
        _SIGHT,
    ),
)
