"""YAMNet hears shots; what else it hears never leaves the loader."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.bundle import litert
from models.bundle.bundle import BundleError
from models.bundle.yamnet import (
    CLASSES,
    COLUMNS,
    HOP,
    MOST_GAIN,
    SAMPLES,
    Yamnet,
    check_classes,
    columns,
    deviation,
    gunshot_score,
    level,
    windows,
)
from models.factory.release import read_recipe
from models.recipes.yamnet.judge import open as listen
from models.recipes.yamnet.judge import recording
from models.recipes.yamnet.loading import inputs
from protocol.manifest import FORBIDDEN_LABELS
from tests.models.data import needed

LABELS = ("gunshot", "machine-gun", "fusillade", "fireworks", "firecracker")
PEER = "peers/yamnet_audio_classifier_with_metadata.tflite"


def forbidden(label: str) -> bool:
    return any(re.search(rf"(^|-)({pattern})(-|$)", label) for pattern, _ in FORBIDDEN_LABELS)


@given(arrays(np.float32, st.integers(0, 50), elements=st.floats(-4, 4, width=32, allow_subnormal=False)))
def test_level(window: np.ndarray) -> None:
    brought = level(window)
    peak = float(np.abs(window).max(initial=0))
    assert brought.dtype == np.float32
    assert float(np.abs(brought).max(initial=0)) == pytest.approx(min(1.0, peak * MOST_GAIN), rel=1e-5)
    assert (np.sign(brought) == np.sign(window)).all()


def test_what_is_no_number_is_silent() -> None:
    assert level(np.array([np.nan, np.inf, -np.inf, 0.5], np.float32)).tolist() == [0, 0, 0, 1]


@given(st.integers(0, 10 * SAMPLES), st.sampled_from([HOP, SAMPLES]))
def test_windows_cover_everything(length: int, hop: int) -> None:
    sound = np.arange(1, length + 1, dtype=np.float32)
    parts = list(windows(sound, hop))
    assert all(part.shape == (SAMPLES,) for part in parts)
    covered = np.zeros(length + 2 * SAMPLES, np.float32)
    for n, part in enumerate(parts):
        covered[n * hop : n * hop + SAMPLES] = part
    assert (covered[:length] == sound).all()
    assert len(parts) == 1 or (len(parts) - 1) * hop < length, "none is silence alone"


def test_labels_are_sounds_of_things() -> None:
    assert not [label for label in COLUMNS if forbidden(label)]
    places = [column for column, _ in COLUMNS.values()]
    assert len(set(places)) == len(places)
    assert columns(LABELS).tolist() == [421, 422, 423, 426, 427]
    assert set(read_recipe("yamnet").manifest["labels"]) <= set(COLUMNS)


@pytest.mark.parametrize("label", ["child-speech", "laughter", "speech", "crying", "Gunshot, gunfire", ""])
def test_voices_cannot_be_asked_for(label: str) -> None:
    with pytest.raises(BundleError, match="cannot be asked for; those that can: explosion, gunshot"):
        Yamnet(b"", ("gunshot", label))


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((0.9, 0.1, 0.0, 0.0, 0.0), 0.9),
        ((0.1, 0.9, 0.0, 0.0, 0.9), 0.9),
        ((0.1, 0.2, 0.8, 0.4, 0.0), 0.6),
        ((0.5, 0.2, 0.1, 1.0, 1.0), 0.0),
        ((0.0, 0.0, 0.0, 1.0, 0.0), -0.5),
    ],
)
def test_the_score_of_a_shot(scores: tuple[float, ...], expected: float) -> None:
    assert gunshot_score(np.array(scores, np.float32), LABELS) == pytest.approx(expected)


def with_classes(names: list[str]) -> bytes:
    """A file as TFLite metadata make it: an archive behind the model."""
    data = io.BytesIO(b"the model")
    data.seek(0, io.SEEK_END)
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("labels.txt", "\n".join(names))
    return data.getvalue()


def right() -> list[str]:
    names = [f"class {n}" for n in range(CLASSES)]
    for column, upstream in COLUMNS.values():
        names[column] = upstream
    return names


def test_the_file_says_which_column_is_what() -> None:
    check_classes(with_classes(right()), tuple(COLUMNS), "y.tflite")


def swapped() -> list[str]:
    names = right()
    names[421], names[426] = names[426], names[421]
    return names


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (b"", "carries no list of its classes"),
        (b"PK\x05\x06" + b"\0" * 18, "carries no list of its classes"),
        (with_classes(right())[:-30], "carries no list of its classes"),
        (with_classes(right()[:-1]), "lists 520 classes, YAMNet has 521"),
        (with_classes(["x" * (1 << 20)]), "lists 1 classes"),
        (with_classes(swapped()), "column 421 is 'Fireworks', not 'Gunshot, gunfire'; this is another model"),
    ],
)
def test_another_file_is_refused(model: bytes, words: str) -> None:
    with pytest.raises(BundleError, match=f"y.tflite: {words}"):
        check_classes(model, LABELS, "y.tflite")


def test_without_litert_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litert, "MODULE", "ai_edge_litert_that_nobody_has.interpreter")
    with pytest.raises(BundleError, match=r"y\.tflite: needs LiteRT, which is not here .* pip install ai-edge-litert"):
        Yamnet(with_classes(right()), LABELS, "y.tflite")


VECTORS = {"inputs": np.zeros((2, 4), np.float32), "scores": np.array([[0.5, 0.1], [0.2, 0.9]], np.float32)}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([[0.5, 0.1], [0.2, 0.9]], 0),
        ([[0.5, 0.1], [0.2, 0.7]], 0.2),
        ([[0.5, 0.5], [0.2, 0.9]], 0.4),
        ([[np.nan, 0.1], [0.2, 0.9]], np.inf),
        ([[0.5], [0.2]], np.inf),
    ],
)
def test_deviation(answers: list[list[float]], expected: float) -> None:
    said = iter(answers)
    assert deviation(VECTORS, lambda window: (np.array(next(said), np.float32),)) == pytest.approx(expected)


def test_a_label_that_never_answers_proves_nothing() -> None:
    silent = {**VECTORS, "scores": np.array([[0.5, 0.1], [0.2, 0.1]], np.float32)}
    assert deviation(silent, lambda window: (np.zeros(2, np.float32),)) == np.inf


def real() -> Yamnet:
    pytest.importorskip("ai_edge_litert", reason="ai_edge_litert is not installed: pip install ai-edge-litert")
    path = needed(PEER)
    return Yamnet(path.read_bytes(), LABELS, path.name)


def test_only_the_labels_come_out() -> None:
    scores = real().scores(inputs()[0])
    assert (scores.shape, str(scores.dtype)) == ((len(LABELS),), "float32")


def test_every_label_answers_to_a_golden_sound() -> None:
    yamnet = real()
    assert (np.stack([yamnet.scores(sound) for sound in inputs()]).max(axis=0) > 0.3).all()


def test_a_quiet_shot_is_a_shot() -> None:
    yamnet, sound = real(), inputs()[1]
    assert yamnet.scores(sound * np.float32(0.02)) == pytest.approx(yamnet.scores(sound), abs=0.1)


def test_a_window_of_another_length() -> None:
    with pytest.raises(BundleError, match=r"takes float32 \(15600,\), was given float32 \(100,\)"):
        real().scores(np.zeros(100, np.float32))


def test_a_model_that_is_none() -> None:
    pytest.importorskip("ai_edge_litert", reason="ai_edge_litert is not installed: pip install ai-edge-litert")
    with pytest.raises(BundleError, match=r"y\.tflite: not a model that LiteRT can load .*; install the bundle again"):
        Yamnet(with_classes(right()), LABELS, "y.tflite")


def test_it_tells_shots_from_other_sounds() -> None:
    pytest.importorskip("ai_edge_litert", reason="ai_edge_litert is not installed: pip install ai-edge-litert")
    ear = listen(needed(PEER))
    shots, others = (
        [ear(recording(path)) for path in sorted(needed(f"audio/{name}").glob("*.wav"))] for name in ("gunshot", "other")
    )
    assert len(shots) == 14
    assert len(others) == 6
    better = np.mean([shot > other for shot in shots for other in others])
    assert better >= 0.9, "area under the curve"
    assert sum(score >= 0.41 for score in shots) >= 8
    assert max(others) < 0.41
