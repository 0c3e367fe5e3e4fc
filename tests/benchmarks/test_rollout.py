"""A rollout to many boxes through everything real; a bad model stays in its canary."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import rollout
from benchmarks.figure import Figure, Options
from benchmarks.rollout import SIZES, exponent


def measure(folder: Path, *, quick: bool) -> dict[str, Figure]:
    figures = {figure.name: figure for figure in rollout.run(Options(data=folder, quick=quick, seed=1))}
    exposed = figures["exposed"]
    assert exposed.reached
    assert 0 < exposed.value < exposed.n / 2, "the canary was reached, and it alone"
    for size in SIZES[:1] if quick else SIZES:
        for name in ("seconds", "manager_cpu_s", "manager_mb"):
            assert figures[f"{name}_{size}"].value > 0
        assert (
            f"{round(rollout.BAD_SHARE * size)} bad boxes, all of them and no other failed"
            in figures[f"seconds_{size}"].against
        )
    return figures


@pytest.mark.timeout(300)
def test_the_short_form(tmp_path: Path) -> None:
    measure(tmp_path, quick=True)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_the_long_form(tmp_path: Path) -> None:
    figures = measure(tmp_path, quick=False)
    assert figures[f"seconds_{SIZES[-1]}"].reached
    assert figures["growth_seconds"].reached
    assert figures["growth_cpu"].reached


@pytest.mark.parametrize(("power", "factor"), [(1.0, 3.0), (0.5, 10.0), (2.0, 0.1), (0.0, 7.0)])
def test_the_exponent_of_a_power_is_the_power(power: float, factor: float) -> None:
    assert exponent({size: factor * size**power for size in SIZES}) == pytest.approx(power)
