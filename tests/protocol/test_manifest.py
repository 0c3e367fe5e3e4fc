"""A bundle's manifest: complete or not deployed; what the law forbids is refused by its article."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.codec import encode_body
from protocol.errors import ProtocolError
from protocol.examples import MANIFEST
from protocol.manifest import (
    FORBIDDEN_LABELS,
    FORBIDDEN_PURPOSES,
    DataSet,
    GoldenVectors,
    Manifest,
    ManifestError,
    OperatingPoint,
    Origin,
    Output,
    check_manifest,
    read_manifest,
)

ZOO = Path(__file__).resolve().parents[2] / "models" / "zoo"
GOOD: dict[str, Any] = json.loads(encode_body(MANIFEST))
POINT = GOOD["operating_points"]["default"]

EMOTIONS, TRAITS, SCORES = "article 5(1)(f)", "article 5(1)(g)", "article 5(1)(d)"
IDENTITY, SOCIAL = "article 5(1)(h)", "article 5(1)(c)"


def read(**changed: Any) -> Manifest:
    return read_manifest(json.dumps({**GOOD, **changed}).encode())


def labelled(*labels: str) -> Manifest:
    return msgspec.structs.replace(MANIFEST, labels=("person", *labels))


def purposed(purpose: str) -> Manifest:
    return msgspec.structs.replace(MANIFEST, intended_purpose=purpose)


def test_the_example_and_every_bundle_of_the_zoo_can_be_deployed() -> None:
    assert read() == MANIFEST
    found = list(ZOO.glob("*/manifest.json"))
    assert found
    for path in found:
        manifest = read_manifest(path.read_bytes())
        assert manifest.name == path.parent.name
        named = {*(variant.file for variant in manifest.variants), manifest.golden.file}
        assert named <= {file.name for file in path.parent.iterdir()}


@pytest.mark.parametrize("field", Manifest.__struct_fields__)
def test_a_manifest_that_lacks_a_field_cannot_be_deployed(field: str) -> None:
    """AI Act, articles 9, 11, 13, 15."""
    lacking = {name: value for name, value in GOOD.items() if name != field}
    with pytest.raises(ManifestError, match=f"`{field}`.*cannot be deployed"):
        read_manifest(json.dumps(lacking).encode())


@pytest.mark.parametrize("field", ["variants", "golden", "data", "metrics", "sources", "input", "output", "operating_points"])
def test_and_so_one_that_lacks_a_field_within(field: str) -> None:
    part = GOOD[field]
    whole = part[0] if isinstance(part, list) else part["default"] if field == "operating_points" else part
    required = [f.encode_name for f in _fields(field) if f.required]
    assert required
    for name in required:
        lacking: Any = {key: value for key, value in whole.items() if key != name}
        if isinstance(part, list):
            lacking = [lacking]
        elif field == "operating_points":
            lacking = {"default": lacking}
        with pytest.raises(ManifestError, match=f"missing required field `{name}`"):
            read(**{field: lacking})


def _fields(field: str) -> tuple[Any, ...]:
    info: Any = next(f.type for f in msgspec.inspect.type_info(Manifest).fields if f.name == field)  # type: ignore[attr-defined]
    while not isinstance(info, msgspec.inspect.StructType):
        info = getattr(info, "value_type", None) or getattr(info, "item_type", None) or info.type
    return info.fields


# what the law forbids

LABELS = {
    EMOTIONS: ("emotion", "emotions", "emotional-state", "anger", "angry-person", "happy", "sad", "fear", "disgusted", "mood",
               "moods", "nervous", "nervousness", "surprised", "person-afraid"),
    TRAITS: ("ethnicity", "ethnic-group", "race", "racial-origin", "religion", "religious-symbol", "political-sign", "symbol",
             "sexual-orientation", "gender", "sex", "male", "males", "female", "man", "men", "woman", "women", "child",
             "children", "boy", "girls", "adult", "elderly", "age", "age-group", "skin-colour", "old-man"),
    SCORES: ("criminal", "criminals", "suspect", "offender", "offenders", "dangerous-person", "risk-score", "person-suspect"),
}  # fmt: skip


@pytest.mark.parametrize(("label", "article"), [(label, article) for article, labels in LABELS.items() for label in labels])
def test_a_forbidden_label_is_refused_by_its_article(label: str, article: str) -> None:
    with pytest.raises(ManifestError) as caught:
        check_manifest(labelled("car", label))
    for word in (MANIFEST.name, repr(label), "AI Act", article):
        assert word in str(caught.value)
    with pytest.raises(ManifestError):
        read(labels=["person", label])


@pytest.mark.parametrize(
    "label",
    ["car", "truck", "manhole", "package", "garbage-bag", "sextant", "malerei", "moodboard", "trace", "bracelet", "passage",
     "stage-light", "embrace", "wheelchair", "stroller", "traffic-sign", "fearless", "germane", "pagers", "skinny-bag"],
)  # fmt: skip
def test_a_label_that_only_holds_such_a_word_within_another_passes(label: str) -> None:
    check_manifest(labelled(label))


PURPOSES = {
    IDENTITY: (
        "Face recognition at the gate",
        "facial recognition",
        "FACE  RECOGNITION",
        "face-recognition",
        "face_recognition",
        "Face\nrecognition",
        "face\u00a0recognition",
        "\uff26\uff41\uff43\uff45 recognition",
        "Recognition of faces in a crowd",
        "recognising a face",
        "Building face templates",
        "Face embeddings for search",
        "gait recognition",
        "Gait identification",
        "gait templates",
        "Biometric identification at a distance",
        "Reidentification across cameras",
        "Re-identification across cameras",
        "re-identify visitors",
        "Identifying people who walk by",
        "Identification of persons",
    ),
    EMOTIONS: ("Inferring emotion", "Emotional state of passers-by", "detects EMOTIONS"),
    SOCIAL: ("Social scoring", "social-score of citizens", "Social credit scoring"),
    SCORES: ("Predicting crime by person", "prediction of offending by person", "Predict crimes by each person"),
}


@pytest.mark.parametrize(("purpose", "article"), [(p, article) for article, purposes in PURPOSES.items() for p in purposes])
def test_a_forbidden_purpose_is_refused_by_its_article(purpose: str, article: str) -> None:
    with pytest.raises(ManifestError) as caught:
        check_manifest(purposed(purpose))
    for word in (MANIFEST.name, "intended purpose", "AI Act", article):
        assert word in str(caught.value)
    with pytest.raises(ManifestError):
        read(intended_purpose=purpose)


@pytest.mark.parametrize(
    "purpose",
    [
        MANIFEST.intended_purpose,
        "Finding vehicles and people as boxes in order to count them",
        "Reading licence plates; a person confirms each hit",
        "Locating gunshots by their muzzle blast",
        "Recognising vehicles by type",
        "Finding objects that were left behind",
        "Interfaces between zones: counting who passes",
    ],
)
def test_a_purpose_that_is_allowed_passes(purpose: str) -> None:
    check_manifest(purposed(purpose))


def test_what_is_forbidden_may_stand_among_the_prohibited_uses() -> None:
    check_manifest(msgspec.structs.replace(MANIFEST, prohibited_uses=("Face recognition", "Inference of emotion")))


def test_every_rule_names_an_article_and_has_its_examples() -> None:
    articles = {*LABELS, *PURPOSES}
    for _, reason in (*FORBIDDEN_LABELS, *FORBIDDEN_PURPOSES):
        assert any(article in reason for article in articles), reason


# what belongs together

INCONSISTENT: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("a label twice", {"labels": ["person", "person"]}, "a label stands twice"),
    (
        "a threshold for no label",
        {"operating_points": {"default": {**POINT, "thresholds": {"dog": 0.3, "cat": 0.3}}}},
        "operating point 'default' names labels that are not there: cat, dog",
    ),
    ("a variant twice", {"variants": [GOOD["variants"][0]] * 2}, "a file is named twice"),
    ("golden is a variant", {"golden": {**GOOD["golden"], "file": GOOD["variants"][0]["file"]}}, "a file is named twice"),
    ("golden is the manifest", {"golden": {**GOOD["golden"], "file": "manifest.json"}}, "a file is named twice"),
    ("no labels", {"labels": []}, "labels"),
    ("no variants", {"variants": []}, "variants"),
    ("no operating points", {"operating_points": {}}, "operating_points"),
    ("no limits", {"limits": []}, "limits"),
    ("no prohibited uses", {"prohibited_uses": []}, "prohibited_uses"),
    ("no data", {"data": []}, "data"),
    ("no metrics", {"metrics": []}, "metrics"),
    ("no sources", {"sources": []}, "sources"),
    ("an empty purpose", {"intended_purpose": ""}, "intended_purpose"),
    ("a purpose without end", {"intended_purpose": "x" * 601}, "intended_purpose"),
    ("a label in capitals", {"labels": ["Person"]}, "labels"),
    ("an unknown field", {"signature": "x"}, "unknown field `signature`"),
    ("a version of two parts", {"version": "1.0"}, "version"),
    ("a version with a line end", {"version": "1.0.0\n"}, "version"),
    ("a version without end", {"version": "1.0." + "9" * 30}, "version"),
    ("a risk id in small letters", {"risk_id": "ll-1"}, "risk_id"),
    ("a threshold of nothing", {"operating_points": {"default": {**POINT, "thresholds": {"person": 0}}}}, "thresholds"),
    ("an overlap of all", {"operating_points": {"default": {**POINT, "iou": 1}}}, "iou"),
    ("another runtime", {"variants": [{**GOOD["variants"][0], "runtime": "shell"}]}, "runtime"),
    ("another precision", {"variants": [{**GOOD["variants"][0], "precision": "int4"}]}, "precision"),
    ("a variant of 201 MB", {"variants": [{**GOOD["variants"][0], "size": 201_000_000}]}, "size"),
    ("an empty variant", {"variants": [{**GOOD["variants"][0], "size": 0}]}, "size"),
    ("a hash that is none", {"variants": [{**GOOD["variants"][0], "sha256": "5e" * 31}]}, "sha256"),
    ("a hash with a line end", {"variants": [{**GOOD["variants"][0], "sha256": "5e" * 32 + "\n"}]}, "sha256"),
    ("another decoder", {"output": {**GOOD["output"], "decoder": "eval"}}, "decoder"),
    ("a tolerance of no precision", {"golden": {**GOOD["golden"], "tolerance": {"int4": 0.1}}}, "tolerance"),
    ("a tolerance of nothing", {"golden": {**GOOD["golden"], "tolerance": {"int8": 0}}}, "tolerance"),
    ("data without a licence", {"data": [{**GOOD["data"][0], "licence": ""}]}, "licence"),
    ("a metric of no samples", {"metrics": [{**GOOD["metrics"][0], "n": 0}]}, "].n`"),
)  # fmt: skip


@pytest.mark.parametrize(("changed", "words"), [i[1:] for i in INCONSISTENT], ids=[i[0] for i in INCONSISTENT])
def test_a_manifest_that_is_not_right_is_refused_by_its_field(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ManifestError) as caught:
        read(**changed)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "file",
    ["", ".", "..", "../model.onnx", "/etc/passwd", "a/b", "a\\b", ".hidden", "-rf", "a b", "a\n", "a\0", "model.onnx\n",
     "x" * 65, "m\u00f6del.onnx", "\u202emodel.onnx", "C:model.onnx", "a*", "~"],
)  # fmt: skip
def test_a_hostile_file_name_is_refused(file: str) -> None:
    """FAULTS 13."""
    with pytest.raises(ManifestError):
        read(variants=[{**GOOD["variants"][0], "file": file}])
    with pytest.raises(ManifestError):
        read(golden={**GOOD["golden"], "file": file})


NO_MANIFEST = (b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"name":"\\ud800"}', b'{"name":"\xed\xa0\x80"}')


@pytest.mark.parametrize("data", NO_MANIFEST)
def test_bytes_that_are_no_manifest_are_refused(data: bytes) -> None:
    with pytest.raises(ManifestError, match="cannot be deployed") as caught:
        read_manifest(data)
    assert isinstance(caught.value, ProtocolError)


def test_damaged_bytes_never_raise_anything_else() -> None:
    rng = random.Random(13)
    good = encode_body(MANIFEST)
    refused = 0
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data))
            data[at : at + rng.randrange(3)] = rng.choice([b"", b'"', b"\\u0000", b"{", b"9" * 50, bytes([rng.randrange(256)])])
        try:
            read_manifest(bytes(data))
        except ManifestError:
            refused += 1
    assert refused > 1000


def test_the_types_hold_what_the_checks_rest_on() -> None:
    """The check is called on values made in code too: when a bundle is built."""
    point = OperatingPoint({"person": 0.5, "dog": 0.5}, 0.5, "x")
    with pytest.raises(ManifestError, match="not there: dog"):
        check_manifest(msgspec.structs.replace(MANIFEST, operating_points={"default": point}))
    for output in (Output("characters", {"scores": "scores", "boxes": "boxes"}), Output("boxes-and-scores", {"scores": "s"})):
        with pytest.raises(ManifestError, match="reads the outputs"):
            check_manifest(msgspec.structs.replace(MANIFEST, output=output))
    for part, words in (
        ({"data": (DataSet("scraped", "train", "unknown", "somewhere"),)}, "'scraped' may not be used to train"),
        ({"data": (DataSet("plates", "calibrate", "AGPL-3.0", "benchmarks"),)}, "'plates' may not be used to calibrate"),
        ({"data": (DataSet("plates", "report", "AGPL-3.0", "benchmarks"),)}, "'plates' may not be used to report"),
        ({"sources": (Origin("weights", "1", "0" * 64, "CC BY-NC 4.0"),)}, "'weights' may not be shipped"),
    ):
        with pytest.raises(ManifestError, match=words):
            check_manifest(msgspec.structs.replace(MANIFEST, **part))
    check_manifest(
        msgspec.structs.replace(MANIFEST, data=(DataSet("plates", "report", "AGPL-3.0, not shipped", "benchmarks"),))
    )
    golden = GoldenVectors(MANIFEST.variants[0].file, "0" * 64, 1, {"int8": 0.1})
    with pytest.raises(ManifestError, match="named twice"):
        check_manifest(msgspec.structs.replace(MANIFEST, golden=golden))
