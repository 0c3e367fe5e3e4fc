"""From a recipe to a bundle in the zoo.

Rules: the recipe is checked before anything is done; every file is examined and every variant answers the golden vectors before
anything is believed; a bundle that misses a gate of its recipe does not enter; the bundle appears whole or not at all. Figures
belong to files: the evaluation that lies in a bundle is taken over only when every file is the one that was measured, else
everything is measured anew.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from models.bundle.bundle import Bundle, BundleError
from models.bundle.golden import Run, check_golden
from models.factory.assemble import finish, put_back, variant, write_vectors
from models.factory.declared import RECIPES, module
from models.factory.examine import examine, expected
from models.factory.gates import check_gates, missed
from models.factory.leaks import LeakError, check_splits
from models.factory.listing import EVALUATION
from models.factory.measure import measure
from models.factory.recipe import FILE, read_recipe
from models.factory.report import Report, read_report, write_report
from models.factory.statistics import EvaluationError
from models.factory.steps import Progress, Room, Steps, load_judge, load_steps
from protocol.manifest import Manifest, Metric, Variant

GOLDEN = "golden.npz"


def build(  # noqa: PLR0913 - what, where, from what
    name: str,
    zoo: Path,
    progress: Progress,
    *,
    source: Path | None = None,
    data: Path | None = None,
    shipped: Path | None = None,
    recipes: Path = RECIPES,
) -> Path:
    """Build a bundle and put it into the zoo.

    Args:
        name: of the recipe.
        zoo: folder of bundles.
        progress: told in a few words what is going on.
        source: the weights' package or file, when it is already here.
        data: folder of data to measure on.
        shipped: the bundle whose evaluation is taken over when its files are the same; the one in the zoo by default.
        recipes: folder of recipes.

    Returns:
        The bundle's folder.

    Raises:
        BundleError: naming what is wrong and what to do; the zoo is as it was.
    """
    recipe, folder = read_recipe(name, recipes), recipes / module(name)
    steps = load_steps(name)
    put_back(zoo / name)
    before = shipped or zoo / name
    if data is None and not (before / EVALUATION).is_file():
        msg = f"{name}: was never measured ({before / EVALUATION} is not there); give the data that it is judged on: --data DIR"
        raise BundleError(msg)
    zoo.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=zoo, prefix=".building-") as scratch:
        staging = Path(scratch) / "staging"
        staging.mkdir()
        room = Room(recipe, folder, Path(scratch), staging, source, progress)
        try:
            variants = _compile(room, steps)
            runs = {v.file: steps.runner(staging / v.file) for v in variants}
            _check_answers(room, variants, runs)
            report = _report(room, variants, before, data)
        except (EvaluationError, LeakError) as error:
            raise BundleError(str(error)) from error
        _pass_gates(report)
        progress("checking")
        write_report(staging / EVALUATION, report)
        finish(staging, zoo / name, _manifest(room, variants, _shown(report)), runs, report)
    return zoo / name


def _compile(room: Room, steps: Steps) -> tuple[Variant, ...]:
    recipe = room.recipe
    _check_trained(room)
    check_splits(steps.splits(room))
    reference = steps.reference(room)
    examine(reference, expected(*recipe.interface()))
    steps.compile(room, reference)
    room.progress("golden vectors")
    write_vectors(room.staging / GOLDEN, steps.vectors(steps.runner(reference)))
    return tuple(variant(room.staging / recipe.file(p), p.runtime, p.precision) for p in recipe.variants)


def _check_answers(room: Room, variants: tuple[Variant, ...], runs: Mapping[str, Run]) -> None:
    """Ask every variant the golden vectors, before the long work of measuring."""
    room.progress("asking the golden vectors")
    unmeasured = Metric("none", 0, 0, 0, 1, "nothing")
    bundle = Bundle(room.staging, _manifest(room, variants, (unmeasured,)))
    for item in variants:
        found = check_golden(bundle, item, runs[item.file])
        room.progress(f"{item.file} deviates from its reference by {found:.3g}")


def _check_trained(room: Room) -> None:
    """Refuse trained weights that are not those of the recipe: they would have other figures under its name."""
    trained = room.recipe.trained
    if trained is None:
        return
    path = room.folder / trained.file
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        msg = f"{path}: {error.strerror}; take it from the repository, or train it (docs/models.md)"
        raise BundleError(msg) from error
    if found != trained.sha256:
        msg = f"{path}: not the weights of the recipe (SHA-256 {found}); after training anew, write their hash into {FILE}"
        raise BundleError(msg)


def _report(room: Room, variants: Sequence[Variant], shipped: Path, data: Path | None) -> Report:
    """The record of these very files, or a new measurement."""
    if data is not None:
        return measure(room.recipe, load_judge(room.recipe.name), room.staging, variants, data, room.progress)
    path = shipped / EVALUATION
    try:
        known = read_report(path)
    except EvaluationError as error:
        msg = f"{room.recipe.name}: was never measured ({error}); build it with --data DIR"
        raise BundleError(msg) from None
    if {(v.file, v.sha256) for v in known.variants} != {(v.file, v.sha256) for v in variants}:
        msg = f"{room.recipe.name}: what was built is not what {path} measured; measure it with --data DIR"
        raise BundleError(msg)
    return msgspec.structs.replace(known, notes=room.recipe.notes, gates=check_gates(room.recipe.gates, known.figures))


def _pass_gates(report: Report) -> None:
    lines = missed(report.gates)
    if lines:
        msg = f"{report.bundle} misses {len(lines)} of {len(report.gates)} gates and does not enter the zoo: {'; '.join(lines)}"
        raise BundleError(msg)


def _shown(report: Report) -> tuple[Metric, ...]:
    """What the manifest says: all figures of the variants together, of the first variant, and those that gates ask for."""
    asked = {(result.gate.figure, result.gate.on) for result in report.gates}
    return tuple(
        e.metric
        for e in report.figures
        if not e.condition and (e.variant == report.variants[0].variant or (e.metric.name, e.metric.on) in asked)
    )


def _manifest(room: Room, variants: tuple[Variant, ...], metrics: tuple[Metric, ...]) -> Manifest:
    data = (room.staging / GOLDEN).read_bytes()
    golden = {"file": GOLDEN, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    return room.recipe.draft(variants, golden, metrics)
