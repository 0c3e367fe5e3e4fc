"""The plate reader's recipe: the graph is the network, golden vectors feel every layer, photos are judged rightly."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import pytest

from models.bundle.bundle import BundleError
from models.bundle.reading import ALPHABET, Reading, deviation
from models.factory.comparison import compare
from models.factory.figures import CalibrationError, Mean
from models.factory.kept import CALIBRATION, GOLDEN
from models.factory.statistics import Outcome
from models.recipes.plate_reader import judge, kept, steps
from models.recipes.plate_reader.export import to_onnx
from models.recipes.plate_reader.kept import FILE, read_kept
from models.recipes.plate_reader.peers import slots_reading
from models.recipes.plate_reader.photos import MARGINS, PlatePhoto, cut, degrade, marked
from models.recipes.plate_reader.quantise import quantise
from models.recipes.plate_reader.shape import COLUMNS, HEAD, HEIGHT, LINES, STEM, WIDTH

CROPS = Path(steps.__file__).with_name(FILE)
CLASSES = len(ALPHABET) + 1
TOLERANCE = 0.15


def layers() -> dict[str, tuple[int, ...]]:
    """Kernels of the network by the prefix of their names."""
    a, b, c, d, e = STEM
    wide = LINES * HEAD
    return {
        "stem.0": (a, 3, 3, 3),
        "stem.1": (b, a, 3, 3),
        "stem.2": (c, b, 3, 3),
        "stem.3": (c, c, 3, 3),
        "stem.4": (d, c, 3, 3),
        "residual.0": (d, d, 3, 3),
        "residual.1": (d, d, 3, 3),
        "fold.0": (e, d, 3, 3),
        "fold.1": (wide, e, 3, 3),
        "context.0": (wide, HEAD, 1, 5),
        "context.1": (wide, HEAD, 1, 5),
    }


def some_weights(seed: int = 1) -> dict[str, npt.NDArray[np.float32]]:
    """Weights of a network that was never trained but answers with conviction."""
    random = np.random.default_rng(seed)
    weights = {}
    for prefix, shape in layers().items():
        weights[f"{prefix}.0.weight"] = random.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        for name, low, high in (
            ("weight", 0.7, 1.3),
            ("bias", -0.2, 0.2),
            ("running_mean", -0.2, 0.2),
            ("running_var", 0.7, 1.5),
        ):
            weights[f"{prefix}.1.{name}"] = random.uniform(low, high, shape[0])
    weights["classes.weight"] = random.normal(0, 0.5, (LINES * CLASSES, HEAD, 1, 1))
    weights["classes.bias"] = random.normal(0, 0.1, LINES * CLASSES)
    return {name: array.astype(np.float32) for name, array in weights.items()}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reader") / "fp32.onnx"
    to_onnx(some_weights(), path)
    return path


def test_the_same_weights_make_the_same_bytes(reference: Path, tmp_path: Path) -> None:
    to_onnx(some_weights(), tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == reference.read_bytes()


def test_answers_are_log_probabilities(reference: Path) -> None:
    run = steps.runner(reference)
    for crop in read_kept(CROPS)[GOLDEN]:
        (scores,) = run(crop[None])
        assert scores.shape == (LINES * COLUMNS, CLASSES)
        assert np.exp(scores).sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_light_does_not_matter(reference: Path) -> None:
    """Standardised: half as bright is the same crop, but for rounding and the floor under the deviation."""
    run = steps.runner(reference)
    crop = read_kept(CROPS)[GOLDEN][:1]
    assert np.exp(run(crop // 2)[0]) == pytest.approx(np.exp(run(crop)[0]), abs=0.25)


def test_an_even_crop_is_answered(reference: Path) -> None:
    (scores,) = steps.runner(reference)(np.full((1, HEIGHT, WIDTH, 3), 80, np.uint8))
    assert np.isfinite(scores).all()


def test_the_graph_is_the_network(reference: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-models")
    from models.recipes.plate_reader.network import Reader

    network = Reader()
    missing, unexpected = network.load_state_dict({n: torch.from_numpy(a) for n, a in some_weights().items()}, strict=False)
    assert not unexpected
    assert all(name.endswith("num_batches_tracked") for name in missing)
    network.eval()
    crops = read_kept(CROPS)[GOLDEN]
    with torch.no_grad():
        logits = network(torch.from_numpy(crops).permute(0, 3, 1, 2).float())
    expected = logits.log_softmax(2).permute(0, 1, 3, 2).reshape(len(crops), -1, CLASSES).numpy()
    run = steps.runner(reference)
    for crop, scores in zip(crops, expected, strict=True):
        assert np.exp(run(crop[None])[0]) == pytest.approx(np.exp(scores), abs=2e-3)


@pytest.mark.parametrize("layer", [*layers(), "classes"])
def test_golden_vectors_feel_every_layer(layer: str, reference: Path, tmp_path: Path) -> None:
    golden = dict(steps.vectors(steps.runner(reference)))
    assert deviation(golden, steps.runner(reference)) < steps.STEP, "answers are kept in steps"
    weights = some_weights()
    name = "classes.weight" if layer == "classes" else f"{layer}.0.weight"
    flat = weights[name].reshape(-1)
    weights[name] = np.random.default_rng(2).permutation(flat).reshape(weights[name].shape)
    to_onnx(weights, tmp_path / "other.onnx")
    assert deviation(golden, steps.runner(tmp_path / "other.onnx")) > TOLERANCE


def test_quantising(reference: Path, tmp_path: Path) -> None:
    crops = read_kept(CROPS)[CALIBRATION][:8]
    for name in ("one.onnx", "other.onnx"):
        quantise(reference, tmp_path / name, crops)
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "other.onnx").read_bytes()
    nodes = {node.name: node for node in onnx.load(tmp_path / "one.onnx").graph.node}
    makers = {name: node.op_type for node in nodes.values() for name in node.output}
    assert makers[nodes["stem.0.0"].input[0]] == "DequantizeLinear"
    assert makers[nodes["context.1.0"].input[1]] == "DequantizeLinear"
    assert makers.get(nodes["classes"].input[1]) is None  # stays in floating point
    (scores,) = steps.runner(tmp_path / "one.onnx")(crops[:1])
    assert scores.shape == (LINES * COLUMNS, CLASSES)


def test_crops_that_are_kept(tmp_path: Path) -> None:
    crops = read_kept(CROPS)
    assert {name: len(array) for name, array in crops.items()} == {CALIBRATION: 48, GOLDEN: 12}
    with pytest.raises(BundleError, match=r"draw them with python -m models\.recipes\.plate_reader\.kept"):
        read_kept(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", calibration=np.zeros((1, 2, 3)), golden=np.zeros((1, 2, 3)))
    with pytest.raises(BundleError, match="draw them anew"):
        kept.read_kept(tmp_path / "other.npz")


def a_photo(folder: Path, name: str, text: str, box: tuple[int, int, int, int] = (40, 30, 60, 15)) -> None:
    picture = np.zeros((100, 160, 3), np.uint8)
    left, top, width, height = box
    picture[top : top + height, left : left + width] = (10, 20, 200)  # blue, green, red as OpenCV has them
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f"{name}.png"), picture)
    (folder / f"{name}.txt").write_text("\t".join([f"{name}.png", *map(str, box), text]) + "\n")


def test_photos_are_cut_with_margins(tmp_path: Path) -> None:
    a_photo(tmp_path, "car", "AB12")
    (photo,) = marked(tmp_path)
    assert photo.text == "AB12"
    exact = cut(photo, 0.0)
    assert exact.shape == (15, 60, 3)
    assert (exact == (200, 20, 10)).all()  # RGB
    assert cut(photo, 0.2).shape == (15 + 2 * 3, 60 + 2 * 12, 3)
    assert (cut(photo, -0.05) == (200, 20, 10)).all()
    edge = PlatePhoto("edge", photo.picture, (0, 0, 60, 15), "")
    assert cut(edge, 0.2).shape == (18, 72, 3)


def test_degrading_is_dark_noisy_and_the_same_again() -> None:
    crop = np.full((40, 200, 3), 200, np.uint8)
    crop[:, 100:] = 40
    worse = degrade(crop, "name", 80)
    assert worse.shape == (16, 80, 3)
    assert worse[:, :30].mean() == pytest.approx(120, abs=3)
    assert worse[:, :30].std() > 1
    assert np.array_equal(worse, degrade(crop, "name", 80))
    assert not np.array_equal(worse, degrade(crop, "other", 80))
    smeared = degrade(crop, "name", 80, 5).astype(float).mean(axis=(0, 2))
    assert np.abs(np.diff(smeared[36:45])).max() < 30 < np.abs(np.diff(worse.astype(float).mean(axis=(0, 2))[36:45])).max()


def test_slots_that_differ_in_empty_ones_are_one_text() -> None:
    slots = np.full((3, 37), 1e-6)
    a, b, empty = ALPHABET.index("A"), ALPHABET.index("B"), 36
    slots[0, a] = 1
    slots[1, [b, empty]] = 0.6, 0.4
    slots[2, [b, empty]] = 0.3, 0.7
    found = {reading.text: reading.probability for reading in slots_reading(slots, 5)}
    assert found["AB"] == pytest.approx(0.6 * 0.7 + 0.4 * 0.3, abs=1e-3)
    assert found["A"] == pytest.approx(0.4 * 0.7, abs=1e-3)
    assert list(found) == sorted(found, key=lambda text: -found[text])


def test_judging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that reads well, O for 0 included, except the second photo; figures, failures and what was not here."""
    a_photo(tmp_path / "anpr" / "eu", "good", "AB0")
    a_photo(tmp_path / "anpr" / "eu", "wrong", "CD1", (70, 30, 60, 15))
    monkeypatch.setattr(judge, "DRAWN_CROPS", 4)
    answers = [[Reading("ABO", 0.8, (0.9, 0.9, 0.95))], [Reading("CX1", 0.6, (0.9, 0.6, 0.9)), Reading("CD1", 0.3)]]
    asked: list[tuple[int, ...]] = []

    def model(crop: npt.NDArray[np.uint8]) -> list[Reading]:
        each = len(MARGINS) + sum(worse.region == "eu" for worse in judge.DEGRADED)
        asked.append(crop.shape)
        return [*answers, *[[Reading("NONE", 0.1)]] * 4][min((len(asked) - 1) // each, 2)]

    judged = judge.judge(model, tmp_path, lambda _: None)
    eu = judge.crops_of("eu")
    named = {asked.name: asked for asked in judge.figures()}
    assert len(judged.outcomes[eu]) == 2 * len(MARGINS)
    assert {outcome.source for outcome in judged.outcomes[eu]} == {"good", "wrong"}
    ones = np.ones((1, 2 * len(MARGINS)))
    assert isinstance(named["eu_top1"].figure, Mean)
    assert named["eu_top1"].figure.over(judged.outcomes[eu])(ones) == pytest.approx([0.5])
    assert named["eu_top10"].figure.over(judged.outcomes[eu])(ones) == pytest.approx([1.0])
    assert named["plates"].figure.over(judged.outcomes[judge.POOLED])(np.ones((1, 2))) == pytest.approx([1.0])
    assert isinstance(named["ece"].figure, CalibrationError)
    hits = [outcome.values["hit"] for outcome in judged.outcomes[judge.CHARACTERS]]
    assert hits[0] == [1, 1, 1]
    assert hits[-1] == [1, 0, 1]
    assert [(failure.item, failure.expected, failure.got) for failure in judged.failures] == [("eu/wrong", "CD1", "CX1")]
    skipped = {measured.name for measured in judged.data if measured.skipped}
    assert judge.crops_of("us") in skipped
    assert eu not in skipped
    assert judge.picture("eu/wrong", tmp_path) is not None
    assert judge.picture("eu/none", tmp_path) is None


def test_where_all_plates_are_read_alike_the_doubt_is_a_few_of_them() -> None:
    outcomes = [Outcome(f"photo {number}", "", {"top1": 1.0}, "0") for number in range(160)]
    found = compare(
        outcomes, outcomes, judge.Total("top1"), np.random.default_rng(1), name="plates", names=("fp32", "int8"), on="photos"
    )
    assert (found.difference, found.low, found.high) == pytest.approx((0, -3.65, 3.65), abs=0.01)


def test_without_data_rendered_crops_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "DRAWN_CROPS", 30)
    shown: list[npt.NDArray[np.uint8]] = []
    judged = judge.judge(lambda crop: shown.append(crop) or [], None, lambda _: None)  # type: ignore[func-returns-value]
    assert set(judged.outcomes) == {judge.DRAWN}
    assert {measured.name for measured in judged.data} == {asked.on for asked in judge.figures()}
    assert all(measured.skipped for measured in judged.data if measured.name != judge.DRAWN)
    assert [crop.shape for crop in shown] == [(2 * HEIGHT, 2 * WIDTH, 3)] * 30
    conditions = {outcome.condition for outcome in judged.outcomes[judge.DRAWN]}
    assert {"Belgian, one row", "two rows"} <= conditions
    for outcome in judged.outcomes[judge.DRAWN]:
        assert outcome.values["top1"] == float(outcome.condition == "no number"), "nothing read is right where nothing stands"
