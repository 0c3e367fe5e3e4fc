"""A fetched bundle is made of the named file or not at all, and what was here before stays."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from models.bundle.bundle import BundleError, fetched, load_bundle
from models.bundle.golden import check_golden
from models.bundle.yolox import COCO, SIDE, STRIDES
from models.factory.cli import app
from models.factory.fetch import DOWNLOADS, FetchError, fetch
from models.factory.release import Export, Recipe, names, read_recipe
from models.recipes.yolox_nano import loading
from tests.models.data import needed
from tests.models.factory.releasing import Release, releasing, whole

NAME = "yolox-nano"
PLACES = sum((SIDE // stride) ** 2 for stride in STRIDES)


def network(person: float = 0.9, output: str = "output") -> bytes:
    """As YOLOX's file in names and shapes: on each map of each picture one person, the same always."""
    answer = np.zeros((1, PLACES, 85), np.float32)
    for place in (1000, 3000, 3500):
        answer[0, place, 4] = 1
        answer[0, place, 5 + COCO.index("person")] = person
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Add", ["answer", "zero"], [output]),
    ]
    weights = [numpy_helper.from_array(answer, "answer"), numpy_helper.from_array(np.zeros(1, np.float32), "nothing")]
    takes = [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, SIDE, SIDE))]
    gives = [helper.make_tensor_value_info(output, TensorProto.FLOAT, answer.shape)]
    graph = helper.make_graph(nodes, "small", takes, gives, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7)
    return bytes(model.SerializeToString())


CONTENT = network()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    with releasing(tmp_path_factory.mktemp("server"), CONTENT) as release:
        yield release


@pytest.fixture
def release(server: Release) -> Release:
    server.script, server.content = whole, CONTENT
    server.ranges.clear()
    return server


def recipe_of(release: Release, content: bytes = CONTENT, **manifest: Any) -> Recipe:
    """The real recipe, of a file that this server has."""
    recipe = read_recipe(NAME)
    file = {"url": release.url, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    changed = msgspec.structs.replace(recipe.release, **file)
    return msgspec.structs.replace(recipe, release=changed, manifest=recipe.manifest | manifest)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


BUNDLE = {f"{NAME}/{file}" for file in ("manifest.json", "MODEL_CARD.md", "golden.npz", "yolox-nano.fp32.onnx")}


def test_a_bundle_like_those_of_the_zoo(release: Release, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    target = fetch(recipe_of(release), tmp_path, opener=release.opener, progress=lambda *step: told.append(step))
    assert target == tmp_path / NAME
    assert files(tmp_path) == BUNDLE
    assert told[-1] == (len(CONTENT), len(CONTENT))
    bundle = load_bundle(target)
    (variant,) = bundle.manifest.variants
    assert bundle.read(variant) == CONTENT
    assert bundle.manifest.sources[0].sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert bundle.manifest.sources[0].licence == "Apache-2.0"
    assert check_golden(bundle, variant, loading.runner(target / variant.file, bundle.manifest.labels)) == 0
    other = tmp_path / "other.onnx"
    other.write_bytes(network(person=0.7))
    with pytest.raises(BundleError, match="answers otherwise than its reference"):
        check_golden(bundle, variant, loading.runner(other, bundle.manifest.labels))


def test_what_is_here_is_not_fetched_again(release: Release, tmp_path: Path) -> None:
    recipe = recipe_of(release)
    fetch(recipe, tmp_path, opener=release.opener)
    assert fetch(recipe, tmp_path, opener=release.opener) == tmp_path / NAME
    assert len(release.ranges) == 1
    (tmp_path / NAME / "golden.npz").write_bytes(b"damaged")
    fetch(recipe, tmp_path, opener=release.opener)
    assert len(release.ranges) == 2
    assert (tmp_path / NAME / "golden.npz").stat().st_size > 1000
    fetch(recipe_of(release, version="1.0.1"), tmp_path, opener=release.opener)
    assert load_bundle(tmp_path / NAME).manifest.version == "1.0.1", "a newer recipe makes its bundle anew"


def test_cut_off_it_goes_on_where_it_was(release: Release, tmp_path: Path) -> None:
    def script(request: Any, content: bytes) -> None:
        request.head(200, Content_Length=len(content))
        request.wfile.write(content[:50_000])
        release.script = lambda r, c: r.head(503, Content_Length=0)

    release.script = script
    with pytest.raises(FetchError, match=r"answered 503 .*run `lamplighter models fetch yolox-nano` again"):
        fetch(recipe_of(release), tmp_path, opener=release.opener)
    assert all(file.startswith(DOWNLOADS) for file in files(tmp_path)), "no half of a bundle"
    release.script = whole
    fetch(recipe_of(release), tmp_path, opener=release.opener)
    assert release.ranges[-1] == "bytes=50000-"
    assert files(tmp_path) == BUNDLE


def earlier(release: Release, folder: Path) -> dict[str, bytes]:
    """Another version of the bundle, and its files."""
    older = network(person=0.8)
    release.content = older
    fetch(recipe_of(release, older), folder, opener=release.opener)
    release.content = CONTENT
    return {file: (folder / file).read_bytes() for file in files(folder)}


def test_offline_the_message_says_what_stays_and_what_to_do(release: Release, tmp_path: Path) -> None:
    before = earlier(release, tmp_path)
    recipe = recipe_of(release)
    away = msgspec.structs.replace(recipe.release, url="https://weights.invalid/yolox_nano.onnx")
    with pytest.raises(FetchError) as caught:
        fetch(msgspec.structs.replace(recipe, release=away), tmp_path)
    said = str(caught.value)
    for words in (
        "weights.invalid could not be reached (",
        "yolox-nano was not fetched; person-vehicle-fast, which comes with the installation, stays in use",
        "Where there is internet, run `lamplighter models fetch yolox-nano` again",
        "By hand: take https://weights.invalid/yolox_nano.onnx on another machine",
        "`lamplighter models fetch yolox-nano --file PATH`",
    ):
        assert words in said
    assert {file: (tmp_path / file).read_bytes() for file in before} == before


def test_another_file_changes_nothing(release: Release, tmp_path: Path) -> None:
    before = earlier(release, tmp_path)
    release.content = network(person=0.6)
    with pytest.raises(FetchError, match="another file than the recipe names"):
        fetch(recipe_of(release), tmp_path, opener=release.opener)
    assert {file: (tmp_path / file).read_bytes() for file in before} == before


def test_the_right_file_replaces_an_older_bundle_whole(release: Release, tmp_path: Path) -> None:
    earlier(release, tmp_path)
    fetch(recipe_of(release), tmp_path, opener=release.opener)
    assert files(tmp_path) == BUNDLE
    assert load_bundle(tmp_path / NAME).manifest.variants[0].sha256 == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x08\x07 no network", "corrupt or truncated"),
        (network(output="other"), "gives 'other', not 'output'"),
        (network(person=np.nan), "3 weights that are NaN or infinite in 'answer'"),
        (network(person=0.01), "answers otherwise than its reference"),
    ],
)
def test_a_file_of_which_no_bundle_can_be_made(release: Release, tmp_path: Path, content: bytes, words: str) -> None:
    before = earlier(release, tmp_path)
    release.content = content
    with pytest.raises(BundleError, match=words):
        fetch(recipe_of(release, content), tmp_path, opener=release.opener)
    assert {file: (tmp_path / file).read_bytes() for file in before} == before
    assert {file.split("/")[0] for file in files(tmp_path)} <= {NAME, DOWNLOADS}
    with pytest.raises(BundleError, match=words):
        fetch(recipe_of(release, content), tmp_path, opener=release.opener)
    assert len(release.ranges) == 2, "what is here whole is not fetched again"


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"labels": ["person", "woman"]}, r"label 'woman' is forbidden: AI Act, article 5\(1\)\(g\)"),
        ({"intended_purpose": "Face recognition"}, r"purpose is forbidden: AI Act, article 5\(1\)\(h\)"),
        ({"labels": ["person", "lamppost"]}, "YOLOX knows the 80 classes of COCO, not lamppost"),
        ({"prohibited_uses": []}, "prohibited_uses"),
        ({"input": {"name": "images"}}, "missing required field `width`"),
    ],
)
def test_a_recipe_that_may_not_be_deployed(release: Release, tmp_path: Path, manifest: dict[str, Any], words: str) -> None:
    with pytest.raises(BundleError, match=words):
        fetch(recipe_of(release, **manifest), tmp_path, opener=release.opener)
    assert not (tmp_path / NAME).exists()


def test_by_hand(release: Release, tmp_path: Path) -> None:
    brought = tmp_path / "stick" / "download (1).onnx"
    brought.parent.mkdir()
    brought.write_bytes(CONTENT)
    fetch(recipe_of(release), tmp_path / "models", file=brought)
    assert files(tmp_path / "models") == BUNDLE
    assert brought.read_bytes() == CONTENT, "what is the user's stays"
    assert release.ranges == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (CONTENT[:-1], f"{len(CONTENT) - 1} bytes, SHA-256"),
        (CONTENT + b"x", f"{len(CONTENT) + 1} bytes, SHA-256"),
        (b"", "0 bytes"),
        (None, r"cannot be read \(No such file"),
    ],
)
def test_another_file_by_hand(release: Release, tmp_path: Path, content: bytes | None, words: str) -> None:
    brought = tmp_path / "brought.onnx"
    if content is not None:
        brought.write_bytes(content)
    with pytest.raises(FetchError, match=words) as caught:
        fetch(recipe_of(release), tmp_path / "models", file=brought)
    assert release.url in str(caught.value)
    assert not (tmp_path / "models").exists()


def test_another_export_is_taken_by_hand_and_the_card_says_so(release: Release, tmp_path: Path) -> None:
    other = network(person=0.8)
    brought = tmp_path / "other.onnx"
    brought.write_bytes(other)
    export = Export(hashlib.sha256(other).hexdigest(), len(other), "written by another exporter")
    recipe = msgspec.structs.replace(recipe_of(release), exports=(export,))
    target = fetch(recipe, tmp_path / "models", file=brought)
    assert (
        "Made from another export than the release's file: written by another exporter" in load_bundle(target).manifest.limits
    )
    assert "written by another exporter" in (target / "MODEL_CARD.md").read_text()


def test_every_recipe_can_be_read() -> None:
    assert names() == ("yamnet", NAME)
    for name in names():
        recipe = read_recipe(name)
        assert recipe.release.licence == "Apache-2.0"
        assert recipe.accepts(recipe.release.sha256, recipe.release.size)
        assert not recipe.accepts(recipe.release.sha256, recipe.release.size + 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("https://", "http://"), "url"),
        (("size = 3659407", "size = 0"), "size"),
        (("c789161e", "C789161E"), "sha256"),
        (('name = "yolox-nano"\ninstead', 'name = "yolox-tiny"\ninstead'), "its folder must be called yolox_tiny"),
        (("[release]", "[release]\nmirror = 'x'"), "unknown field `mirror`"),
        (("[release]", "[release"), "correct the recipe"),
    ],
)
def test_a_recipe_that_is_not_whole(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    folder = tmp_path / "yolox_nano"
    folder.mkdir()
    text = (Path(loading.__file__).parent / "fetch.toml").read_text("utf-8")
    assert change[0] in text
    (folder / "fetch.toml").write_text(text.replace(*change), "utf-8")
    with pytest.raises(BundleError, match=words):
        read_recipe(NAME, tmp_path)


def test_no_such_recipe() -> None:
    with pytest.raises(BundleError, match="there is no recipe that fetches 'gpt'; there are: yamnet, yolox-nano"):
        read_recipe("gpt")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LAMPLIGHTER_MODELS": "/srv/models", "XDG_DATA_HOME": "/data"}, Path("/srv/models")),
        ({"LAMPLIGHTER_MODELS": "~/models"}, Path.home() / "models"),
        ({"XDG_DATA_HOME": "/data"}, Path("/data/lamplighter/models")),
        ({"XDG_DATA_HOME": "relative"}, Path.home() / ".local/share/lamplighter/models"),
        ({"LAMPLIGHTER_MODELS": ""}, Path.home() / ".local/share/lamplighter/models"),
        ({}, Path.home() / ".local/share/lamplighter/models"),
    ],
)
def test_where_fetched_bundles_lie(environment: dict[str, str], expected: Path) -> None:
    assert fetched(environment) == expected


PEERS = {NAME: "peers/yolox_nano.onnx", "yamnet": "peers/yamnet_audio_classifier_with_metadata.tflite"}


@pytest.mark.parametrize("name", PEERS)
def test_the_real_file_by_hand_from_the_command_line(name: str, tmp_path: Path) -> None:
    if name == "yamnet":
        pytest.importorskip("ai_edge_litert", reason="ai_edge_litert is not installed: pip install ai-edge-litert")
    file = needed(PEERS[name])
    done = CliRunner().invoke(app, ["fetch", name, "--file", str(file), "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    bundle = load_bundle(tmp_path / name)
    assert bundle.read(bundle.manifest.variants[0]) == file.read_bytes()
    shown = CliRunner().invoke(app, ["inspect", name, "--zoo", str(tmp_path), "--json"])
    assert json.loads(shown.stdout)["name"] == name


def test_the_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["fetch", NAME, "--file", str(tmp_path / "none"), "--folder", str(tmp_path)])
    assert done.exit_code == 1
    assert "cannot be read (No such file or directory); give the file that https://github.com/Megvii" in done.output
    done = CliRunner().invoke(app, ["fetch", "gpt", "--folder", str(tmp_path)])
    assert done.exit_code == 1
    assert "there is no recipe that fetches 'gpt'" in done.output


def test_a_full_disk_is_named(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left on device"):
        fetch(recipe_of(release), tmp_path, opener=release.opener)
    assert not (tmp_path / NAME).exists()
    assert onnx.load_from_string(next((tmp_path / DOWNLOADS).iterdir()).read_bytes()).graph.name == "small"
