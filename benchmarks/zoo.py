"""Every bundle and variant of the zoo, measured anew from the files that are checked in.

What is measured: each recipe's judge asks each variant about the data that are here (``--data DIR``); figures on data that are
not here are skipped by name. The figures of the variant that devices use, the 8-bit one, are called BUNDLE.FIGURE, those of
another BUNDLE.PRECISION.FIGURE. Targets are the gates of the recipes. Times are of one thread, variants in turns.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks import anpr, gunshot_zoo
from benchmarks.figure import Figure, Options, Sense, Skipped
from models.bundle.bundle import Bundle, zoo
from models.factory.listing import bundles
from models.factory.measure import measure
from models.factory.recipe import Recipe, names, read_recipe
from models.factory.report import Report
from models.factory.statistics import Estimate
from models.factory.steps import load_judge

DESCRIPTION = "Every bundle of the zoo and each of its variants: accuracy, what 8 bits cost, time and memory"

_USED = "int8"


def run(options: Options) -> Iterator[Figure]:
    """Measure."""
    known = set(names())
    found = [bundle for bundle in bundles([zoo()]) if bundle.manifest.name in known]
    if not found:
        msg = f"{zoo()}: no bundle that a recipe could judge; build one (docs/models.md)"
        raise Skipped(msg)
    for bundle in found:
        recipe = read_recipe(bundle.manifest.name)
        yield from figures(recipe, _report(bundle, recipe, options))
    by_name = {bundle.manifest.name: bundle for bundle in found}
    yield from anpr.figures(by_name, options)
    yield from gunshot_zoo.figures(by_name, options)


def figures(recipe: Recipe, report: Report) -> Iterator[Figure]:
    """Turn a report into figures with their targets, and name on standard error what was skipped."""
    for data in report.data:
        if data.skipped:
            print(f"skipped: {recipe.name} on {data.name}: {data.skipped}", file=sys.stderr)
    for estimate in report.figures:
        if not estimate.condition:
            yield _figure(recipe, estimate)
    for memory in report.memory:
        name = f"{recipe.name}.{memory.variant}_mb"
        against = "growth of a fresh process (PSS), median"
        yield Figure(name=name, value=memory.pss_mb, unit="MB", n=memory.processes, against=against)
    for size in report.variants:
        name = f"{recipe.name}.{size.variant}_file_mb"
        yield Figure(name=name, value=size.size / 1e6, unit="MB", n=1, against="the file")


def _report(bundle: Bundle, recipe: Recipe, options: Options) -> Report:
    manifest = bundle.manifest
    for variant in manifest.variants:
        bundle.read(variant)
    data = options.data if options.data.is_dir() else None
    return measure(
        recipe,
        load_judge(recipe.name),
        bundle.folder,
        manifest.variants,
        data,
        lambda text: options.progress(f"{recipe.name}: {text}"),
        quick=options.quick,
    )


def _figure(recipe: Recipe, estimate: Estimate) -> Figure:
    metric, variant = estimate.metric, estimate.variant
    own = metric.name.startswith((f"{variant}_", f"{_USED}_loss_"))
    name = metric.name if own or variant in {"", _USED} else f"{variant}.{metric.name}"
    gate = next((g for g in recipe.gates if (g.figure, g.on) == (metric.name, metric.on) and g.variant in {"", variant}), None)
    against = " · ".join(part for part in (metric.on, estimate.note) if part)
    sense = Sense.AT_LEAST if gate is not None and gate.at_least is not None else Sense.AT_MOST
    target = None if gate is None else gate.wanted
    return Figure(
        name=f"{recipe.name}.{name}",
        value=metric.value,
        unit=estimate.unit or "share",
        n=metric.n,
        low=metric.low,
        high=metric.high,
        against=against,
        target=target,
        sense=sense,
    )
