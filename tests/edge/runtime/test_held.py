"""Models of one accelerator: what is held, refused, and tried again."""

from __future__ import annotations

import math

from edge.infer.messages import ModelOrder
from edge.runtime.backoff import BackoffPolicy
from edge.runtime.held import HeldModels

FAST, PLATES = (ModelOrder(name, f"/models/{name}", f"{name}.onnx", "default") for name in ("fast", "plates"))


def held(*models: ModelOrder) -> HeldModels:
    made = HeldModels(BackoffPolicy(1.0, 8.0, 60.0))
    made.change(models)
    for model in models:
        made.ordered(model.name)
    return made


def test_what_is_new_is_loaded_and_what_is_not_wanted_goes() -> None:
    models = held(FAST)
    assert models.change((FAST, PLATES)) == ([], [PLATES])
    assert models.change((FAST, PLATES)) == ([], [])
    other = ModelOrder("fast", "/update", "fast.onnx", "default")
    assert models.change((other,)) == (["fast", "plates"], [other])
    assert models.wanted == {"fast": other}


def test_a_model_that_is_refused_is_tried_again_ever_more_seldom() -> None:
    models = held(FAST, PLATES)
    models.loaded("plates", 5.0, 0.0)
    waits = []
    now_s = 0.0
    for tries in range(1, 6):
        models.refuse("fast", "no device", now_s, None)
        assert (models.refused, models.vain["fast"]) == ({"fast": "no device"}, tries)
        assert models.retry_s is not None
        waits.append(models.retry_s - now_s)
        assert models.due(models.retry_s - 0.01) == []
        now_s = models.retry_s
        assert models.due(now_s) == [FAST]
        assert models.due(now_s) == [], "it is due once"
        models.ordered("fast")
    assert waits == [1.0, 2.0, 4.0, 8.0, 8.0]
    assert (models.refused, models.loading) == ({}, {"fast"})


def test_models_that_are_refused_together_wait_no_longer_than_one() -> None:
    """Where plates are read an accelerator holds three: after three tries they waited a minute, not two seconds."""
    models = held(FAST, PLATES)
    waits = []
    now_s = 0.0
    for _ in range(4):
        models.refuse("fast", "no device", now_s, None)
        models.refuse("plates", "no device", now_s + 0.1, None)
        assert models.retry_s is not None
        waits.append(models.retry_s - now_s)
        now_s = models.retry_s
        assert models.due(now_s) == [FAST, PLATES]
        for model in (FAST, PLATES):
            models.ordered(model.name)
    assert waits == [1.0, 2.0, 4.0, 8.0]
    assert dict(models.vain) == {"fast": 4, "plates": 4}


def test_who_looks_meanwhile_gives_it_time() -> None:
    models = held(FAST)
    now_s = 0.0
    for _ in range(8):
        models.refuse("fast", "no device", now_s, 30.0)
        assert models.retry_s is not None
        waited_s, now_s = models.retry_s - now_s, models.retry_s
        assert models.due(now_s) == [FAST]
        models.ordered("fast")
    assert waited_s == 30.0


def test_after_a_minute_of_good_work_a_refusal_is_the_first() -> None:
    models = held(FAST)
    for _ in range(4):
        models.refuse("fast", "no device", 0.0, None)
        models.due(math.inf)
        models.ordered("fast")
    models.loaded("fast", 5.0, 10.0)
    assert models.vain["fast"] == 0
    models.refuse("fast", "no device", 75.0, None)
    assert models.retry_s == 76.0


def test_what_is_not_wanted_any_more_is_not_refused() -> None:
    models = held(FAST)
    models.change(())
    models.refuse("fast", "no device", 0.0, None)
    assert (models.refused, models.retry_s) == ({}, None)


def test_without_its_process_nothing_is_loading_and_a_new_one_is_given_all() -> None:
    models = held(FAST, PLATES)
    models.refuse("fast", "no device", 0.0, None)
    models.lost()
    assert (models.loading, models.retry_s, set(models.wanted)) == (set(), None, {"fast", "plates"})
