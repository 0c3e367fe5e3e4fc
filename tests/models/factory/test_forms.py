"""Forms are told apart by name, and only those that this installation can run are measured."""

from __future__ import annotations

import importlib.util

import pytest

from models.factory.forms import form, runs_here
from protocol.manifest import Variant


def made(runtime: str) -> Variant:
    return Variant("file", "0" * 64, 1, runtime, "int8")


def test_forms_are_named_by_precision_and_by_a_runtime_that_is_not_the_usual_one() -> None:
    assert form(made("onnxruntime")) == "int8"
    assert form(made("litert")) == "int8-litert"


def test_a_form_is_measured_where_its_runtime_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ai_edge_litert" else object())
    assert [runs_here(made(runtime)) for runtime in ("onnxruntime", "litert", "edgetpu")] == [True, False, False]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    assert runs_here(made("litert"))
