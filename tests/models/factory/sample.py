"""A report as a plate reader's evaluation makes it, from answers that are drawn; every part is computed, none is typed."""

from __future__ import annotations

import math

import numpy as np

from models.factory.calibration import calibration
from models.factory.comparison import Comparison, compare
from models.factory.curves import precision_recall, receiver_operating
from models.factory.figures import Mean, Ratio
from models.factory.gates import Gate, check_gates
from models.factory.machine import this_machine
from models.factory.memory import Memory
from models.factory.operating import Promise, operating_point
from models.factory.report import Failure, MeasuredOn, Report, VariantFile
from models.factory.statistics import Estimate, Outcome, by_condition, estimate
from models.factory.timing import time_together

PHOTOS = "photos of cars, second half"
SKILL = {"fp32": 3.1, "int8": 2.9}
HARDNESS = {"clear": 0.0, "80 px": 0.8, "60 px": 1.6, "80 px, blurred": 3.0}
DRAWS = 200


def plates(variant: str) -> list[Outcome]:
    """Plates of 54 photos in four conditions: the same photos for each variant."""
    random = np.random.default_rng(4)
    found = []
    for photo in range(54):
        ease = random.normal(0, 0.8)
        for condition, hardness in HARDNESS.items():
            luck = random.logistic()
            right = float(SKILL[variant] + ease - hardness > luck)
            found.append(Outcome(f"photo {photo:02}", condition, {"top1": right, "top10": max(right, float(luck < 4))}))
    return found


def pictures(first: int, n: int, shift: float) -> list[Outcome]:
    """Photos with one plate each and lamps that look a little like one."""
    random = np.random.default_rng(first)
    return [
        Outcome(
            f"photo {i}",
            "",
            {
                "scores": [float(s) for s in [random.normal(0.75 + shift, 0.12), *random.normal(0.35, 0.15, 2)]],
                "hits": [1.0, 0.0, 0.0],
                "real": 1.0,
                "units": 1.0,
            },
        )
        for i in range(first, first + n)
    ]


def compared(name: str, noise: str) -> Comparison:
    """fp32 against int8."""
    first, second = plates("fp32"), plates("int8")
    random = np.random.default_rng(5)
    called = f"plate-reader.{name}{noise}"
    return compare(first, second, Mean(name), random, name=called, names=("fp32", "int8"), on=PHOTOS + noise, draws=DRAWS)


def failure(i: int, noise: str) -> Failure:
    """A plate that was misread."""
    return Failure(f"photo {i:02}{noise}", f"1ABC{i:03}{noise}", f"1A8C{i:03}{noise}", "60 px", "int8", 0.4 + i / 50)


def sample(noise: str = "") -> Report:
    """The report; ``noise`` goes into every text that can come from outside."""
    random = np.random.default_rng(1)
    on = PHOTOS + noise
    figures: list[Estimate] = []
    for variant in SKILL:
        outcomes = plates(variant)
        on_all = [("top1", outcomes, ""), ("top10", outcomes, "")]
        apart = [("top1", part, condition) for condition, part in by_condition(outcomes).items()]
        figures += [
            estimate(
                part, Mean(name), f"plate-reader.{name}{noise}", on, random, draws=DRAWS, variant=variant, condition=condition
            )
            for name, part, condition in on_all + apart
        ]
    boxes = [Outcome(f"photo {i}", "", {"false": float(i % 9 == 0), "pictures": 1.0}) for i in range(54)]
    false = Ratio("false", "pictures", (0, math.inf))
    figures.append(estimate(boxes, false, "plate-detector.false_per_image", on, random, draws=DRAWS, variant="int8"))
    one = [Outcome("clip 1", "", {"top1": 1.0})] * 8
    figures.append(estimate(one, Mean("top1"), "plate-reader.night_top1", "one clip at night", random, variant="int8"))
    gates = (
        Gate("plate-reader.top1" + noise, on, at_least=0.7),
        Gate("plate-reader.top10" + noise, on, at_least=0.98),
        Gate("plate-detector.false_per_image", on, at_most=0.15, unit="a photo"),
        Gate("plate-reader.us_top1", "photos of cars in the US", at_least=0.85),
    )
    points, drawn, calibrated = [], [], []
    for variant, shift in (("fp32", 0.05), ("int8", 0.0)):
        chosen, reported = pictures(0, 100, shift), pictures(500, 120, shift)
        points.append(
            operating_point(
                chosen,
                reported,
                random,
                name="plate-detector" + noise,
                promise=Promise.FALSE_ALARMS,
                limit=0.1,
                chosen_on="photos of cars, first half",
                reported_on=on,
                variant=variant,
                draws=DRAWS,
            )
        )
        scores = np.array([s for o in reported for s in np.atleast_1d(o.values["scores"])])
        hits = np.array([h for o in reported for h in np.atleast_1d(o.values["hits"])])
        drawn.append(precision_recall(scores, hits, 120, "plate-detector" + noise, on, variant))
        drawn.append(receiver_operating(scores, hits, "plate-detector" + noise, on, variant))
        probability = random.beta(6, 1, 1500)
        right = (random.random(1500) < probability ** (1.0 if variant == "fp32" else 1.6)).astype(np.float64)
        calibrated.append(calibration(probability, right, name="characters" + noise, variant=variant, on=on))
    return Report(
        bundle="plate-reader" + noise,
        version="1.0.0",
        machine=this_machine(),
        data=(
            MeasuredOn(on, 54, "ab" * 32),
            MeasuredOn("photos of cars in the US" + noise, 0, skipped="not here" + noise),
        ),
        variants=tuple(VariantFile(v, f"plate-reader.{v}.onnx{noise}", "cd" * 32, 512_000) for v in SKILL),
        figures=tuple(figures),
        gates=check_gates(gates, figures),
        comparisons=tuple(compared(name, noise) for name in ("top1", "top10")),
        latency=time_together({"fp32": lambda: sum(range(9000)), "int8": lambda: sum(range(4000))}, rounds=20),
        memory=tuple(Memory(v, size, size + 2.5, size + 3, 3) for v, size in (("fp32", 11.4), ("int8", 6.1))),
        calibrations=tuple(calibrated),
        operating=tuple(points),
        curves=tuple(drawn),
        failures=tuple(failure(i, noise) for i in range(7)),
        notes=("The last layers stay in floating point: with them in 8 bits two more plates were lost." + noise,),
    )


def plate_pictures(noise: str = "") -> dict[str, np.ndarray]:
    """Pictures of all failures but one, in several shapes."""
    random = np.random.default_rng(2)
    shapes = [(60, 220), (110, 150), (60, 60), (300, 900), (40, 190), (200, 90)]
    found = {}
    for i, (height, width) in enumerate(shapes):
        ramp = np.linspace(60, 200, width)[None, :, None] + random.normal(0, 12, (height, width, 3))
        found[f"photo {i:02}{noise}"] = ramp.clip(0, 255).astype(np.uint8)
    return found
