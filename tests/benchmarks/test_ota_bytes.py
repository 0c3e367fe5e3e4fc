"""The bench of updates: on the pairs that are kept, which are models and not noise."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from benchmarks.figure import Options, Skipped
from benchmarks.ota_bytes import TARGETS, costs, run
from benchmarks.ota_pairs import ARCHIVE, FIRST, MODEL, PARTS, RECORD, Record, Release, pack, read
from models.bundle.bundle import load_bundle
from models.bundle.golden import check_golden
from models.recipes.plate_reader.steps import runner

RECORDED, FILES = read()
NAMES = [release.name for release in RECORDED.releases]


def test_what_an_update_costs(tmp_path: Path) -> None:
    found = {figure.name: figure for figure in run(Options(tmp_path))}
    assert all(found[name].reached for name in TARGETS), found
    assert found["fine_tune_patch"].value > 2 * found["fine_tune"].value, "what the difference is there for"
    assert found["new_model_model"].value == pytest.approx(1, abs=0.001), "nothing is saved where nothing is shared"
    assert found["new_model"].value < found["new_model_model"].value, "inputs of golden vectors are not sent again"
    assert all(0 < figure.value <= 1.02 for figure in found.values())
    assert "7,178 of" in found["retrained_head"].against


def test_an_update_to_what_is_there_costs_headers() -> None:
    assert all(len(cost.sent.data) < 200 for cost in costs(FILES[FIRST], FILES[FIRST]))


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_release_answers_its_golden_vectors(name: str, tmp_path: Path) -> None:
    for part, data in FILES[name].items():
        (tmp_path / part).write_bytes(data)
    bundle = load_bundle(tmp_path)
    used = bundle.manifest.variants[0]
    assert used.file == MODEL
    assert bundle.read(used) == FILES[name][MODEL]
    assert check_golden(bundle, used, runner(tmp_path / MODEL)) < bundle.manifest.golden.tolerance["int8"]


def weights(name: str) -> dict[str, np.ndarray]:
    graph = onnx.load_model_from_string(FILES[name][MODEL]).graph
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def test_of_a_retrained_head_all_else_is_as_it_was() -> None:
    before, after = weights(FIRST), weights("retrained-head")
    assert before.keys() == after.keys()
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed
    assert all("classes" in name for name in changed)


def test_a_fine_tuned_network_is_near_and_a_new_one_is_not() -> None:
    before = weights(FIRST)
    for name, near in (("fine-tune", True), ("new-model", False)):
        after = weights(name)
        eight = [key for key in before if before[key].dtype == np.int8 and before[key].size > 1000]
        steps = np.concatenate([np.abs(before[key].astype(int) - after[key]).ravel() for key in eight])
        assert bool(np.median(steps) <= 2) == near
        assert steps.any()


def test_what_is_kept_is_small() -> None:
    assert RECORD.stat().st_size + ARCHIVE.stat().st_size < 1_500_000


def some(names: tuple[str, ...] = ("first", "next")) -> tuple[Record, dict[str, dict[str, bytes]]]:
    files = {name: {part: f"{name} {part}".encode() * 50 for part in PARTS} for name in names}
    releases = tuple(
        Release(n, "nothing", 0, 0, 0, 0.0, 0, 0, 0.0, {p: hashlib.sha256(data).hexdigest() for p, data in files[n].items()})
        for n in names
    )
    return Record("plate-reader", 0, 0, "nothing", releases), files


def kept(folder: Path, record: bytes, archive: bytes) -> tuple[Path, Path]:
    (folder / "record.json").write_bytes(record)
    (folder / "archive.tar.zst").write_bytes(archive)
    return folder / "record.json", folder / "archive.tar.zst"


def test_packed_and_read(tmp_path: Path) -> None:
    record, files = some()
    assert read(*kept(tmp_path, *pack(record, files))) == (record, files)
    assert pack(record, files) == pack(record, files)


def test_other_files_than_the_recorded_ones_are_refused(tmp_path: Path) -> None:
    record, files = some()
    told, _ = pack(record, files)
    files["next"][MODEL] = b"another"
    with pytest.raises(ValueError, match=f"next/{MODEL}: not the recorded file"):
        read(*kept(tmp_path, told, pack(record, files)[1]))


def test_where_nothing_is_kept_it_is_skipped(tmp_path: Path) -> None:
    record, _ = some()
    (tmp_path / "record.json").write_bytes(msgspec.json.encode(record))
    with pytest.raises(Skipped, match="make ota-pairs"):
        read(tmp_path / "record.json", tmp_path / "archive.tar.zst")
