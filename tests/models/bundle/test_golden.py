"""Row 24: the model loads but is wrong. Golden vectors tell, on this machine, before anybody looks through it."""

from __future__ import annotations

import hashlib
import io
import re
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge.infer.onnx_cpu import OnnxCpu
from models.bundle.bundle import Bundle, BundleError, load_bundle, zoo
from models.bundle.golden import ANSWERING, Run, check_golden, deviation
from models.factory.steps import load_steps
from protocol.manifest import Variant
from tests.models.weights import kernels, names, spoil

BUNDLES = sorted(path.parent.name for path in zoo().glob("*/manifest.json"))
VARIANTS = [(name, v.file) for name in BUNDLES for v in load_bundle(zoo() / name).manifest.variants]
PERSON = "person-vehicle-fast"
INT8, FP16 = f"{PERSON}.int8.onnx", f"{PERSON}.fp16.onnx"


@cache
def bundle(name: str) -> Bundle:
    return load_bundle(zoo() / name)


def variant(name: str, file: str) -> Variant:
    return next(v for v in bundle(name).manifest.variants if v.file == file)


def runner(name: str, model: bytes, *, exact: bool | None = None) -> Run:
    network = OnnxCpu(exact=exact).load(model, name)
    scores, boxes = (network.outputs.index(output) for output in bundle(name).manifest.output.names())

    def run(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        outputs = network.run(picture)
        return outputs[scores].reshape(-1, len(bundle(name).manifest.labels)), outputs[boxes].reshape(-1, 4)

    return run


def outputs_of(name: str, model: bytes) -> Run:
    """The outputs that the bundle's decoder reads, in its order."""
    network = OnnxCpu().load(model, name)
    places = [network.outputs.index(output) for output in bundle(name).manifest.output.names()]

    def run(picture: np.ndarray) -> tuple[np.ndarray, ...]:
        outputs = network.run(picture)
        return tuple(outputs[place] for place in places)

    return run


@pytest.mark.parametrize(("name", "file"), VARIANTS)
def test_every_variant_of_the_zoo_answers_as_it_should_here(name: str, file: str) -> None:
    item = variant(name, file)
    if item.runtime == "litert":
        pytest.importorskip("ai_edge_litert", reason="ai_edge_litert is not installed: pip install ai-edge-litert")
        run = load_steps(name).runner(bundle(name).folder / file)
    else:
        run = outputs_of(name, bundle(name).read(item))
    found = check_golden(bundle(name), item, run)
    assert 0 <= 2 * found <= bundle(name).manifest.golden.tolerance[item.precision], "room for other processors' rounding"
    assert check_golden(bundle(name), item, run) == found, "the same input has the same output"


@cache
def model(file: str) -> bytes:
    return bundle(PERSON).read(variant(PERSON, file))


@pytest.mark.parametrize("part", kernels(model(INT8)))
def test_other_weights_are_found_wherever_they_are(part: str) -> None:
    """Each convolution of the network, from the first to the last of the six heads."""
    with pytest.raises(BundleError, match=f"{INT8} of {PERSON} answers otherwise than its reference.*it is not used"):
        check_golden(bundle(PERSON), variant(PERSON, INT8), runner(PERSON, spoil(model(INT8), part)))


PLATES = [name for name in BUNDLES if name.startswith("plate-")]


def int8(name: str) -> Variant:
    return variant(name, f"{name}.int8.onnx")


@pytest.mark.parametrize(("name", "part"), [(name, part) for name in PLATES for part in kernels(bundle(name).read(int8(name)))])
def test_other_weights_of_what_reads_plates_are_found_wherever_they_are(name: str, part: str) -> None:
    with pytest.raises(BundleError, match=f"of {name} answers otherwise than its reference.*it is not used"):
        check_golden(bundle(name), int8(name), outputs_of(name, spoil(bundle(name).read(int8(name)), part)))


DEEP = ("Conv_1/", "expanded_conv_14/", "expanded_conv_15/", "expanded_conv_16/", "layer_19_2_Conv2d_5")
HEADS = tuple(f"BoxPredictor_{head}/{part}" for head in range(6) for part in ("ClassPredictor", "BoxEncodingPredictor"))


def test_every_layer_has_weights_that_can_be_spoilt() -> None:
    for part in (*DEEP, *HEADS):
        assert any(part in name for name in kernels(model(INT8))), part
    backbone, extra, heads = 1 + 2 + 16 * 3 + 1, 4 * 3, 6 * 4
    assert len(kernels(model(INT8))) == backbone + extra + heads


@pytest.mark.parametrize("part", ["expanded_conv_5/expand", "expanded_conv_9/expand", *DEEP, *HEADS])
def test_other_weights_are_found_in_half_precision(part: str) -> None:
    with pytest.raises(BundleError, match=f"{FP16} of {PERSON} answers otherwise than its reference.*it is not used"):
        check_golden(bundle(PERSON), variant(PERSON, FP16), runner(PERSON, spoil(model(FP16), part)))


def test_sums_that_are_not_cut_off_give_the_same_answers() -> None:
    """How a processor without VNNI computes 8-bit models is tried on every other as well."""
    item = variant(PERSON, INT8)
    exact, usual = runner(PERSON, model(INT8), exact=True), runner(PERSON, model(INT8))
    assert check_golden(bundle(PERSON), item, exact) == pytest.approx(check_golden(bundle(PERSON), item, usual), abs=1e-3)


@pytest.mark.parametrize("file", [INT8, FP16])
def test_names_do_not_depend_on_the_run_of_the_converter(file: str) -> None:
    assert not [name for name in names(model(file)) if re.search(r"__\d+", name)]


def vectors() -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(bundle(PERSON).read(bundle(PERSON).manifest.golden))) as archive:
        return {name: archive[name] for name in ("inputs", "scores", "boxes", "branches")}


def reference() -> Run:
    known = vectors()
    answers = {p.tobytes(): (s, b) for p, s, b in zip(known["inputs"], known["scores"], known["boxes"], strict=True)}
    return lambda picture: answers[picture[0].tobytes()]


def test_the_reference_does_not_deviate_from_itself() -> None:
    assert deviation(vectors(), reference()) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda s, b: (s * 0, b), id="sees nothing"),
        pytest.param(lambda s, b: (s + 0 * s, b * 0), id="no boxes"),
        pytest.param(lambda s, b: (s * np.nan, b), id="scores are no numbers"),
        pytest.param(lambda s, b: (s, b * np.nan), id="boxes are no numbers"),
        pytest.param(lambda s, b: (s, b + np.inf), id="boxes without end"),
        pytest.param(lambda s, b: (s[:, ::-1], b), id="labels in another order"),
        pytest.param(lambda s, b: (s[::-1], b[::-1]), id="anchors in another order"),
        pytest.param(lambda s, b: (s, b[:, [1, 0, 3, 2]]), id="x for y"),
        pytest.param(lambda s, b: (s[1:], b[1:]), id="an anchor less"),
        pytest.param(lambda s, b: (s[:, 1:], b), id="a label less"),
    ],
)
@pytest.mark.parametrize("file", [INT8, FP16])
def test_wrong_answers_are_found(wrong: object, file: str) -> None:
    right = reference()
    assert callable(wrong)

    def run(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scores, boxes = wrong(*right(picture))
        return scores, boxes

    with pytest.raises(BundleError, match="answers otherwise"):
        check_golden(bundle(PERSON), variant(PERSON, file), run)


def test_vectors_that_make_nothing_answer_prove_nothing() -> None:
    known = vectors()
    known["scores"] = known["scores"] * np.float32(0.1)
    assert deviation(known, reference()) == float("inf")


def test_every_head_answers_and_none_may_be_left_out() -> None:
    known = vectors()
    heads = known["branches"]
    assert set(heads) == set(range(6))
    for head in range(6):
        answering = (known["scores"].max(axis=2) >= ANSWERING) & (heads == head)
        assert answering.sum() >= 5, f"head {head}"
        silent = known | {"scores": np.where((heads == head)[:, None], np.float32(0.1), known["scores"])}
        assert deviation(silent, reference()) == float("inf"), f"head {head}"


@pytest.mark.parametrize("head", range(6))
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda s, b: (s * 0.5, b), id="half of its scores"),
        pytest.param(lambda s, b: (s + 0.25, b), id="ghosts"),
        pytest.param(lambda s, b: (s, b + (b[:, 2:] - b[:, :2]).repeat(2, axis=1) * 0.1), id="a tenth of a box aside"),
    ],
)
def test_one_wrong_head_of_six_is_found(wrong: object, head: int) -> None:
    right, heads = reference(), vectors()["branches"]
    assert callable(wrong)

    def run(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scores, boxes = right(picture)
        its = heads == head
        bad_scores, bad_boxes = wrong(scores[its], boxes[its])
        scores, boxes = scores.copy(), boxes.copy()
        scores[its], boxes[its] = bad_scores, bad_boxes
        return scores, boxes

    with pytest.raises(BundleError, match="answers otherwise"):
        check_golden(bundle(PERSON), variant(PERSON, INT8), run)


def test_without_branches_there_is_one_head() -> None:
    known = vectors()
    del known["branches"]
    assert deviation(known, reference()) == 0


def test_a_precision_without_a_tolerance_is_not_used() -> None:
    item = msgspec.structs.replace(variant(PERSON, FP16), precision="fp32")
    with pytest.raises(BundleError, match=r"golden\.npz: the manifest names no tolerance for fp32"):
        check_golden(bundle(PERSON), item, reference())


def _pickled() -> bytes:
    data = io.BytesIO()
    np.savez(data, inputs=np.array([{"a": 1}], object), scores=np.zeros(1), boxes=np.zeros(1))
    return data.getvalue()


def _incomplete() -> bytes:
    data = io.BytesIO()
    np.savez(data, inputs=np.zeros(1))
    return data.getvalue()


def _counted(answers: int, dtype: type) -> bytes:
    data = io.BytesIO()
    inputs = np.zeros((min(answers, 1), 2, 2, 3), np.uint8)
    np.savez(data, inputs=inputs, scores=np.ones((answers, 4, 1), dtype), boxes=np.zeros((answers, 4, 4), dtype))
    return data.getvalue()


def _branched(branches: np.ndarray) -> bytes:
    data = io.BytesIO()
    inputs = np.zeros((1, 2, 2, 3), np.uint8)
    scores, boxes = np.ones((1, 4, 1), np.float32), np.zeros((1, 4, 4), np.float32)
    np.savez(data, inputs=inputs, scores=scores, boxes=boxes, branches=branches)
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        b"PK\x03\x04 torn",
        _pickled(),
        _incomplete(),
        pytest.param(_counted(2, np.float32), id="an answer too many"),
        pytest.param(_counted(1, np.float64), id="answers of another type"),
        pytest.param(_counted(0, np.float32), id="no vectors"),
        pytest.param(_branched(np.zeros(3, np.uint8)), id="an anchor without a head"),
        pytest.param(_branched(np.zeros(4, np.int64)), id="heads of another type"),
    ],
)
def test_vectors_that_cannot_be_read_are_refused(tmp_path: Path, data: bytes) -> None:
    manifest = bundle(PERSON).manifest
    golden = msgspec.structs.replace(manifest.golden, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    (tmp_path / golden.file).write_bytes(data)
    other = Bundle(tmp_path, msgspec.structs.replace(manifest, golden=golden))
    with pytest.raises(BundleError, match=r"golden\.npz: no golden vectors"):
        check_golden(other, variant(PERSON, INT8), reference())
