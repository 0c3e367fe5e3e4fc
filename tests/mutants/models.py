"""Defences of models: bundles, the factory, and what it renders."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the model's runtime tells nobody",
        "models/bundle/silent.py",
        "os.environ.update(OPT_OUT)",
        "OPT_OUT.copy()",
        ("tests/models/test_silent.py",),
    ),
    Mutant(
        "sources are drawn, not items",
        "models/factory/statistics.py",
        "np.unique([outcome.source for outcome in outcomes], return_inverse=True)",
        'np.unique([f"{i} {outcome.source}" for i, outcome in enumerate(outcomes)], return_inverse=True)',
        ("tests/models/factory/test_statistics.py",),
    ),
    Mutant(
        "two models are compared on the same items",
        "models/factory/comparison.py",
        "missing = counted[here] - counted[there]",
        "missing = counted[here] - counted[here]",
        ("tests/models/factory/test_comparison.py",),
    ),
    Mutant(
        "a figure measured on other data keeps no gate",
        "models/factory/gates.py",
        "found = [f for f in named if f.metric.on == gate.on]",
        "found = named",
        ("tests/models/factory/test_gates.py",),
    ),
    Mutant(
        "the worst variant decides",
        "models/factory/gates.py",
        "worst = max(found,",
        "worst = min(found,",
        ("tests/models/factory/test_gates.py",),
    ),
    Mutant(
        "a lowered gate goes on saying that its goal was missed",
        "models/factory/gates.py",
        "return self.reached and (self.value is None or self.gate.fulfilled_by(self.value))",
        "return self.reached and (self.value is None or self.gate.reached_by(self.value))",
        ("tests/models/factory/test_gates.py",),
    ),
    Mutant(
        "a gate is lowered with a record only",
        "models/factory/gates.py",
        "if (self.goal is None) != (not self.decision):",
        "if self.goal is None and self.decision:",
        ("tests/models/factory/test_gates.py",),
    ),
    Mutant(
        "a build that is killed while it replaces a bundle loses nothing",
        "models/factory/assemble.py",
        "            aside.rename(target)",
        "            shutil.rmtree(aside)",
        ("tests/models/factory/test_build.py",),
    ),
    Mutant(
        "no alphabet serves training and evaluation",
        "models/synthesis/glyphs.py",
        '"evaluate": range(10_000, 10_060)',
        '"evaluate": range(400, 460)',
        ("tests/models/recipes/test_plates.py",),
    ),
    Mutant(
        "identical content does not leak under another name",
        "models/factory/leaks.py",
        "if i.sha256 in first]",
        "if i.sha256 in first and name in learned]",
        ("tests/models/factory/test_leaks.py",),
    ),
    Mutant(
        "an operating point is reported on other sources",
        "models/factory/operating.py",
        "check_apart([o.source for o in chosen], [o.source for o in reported], name)",
        "check_apart([], [o.source for o in reported], name)",
        ("tests/models/factory/test_operating.py",),
    ),
    Mutant(
        "classes that no label names do not leave a detector's reader",
        "models/bundle/boxes.py",
        "if columns is None and scores.shape[1] == self._labels:",
        "if columns is None:",
        ("tests/models/bundle/test_boxes.py",),
    ),
    Mutant(
        "a detector of one's own that finds nobody is not adopted",
        "models/factory/adopt.py",
        "for answer in answers) < ANSWERING:",
        "for answer in answers) < -ANSWERING:",
        ("tests/models/factory/test_adopt.py",),
    ),
    Mutant(
        "what is quicker by chance alone is not chosen",
        "models/bundle/choose.py",
        "limit = QUICKER * _time(first, times)",
        "limit = _time(first, times)",
        ("tests/models/bundle/test_choose.py",),
    ),
    Mutant(
        "text on the report's page is escaped",
        "models/factory/markup.py",
        "child if isinstance(child, Markup) else html.escape(visible(child))",
        "child if isinstance(child, Markup) else visible(child)",
        ("tests/models/factory/test_markup.py",),
    ),
    Mutant(
        "what the Edge TPU's compiler has not been over is not adopted for it",
        "models/factory/adopt.py",
        "or _COMPILED not in data",
        "or False",
        ("tests/models/factory/test_adopt.py",),
    ),
    Mutant(
        "a detector of one's own is measured through its letterbox",
        "models/factory/owned.py",
        "lens = placed.lens(window)",
        "lens = window",
        ("tests/models/factory/test_owned.py",),
    ),
    Mutant(
        "a detector of one's own is counted at its own operating point",
        "models/factory/owned.py",
        "square.judged(model, data, progress, self._look)",
        "square.judged(model, data, progress, 0.3)",
        ("tests/models/factory/test_owned.py",),
    ),
)
