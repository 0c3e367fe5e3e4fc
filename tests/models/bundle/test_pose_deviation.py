"""Row 24 for poses: a model that loads but is wrong is told by its golden vectors, whichever layer is wrong."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from edge.infer.onnx_cpu import OnnxCpu
from models.bundle.bundle import load_bundle, zoo
from models.bundle.pose_deviation import deviation
from tests.models.weights import kernels, spoil

NAMES = ("pose-single", "pose-multi")
TOLERANCE = {
    (name, precision): tolerance
    for name in NAMES
    for precision, tolerance in load_bundle(zoo() / name).manifest.golden.tolerance.items()
}
ONE_OUTPUT = ("heads/center_0/conv2d_4/",)
"""Layers with one output, which `kernels` takes for no convolution."""


@cache
def model(name: str, precision: str) -> bytes:
    return (zoo() / name / f"{name}.{precision}.onnx").read_bytes()


@cache
def golden(name: str) -> dict[str, np.ndarray]:
    with np.load(zoo() / name / "golden.npz", allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}


def answers(name: str, data: bytes) -> dict[str, np.ndarray]:
    network = OnnxCpu().load(data, name)
    each = [network.run(picture[None]) for picture in golden(name)["inputs"]]
    return {key: np.stack([one[i] for one in each]) for i, key in enumerate(network.outputs)}


@pytest.mark.parametrize(("name", "precision"), TOLERANCE)
def test_every_variant_answers_as_it_should_with_room_for_other_processors(name: str, precision: str) -> None:
    found = deviation(golden(name), answers(name, model(name, precision)))
    assert 0 < 2 * found <= TOLERANCE[name, precision]


@pytest.mark.parametrize(
    ("name", "part"), [(name, part) for name in NAMES for part in (*kernels(model(name, "int8")), *ONE_OUTPUT)]
)
def test_other_weights_are_found_wherever_they_are(name: str, part: str) -> None:
    assert deviation(golden(name), answers(name, spoil(model(name, "int8"), part))) > TOLERANCE[name, "int8"]


@pytest.mark.parametrize(
    ("name", "part"),
    [(name, part) for name in NAMES for part in ("backbone/block_9_expand", "backbone/conv2d_1/", "kpt_offset", *ONE_OUTPUT)],
)
def test_other_weights_are_found_in_half_precision(name: str, part: str) -> None:
    assert deviation(golden(name), answers(name, spoil(model(name, "fp16"), part))) > TOLERANCE[name, "fp16"]


@pytest.mark.parametrize(("name", "heads"), [("pose-single", 4), ("pose-multi", 6)])
def test_each_network_has_all_its_layers(name: str, heads: int) -> None:
    backbone, way_up, head = 1 + 2 + 16 * 3 + 1, 4 + 3 * 2, 3
    layers = [part for part in kernels(model(name, "int8")) if not part.startswith("places/")]
    assert len(layers) == backbone + way_up + heads * head - len(ONE_OUTPUT)


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_does_not_deviate_from_itself(name: str) -> None:
    assert deviation(golden(name), golden(name)) == 0


def moved(name: str, key: str, by: float) -> dict[str, np.ndarray]:
    known = golden(name)
    changed = known[key].copy()
    if name == "pose-multi" and key == "poses":
        places = changed[..., :51].reshape(*changed.shape[:2], 17, 3)
        places[..., :2] += by
        changed[..., :51] = places.reshape(*changed.shape[:2], 51)
    else:
        changed[..., :2] += by
    return known | {key: changed}


@pytest.mark.parametrize("key", ["poses", "coarse"])
@pytest.mark.parametrize("name", NAMES)
def test_places_a_twentieth_aside_are_half_wrong_and_a_half_aside_wholly(name: str, key: str) -> None:
    assert deviation(golden(name), moved(name, key, 0.05 / np.sqrt(2))) == pytest.approx(0.5, abs=0.01)
    assert deviation(golden(name), moved(name, key, 0.5)) == pytest.approx(1.0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("key", ["poses", "coarse"])
def test_answers_that_are_no_numbers_are_infinitely_wrong(name: str, key: str, value: float) -> None:
    changed = golden(name)[key].copy()
    changed.flat[5] = value
    assert deviation(golden(name), golden(name) | {key: changed}) == float("inf")


@pytest.mark.parametrize("name", NAMES)
def test_answers_of_another_shape_are_infinitely_wrong(name: str) -> None:
    assert deviation(golden(name), golden(name) | {"poses": golden(name)["poses"][:, :-1]}) == float("inf")


@pytest.mark.parametrize("name", NAMES)
def test_vectors_without_people_prove_nothing(name: str) -> None:
    nobody = golden(name) | {"poses": np.zeros_like(golden(name)["poses"])}
    assert deviation(nobody, nobody) == float("inf")


def test_the_order_of_people_does_not_matter_but_ghosts_do() -> None:
    known = golden("pose-multi")
    swapped = known | {"poses": known["poses"][:, ::-1], "coarse": known["coarse"][:, ::-1]}
    assert deviation(known, swapped) == 0
    ghosts = known["poses"].copy()
    ghosts[:, -1, -1] = 0.9
    assert deviation(known, known | {"poses": ghosts}) > 0.2
