"""Bad files: each stops the build with one clear error that names the file and the reason, and nothing half-made stays."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.bundle.bundle import BundleError, load_bundle, zoo
from models.factory.assemble import finish
from models.factory.examine import MOST_BYTES, Expected, examine, expected
from protocol.manifest import Input, ManifestError, Output

BUNDLE = load_bundle(zoo() / "person-vehicle-fast")
EXPECTED = Expected("image", (1, 3, 8, 8), "float32", {"scores": (1, 4)})


def small() -> Any:
    """A network such as ours: convolution, activation, pooling, a linear layer; batch norm folded."""
    random = np.random.default_rng(1)
    weights = {
        "kernel": random.normal(size=(4, 3, 3, 3)),
        "bias": random.normal(size=4),
        "linear": random.normal(size=(4, 4)),
        "offset": np.zeros(4),
    }
    nodes = [
        helper.make_node("Conv", ["image", "kernel", "bias"], ["features"], "conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["features"], ["active"], "relu"),
        helper.make_node("GlobalAveragePool", ["active"], ["pooled"], "pool"),
        helper.make_node("Flatten", ["pooled"], ["flat"], "flat"),
        helper.make_node("Gemm", ["flat", "linear", "offset"], ["logits"], "linear", transB=1),
        helper.make_node("Sigmoid", ["logits"], ["scores"], "sigmoid"),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, 8, 8))],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, (1, 4))],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def written(folder: Path, model: Any) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    return path


def refusal(path: Path, expects: Expected = EXPECTED) -> str:
    with pytest.raises(BundleError) as caught:
        examine(path, expects)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert "; " in said, "what to do stands behind it"
    assert "\n" not in said
    return said


def test_a_good_file_passes(tmp_path: Path) -> None:
    examine(written(tmp_path, small()), EXPECTED)


@pytest.mark.parametrize("variant", BUNDLE.manifest.variants, ids=lambda variant: variant.precision)
def test_the_zoo_passes(variant: Any) -> None:
    examine(BUNDLE.folder / variant.file, expected(BUNDLE.manifest.input, BUNDLE.manifest.output))


Change = Callable[[Any], object]


def poison(name: str, value: float) -> Change:
    def change(model: Any) -> None:
        for tensor in model.graph.initializer:
            if tensor.name == name:
                values = numpy_helper.to_array(tensor).copy()
                values.flat[1] = value
                tensor.CopyFrom(numpy_helper.from_array(values, name))

    return change


def constant_nan(model: Any) -> None:
    value = numpy_helper.from_array(np.full(4, np.nan, np.float32))
    model.graph.node.insert(0, helper.make_node("Constant", [], ["offset2"], value=value))


def branch(model: Any) -> None:
    inner = helper.make_graph([], "inner", [], [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1,))])
    model.graph.node.append(helper.make_node("If", ["flag"], ["y"], "choice", then_branch=inner, else_branch=inner))


def function(model: Any) -> None:
    node = helper.make_node("Relu", ["x"], ["y"])
    model.functions.append(helper.make_function("", "Mine", ["x"], ["y"], [node], [helper.make_opsetid("", 17)]))


def external(model: Any) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def foreign(model: Any) -> None:
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    model.graph.node[1].domain = "com.example"


def newer(model: Any) -> None:
    model.graph.node[1].op_type = "HardSwish"
    model.opset_import[0].version = 11


def first(**fields: Any) -> Change:
    def change(model: Any) -> None:
        for name, value in fields.items():
            setattr(model.graph.initializer[0], name, value)

    return change


def operator(place: int, name: str) -> Change:
    return lambda model: setattr(model.graph.node[place], "op_type", name)


def value(which: str, shape: tuple[int | str, ...], kind: int = TensorProto.FLOAT, name: str = "") -> Change:
    def change(model: Any) -> None:
        info = getattr(model.graph, which)[0]
        info.CopyFrom(helper.make_tensor_value_info(name or info.name, kind, shape))

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(poison("kernel", np.nan), "has 1 weights that are NaN or infinite in 'kernel'", id="NaN"),
        pytest.param(poison("bias", -np.inf), "has 1 weights that are NaN or infinite in 'bias'", id="infinite"),
        pytest.param(constant_nan, "has 4 weights that are NaN", id="a constant of NaN"),
        pytest.param(operator(1, "Frobnicate"), "has the operator 'Frobnicate' (node 'relu')", id="unknown operator"),
        pytest.param(
            operator(1, "NonMaxSuppression"), "'NonMaxSuppression' (node 'relu'), which not every", id="not everywhere"
        ),
        pytest.param(newer, "has the operator 'HardSwish', unknown to operator set 11", id="newer operator"),
        pytest.param(branch, "has the operator 'If' (node 'choice')", id="control flow"),
        pytest.param(foreign, "uses operators of the domain 'com.example'", id="custom domain"),
        pytest.param(function, "defines the function 'Mine'", id="function of its own"),
        pytest.param(external, "keeps the weights 'kernel' in another file", id="external data"),
        pytest.param(first(data_type=TensorProto.STRING), "has weights 'kernel' of STRING", id="weights of text"),
        pytest.param(first(data_type=TensorProto.BFLOAT16), "has weights 'kernel' of BFLOAT16", id="weights of bfloat16"),
        pytest.param(first(data_type=0), "has weights 'kernel' of no type", id="weights of no type"),
        pytest.param(first(raw_data=b"\0" * 7), "has damaged weights 'kernel'", id="weights too short"),
        pytest.param(lambda m: m.graph.initializer[0].dims.append(1 << 40), "damaged weights 'kernel'", id="weights too large"),
        pytest.param(lambda m: m.graph.node.pop(), "is not a valid graph", id="an output that nothing makes"),
        pytest.param(lambda m: m.graph.node.reverse(), "is not a valid graph", id="against the order"),
        pytest.param(lambda m: m.graph.ClearField("node"), "holds no graph", id="no nodes"),
        pytest.param(lambda m: setattr(m, "ir_version", 99), "is of IR version 99, boxes read up to 10", id="newer format"),
        pytest.param(lambda m: setattr(m.opset_import[0], "version", 99), "uses operator set 99", id="newer operators"),
        pytest.param(lambda m: m.ClearField("opset_import"), "uses operator set none", id="no operator set"),
        pytest.param(
            value("input", (1, 3, 9, 8)), "takes 'image' as float32 (1, 3, 9, 8), not float32 (1, 3, 8, 8)", id="shape"
        ),
        pytest.param(value("input", ("n", 3, 8, 8)), "as float32 (n, 3, 8, 8)", id="an open shape"),
        pytest.param(value("input", (1, 3, 8)), "valid graph|as float32 (1, 3, 8)", id="a dimension less"),
        pytest.param(value("input", (1, 3, 8, 8), TensorProto.UINT8), "valid graph", id="of another type than its kernel"),
        pytest.param(value("output", (1, 4), name="logits"), "gives 'logits', not 'scores'", id="another output"),
        pytest.param(value("output", (1, 5)), "valid graph|gives 'scores'", id="an output of another shape"),
    ],
)
def test_what_cannot_run_on_the_boxes(tmp_path: Path, change: Change, words: str) -> None:
    model = small()
    change(model)
    said = refusal(written(tmp_path, model))
    assert any(word in said for word in words.split("|")), said


def test_another_input_than_the_manifest_names(tmp_path: Path) -> None:
    path = written(tmp_path, small())
    assert "takes 'image', not 'picture'" in refusal(path, Expected("picture", (1, 3, 8, 8), "float32", {}))
    assert "not uint8 (1, 8, 8, 3)" in refusal(path, Expected("image", (1, 8, 8, 3), "uint8", {}))
    assert "gives 'scores', not 'boxes'" in refusal(path, Expected("image", (1, 3, 8, 8), "float32", {"boxes": None}))
    assert "not float32 (4, 4)" in refusal(path, Expected("image", (1, 3, 8, 8), "float32", {"scores": (4, 4)}))


@pytest.mark.parametrize(
    ("its", "shape"),
    [
        (Input("x", 4, 3), (1, 3, 4, 3)),
        (Input("x", 4, 3, layout="NCHW"), (1, 3, 3, 4)),
        (Input("x", 4, 3, colour="GREY"), (1, 3, 4, 1)),
        (Input("x", 4, 3, layout="NCHW", colour="GREY"), (1, 1, 3, 4)),
        (Input("x", 4, 1, "float32", "SAMPLES", "NONE", 16000), (1, 4)),
    ],
)
def test_what_a_manifest_asks_for(its: Input, shape: tuple[int, ...]) -> None:
    asked = expected(its, Output("boxes-and-scores", {"boxes": "b", "scores": "s"}))
    assert (asked.shape, asked.dtype, set(asked.outputs)) == (shape, its.dtype, {"b", "s"})


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.99])
def test_a_truncated_file(tmp_path: Path, share: float) -> None:
    data = (BUNDLE.folder / BUNDLE.manifest.variants[0].file).read_bytes()
    asked = expected(BUNDLE.manifest.input, BUNDLE.manifest.output)
    assert "corrupt or truncated" in (said := refusal(written(tmp_path, data[: int(len(data) * share)]), asked)) or (
        "truncated, or not an ONNX model" in said
    )


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"no model at all", b"PK\x03\x04", b"\x08\x07", b"\xff" * 5000])
def test_another_kind_of_file(tmp_path: Path, data: bytes) -> None:
    assert "truncated" in refusal(written(tmp_path, data))


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    assert "cannot be read (No such file or directory)" in refusal(tmp_path / "none.onnx")
    endless = tmp_path / "endless.onnx"
    endless.touch()
    with endless.open("r+b") as file:
        file.truncate(MOST_BYTES + 1)
    assert f"has over {MOST_BYTES} bytes" in refusal(endless)


MUTATIONS = 400


def mutated(random: np.random.Generator, data: bytes) -> bytes:
    """Bytes changed, cut out, doubled, cut off."""
    changed = bytearray(data)
    for _ in range(random.integers(1, 6)):
        at = int(random.integers(0, len(changed)))
        length = int(random.integers(1, 20))
        match random.integers(0, 5):
            case 0:
                changed[at] = int(random.integers(0, 256))
            case 1:
                changed[at] ^= 1 << int(random.integers(0, 8))
            case 2:
                del changed[at : at + length]
            case 3:
                changed[at:at] = changed[at : at + length]
            case _:
                changed[at : at + length] = random.bytes(length)
        if not changed:
            break
    return bytes(changed)


def fault(path: Path) -> str | None:
    try:
        examine(path, EXPECTED)
    except BundleError as error:
        return str(error)
    return None


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_file_holds_there_is_one_kind_of_error(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    data = small().SerializeToString()
    path = tmp_path / "model.onnx"
    refused = 0
    for _ in range(MUTATIONS):
        path.write_bytes(mutated(random, data))
        found = fault(path)
        assert found is None or found.startswith(f"{path}: ")
        refused += found is not None
    assert refused > MUTATIONS / 2


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """What a recipe has made: the bundle of the zoo, about to be finished; and an older one in its place."""
    shutil.copytree(BUNDLE.folder, tmp_path / "target")
    (tmp_path / "target" / "MODEL_CARD.md").write_text("older")
    return Path(shutil.copytree(BUNDLE.folder, tmp_path / "staging"))


def spoilt(staged: Path, change: Change | None, *, rehash: bool) -> Any:
    """The manifest, after one variant was changed."""
    variant = BUNDLE.manifest.variants[0]
    path = staged / variant.file
    if change is not None:
        model = onnx.load(str(path))
        change(model)
        path.write_bytes(model.SerializeToString())
    else:
        path.write_bytes(path.read_bytes()[: variant.size // 2])
    if not rehash:
        return BUNDLE.manifest
    data = path.read_bytes()
    renewed = msgspec.structs.replace(variant, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    return msgspec.structs.replace(BUNDLE.manifest, variants=(renewed, *BUNDLE.manifest.variants[1:]))


@pytest.mark.parametrize(
    ("change", "rehash", "words"),
    [
        pytest.param(None, True, "corrupt or truncated", id="truncated"),
        pytest.param(None, False, "differs from its manifest", id="wrong hash"),
        pytest.param(operator(3, "Frobnicate"), True, "operator 'Frobnicate'", id="unknown operator"),
        pytest.param(
            lambda m: m.graph.input[0].type.tensor_type.shape.dim[1].ClearField("dim_value"), True, "300, 3", id="shape"
        ),
    ],
)
def test_nothing_half_made_stays(staged: Path, change: Change | None, rehash: bool, words: str) -> None:
    target = staged.parent / "target"
    with pytest.raises(BundleError, match=words):
        finish(staged, target, spoilt(staged, change, rehash=rehash), {})
    assert (target / "MODEL_CARD.md").read_text() == "older", "what was there stays"


def test_a_label_that_the_law_forbids(staged: Path) -> None:
    labels = (*BUNDLE.manifest.labels[:-1], "woman")
    points = {"default": BUNDLE.manifest.operating_points["default"]}
    manifest = msgspec.structs.replace(BUNDLE.manifest, labels=labels, operating_points=points)
    with pytest.raises((BundleError, ManifestError), match=r"label 'woman' is forbidden: AI Act, article 5\(1\)\(g\)"):
        finish(staged, staged.parent / "target", manifest, {})
    assert (staged.parent / "target" / "MODEL_CARD.md").read_text() == "older"
