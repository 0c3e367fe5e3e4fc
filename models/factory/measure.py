"""Measuring a bundle: every variant on every set of data that is here, and each against the most exact one.

Rules: all variants answer for the same items in one run; figures keep the names that gates use; what 8 bits cost is the paired
difference to the most exact variant that was made; times are taken in turns. Nothing is chosen here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.factory.calibration import Calibration, calibration
from models.factory.comparison import Comparison, compare
from models.factory.curves import Curve, precision_recall
from models.factory.figures import AveragePrecision, CalibrationError, flat
from models.factory.forms import CPU, form, runs_here
from models.factory.gates import check_gates
from models.factory.machine import this_machine
from models.factory.memory import PROCESSES, measure_memory
from models.factory.report import Report, VariantFile
from models.factory.statistics import Estimate, Outcome, by_condition, estimate
from models.factory.steps import Asked, Judge, Judged, Progress
from models.factory.subject import Subject
from models.factory.timing import LEAST_ROUNDS, ROUNDS, Latency, model_runs, time_together
from protocol.manifest import Metric, Variant

EXACTNESS = ("fp32", "fp16", "int8")
ON_THE_CPU = "one thread of the CPU"
"""What latency is measured on, as gates name it."""
FEW_FAILURES = 24
_SEED = 1


def measure(  # noqa: PLR0913 - what is measured, how, on what
    recipe: Subject,
    judge: Judge,
    folder: Path,
    variants: Sequence[Variant],
    data: Path | None,
    progress: Progress,
    *,
    quick: bool = False,
) -> Report:
    """Measure the variants of a bundle that run on the CPU.

    Args:
        recipe: of the bundle: its gates and notes.
        judge: of the recipe.
        folder: of the files.
        variants: as the manifest describes them; those that this installation cannot run are left out.
        data: folder of data; figures on data that are not there are missing.
        progress: told what is going on.
        quick: times and memory from as few runs as there is an interval for.

    Raises:
        EvaluationError: when a figure cannot be computed.
    """
    here = sorted(filter(runs_here, variants), key=lambda v: (EXACTNESS.index(v.precision), CPU.index(v.runtime)))
    judged: dict[str, Judged] = {}
    for item in here:
        progress(f"asking {form(item)}")
        judged[form(item)] = judge.judge(judge.open(folder / item.file), data, progress)
    figures: list[Estimate] = []
    comparisons: list[Comparison] = []
    for asked in judge.figures():
        figures += _figures(asked, judged)
        comparisons += _against(asked, judged)
    progress("timing")
    rounds = LEAST_ROUNDS if quick else ROUNDS
    paths = {form(item): folder / item.file for item in here}
    latency = time_together(model_runs(paths, recipe.interface()[1].names()), rounds=rounds)
    figures += [_time(found) for found in latency] + _losses(judge.figures(), comparisons)
    last = judged[form(here[-1])]
    return Report(
        bundle=recipe.name,
        version=recipe.version,
        machine=this_machine(),
        data=last.data,
        variants=tuple(VariantFile(form(v), v.file, v.sha256, v.size) for v in variants),
        figures=tuple(figures),
        gates=check_gates(recipe.gates, figures),
        comparisons=tuple(comparisons),
        latency=latency,
        memory=tuple(
            measure_memory(form(item), folder / item.file, 1 if quick else PROCESSES)
            for item in here
            if item.runtime == "onnxruntime"
        ),
        calibrations=tuple(c for asked in judge.figures() for c in _calibrations(asked, judged)),
        curves=tuple(c for asked in judge.figures() for c in _curves(asked, judged)),
        failures=last.failures[:FEW_FAILURES],
        notes=recipe.notes,
    )


def _figures(asked: Asked, judged: Mapping[str, Judged]) -> list[Estimate]:
    found = []
    for variant, answers in judged.items():
        outcomes = answers.outcomes.get(asked.on, ())
        if not outcomes:
            continue
        conditions = by_condition(outcomes)
        parts: dict[str, Sequence[Outcome]] = {"": outcomes, **(conditions if len(conditions) > 1 else {})}
        found += [
            estimate(part, asked.figure, asked.name, asked.on, _random(), variant=variant, condition=condition, unit=asked.unit)
            for condition, part in parts.items()
        ]
    return found


def _against(asked: Asked, judged: Mapping[str, Judged]) -> list[Comparison]:
    """Each variant against the most exact."""
    exact, *others = judged
    if asked.on not in judged[exact].outcomes:
        return []
    return [
        compare(
            judged[exact].outcomes[asked.on],
            judged[other].outcomes[asked.on],
            asked.figure,
            _random(),
            name=asked.name,
            names=(exact, other),
            on=asked.on,
        )
        for other in others
    ]


def _losses(asked: Sequence[Asked], comparisons: Sequence[Comparison]) -> list[Estimate]:
    wanted = {(a.name, a.on): a.unit for a in asked if a.loss}
    return [
        Estimate(
            Metric(f"int8_loss_{c.name}", 0.0 - c.difference, 0.0 - c.high, 0.0 - c.low, c.n, c.on),
            c.second,
            sources=c.sources,
            note=f"less than {c.first} on the same items",
            unit=wanted[c.name, c.on],
        )
        for c in comparisons
        if c.second == "int8" and (c.name, c.on) in wanted
    ]


def _time(found: Latency) -> Estimate:
    metric = Metric(f"{found.variant}_ms", found.median_ms, found.low_ms, found.high_ms, found.n, ON_THE_CPU)
    return Estimate(metric, found.variant, unit="ms")


def _calibrations(asked: Asked, judged: Mapping[str, Judged]) -> list[Calibration]:
    figure = asked.figure
    if not isinstance(figure, CalibrationError):
        return []
    return [
        calibration(
            flat(answers.outcomes[asked.on], figure.probability)[0],
            flat(answers.outcomes[asked.on], figure.hit)[0],
            name=asked.name,
            variant=variant,
            on=asked.on,
        )
        for variant, answers in judged.items()
        if asked.on in answers.outcomes
    ]


def _curves(asked: Asked, judged: Mapping[str, Judged]) -> list[Curve]:
    figure = asked.figure
    if not isinstance(figure, AveragePrecision):
        return []
    return [
        precision_recall(
            flat(answers.outcomes[asked.on], figure.scores)[0],
            flat(answers.outcomes[asked.on], figure.hits)[0],
            figure.size(answers.outcomes[asked.on]),
            asked.name,
            asked.on,
            variant,
        )
        for variant, answers in judged.items()
        if asked.on in answers.outcomes
    ]


def _random() -> np.random.Generator:
    return np.random.default_rng(_SEED)
