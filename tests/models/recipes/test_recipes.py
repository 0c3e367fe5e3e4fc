"""Every recipe has the whole of what the factory asks of it, with the arguments that it will be given."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from models.factory import subject
from models.factory.declared import RECIPES, module
from models.factory.measure import ON_THE_CPU
from models.factory.recipe import names, read_recipe
from models.factory.steps import Judge, Steps

JUDGED = subject.names()
"""Fetched bundles are measured like those that are built here."""


def _methods(protocol: type) -> dict[str, int]:
    """Arguments of each method, without itself."""
    found = inspect.getmembers(protocol, lambda member: inspect.isfunction(member) and not member.__name__.startswith("_"))
    return {name: len(inspect.signature(method).parameters) - 1 for name, method in found}


def _part(name: str, part: str) -> Any:
    try:
        return importlib.import_module(f"models.recipes.{module(name)}.{part}")
    except ModuleNotFoundError as error:
        if str(error.name).split(".")[0] == "models":
            raise
        pytest.skip(f"needs {error.name}: make setup-models")


@pytest.mark.parametrize(
    ("name", "part", "protocol"),
    [*((name, "steps", Steps) for name in names()), *((name, "judge", Judge) for name in JUDGED)],
)
def test_a_recipe_is_whole(name: str, part: str, protocol: type) -> None:
    found = _part(name, part)
    for method, arguments in _methods(protocol).items():
        assert len(inspect.signature(getattr(found, method)).parameters) == arguments, f"{part}.{method} of {name}"


@pytest.mark.parametrize("name", JUDGED)
def test_what_is_measured_has_a_name_and_an_interface(name: str) -> None:
    found = subject.read_subject(name)
    assert found.name == name
    assert found.version
    takes, gives = found.interface()
    assert takes.name
    assert gives.names()
    assert bool(found.gates) == (name in names())


@pytest.mark.parametrize("name", JUDGED)
def test_figures_have_different_names(name: str) -> None:
    asked = _part(name, "judge").figures()
    assert len({(each.name, each.on) for each in asked}) == len(asked)


@pytest.mark.parametrize("name", names())
def test_gates_ask_for_figures_that_there_are(name: str) -> None:
    figures = _part(name, "judge").figures()
    there = {(each.name, each.on) for each in figures} | {(f"int8_loss_{each.name}", each.on) for each in figures if each.loss}
    there |= {(f"{planned.precision}_ms", ON_THE_CPU) for planned in read_recipe(name).variants}
    assert {(gate.figure, gate.on) for gate in read_recipe(name).gates} <= there


def test_every_folder_of_recipes_belongs_to_a_recipe() -> None:
    shared = {"movenet", "plates"}
    folders = {path.name for path in RECIPES.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert all(
        any((RECIPES / name / f).exists() for f in ("recipe.toml", "fetch.toml", "train.py")) for name in folders - shared
    )
