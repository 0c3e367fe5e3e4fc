"""The bundle's manifest: what a model is, what it may be used for, and how far it can be trusted.

Rules (AI Act, articles 5, 9-11, 13, 15; Annex III 6): a manifest that lacks a field cannot be deployed; labels and purposes
that the law forbids are refused by name of the article, when a bundle is built and again when a device loads it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.basis import Struct
from protocol.errors import ProtocolError
from protocol.identifiers import Name, Ordinal
from protocol.licences import refusal

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z", description="SHA-256, hexadecimal")]
Text = Annotated[str, Meta(min_length=1, max_length=600)]
Precision = Annotated[str, Meta(pattern=r"^(int8|fp16|fp32)\Z", description="Numbers that it computes with")]
FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z", description="A file of the bundle's folder")]


Centre = Annotated[float, Meta(ge=-255, le=255)]
Spread = Annotated[float, Meta(ge=0.001, le=1000)]
Columns = Annotated[tuple[Annotated[int, Meta(ge=0, le=4095)], ...], Meta(min_length=1, max_length=64)]


class ManifestError(ProtocolError):
    """A manifest that cannot be deployed."""

    reason = "manifest"


class Variant(Struct, frozen=True):
    """One compiled form of the model."""

    file: FileName
    sha256: Sha256
    size: Annotated[int, Meta(ge=1, le=200_000_000, description="Bytes")]
    runtime: Annotated[str, Meta(pattern=r"^(onnxruntime|tensorrt|litert|edgetpu)\Z", description="What runs it")]
    precision: Precision


class Input(Struct, frozen=True):
    """What the model is fed: a picture, or a stretch of sound."""

    name: Annotated[str, Meta(max_length=64, description="Of the input in the model's file")]
    width: Annotated[int, Meta(ge=1, le=1 << 20, description="Pixels; of sound: samples")]
    height: Annotated[int, Meta(ge=1, le=4096, description="Pixels; of sound: 1")]
    dtype: Annotated[str, Meta(pattern=r"^(uint8|float32)\Z", description="Type of a value")] = "uint8"
    layout: Annotated[
        str,
        Meta(pattern=r"^(NHWC|NCHW|SAMPLES)\Z", description="Order of batch, height, width and channels; SAMPLES: sound"),
    ] = "NHWC"
    colour: Annotated[str, Meta(pattern=r"^(RGB|BGR|GREY|NONE)\Z", description="Order of the channels; of sound: NONE")] = "RGB"
    rate_hz: Annotated[int, Meta(ge=0, le=192_000, description="Samples a second; of a picture: 0")] = 0
    fit: Annotated[
        str,
        Meta(
            pattern=r"^(stretch|letterbox|letterbox-centred)\Z",
            description="How a picture fills it: stretched, or with its shape kept, in the upper left corner or the middle",
        ),
    ] = "stretch"
    fill: Annotated[int, Meta(ge=0, le=255, description="Grey of what a letterbox leaves free")] = 114
    mean: Annotated[
        tuple[Centre, Centre, Centre], Meta(description="Subtracted from each channel, 0 to 255, in their order")
    ] = (0.0, 0.0, 0.0)
    deviation: Annotated[
        tuple[Spread, Spread, Spread], Meta(description="What each channel is divided by then; 255 makes 0 to 1")
    ] = (1.0, 1.0, 1.0)


DECODERS: dict[str, tuple[str, ...]] = {
    "boxes-and-scores": ("scores", "boxes"),
    "corners-and-scores": ("scores", "corners"),
    "characters": ("characters",),
    "keypoints": ("poses", "coarse", "centre"),
    "people-keypoints": ("poses", "coarse"),
    "yolox": ("predictions",),
    "sound-classes": ("scores",),
    "sound-pictures": ("scores",),
}
"""Ways of reading outputs, and the outputs that each reads."""


class Output(Struct, frozen=True):
    """How its outputs are read."""

    decoder: Annotated[str, Meta(pattern=rf"^({'|'.join(DECODERS)})\Z", description="Name of the decoding in models.bundle")]
    values: Annotated[
        dict[Name, Annotated[str, Meta(min_length=1, max_length=64)]],
        Meta(min_length=1, max_length=8, description="Output in the model's file by what it holds: scores, boxes, ..."),
    ]
    classes: Annotated[
        dict[Name, Columns],
        Meta(
            max_length=64,
            description=(
                "Of each label of a detector: which of the model's own classes count as it, from 0. Without: yolox has those "
                "of COCO by name, the others have the labels in their order"
            ),
        ),
    ] = {}

    def names(self) -> tuple[str, ...]:
        """Names of the outputs in the model's file, in the order in which the decoder takes them."""
        return tuple(self.values[role] for role in DECODERS[self.decoder])


class OperatingPoint(Struct, frozen=True):
    """Thresholds chosen for a purpose."""

    thresholds: Annotated[
        dict[Name, Annotated[float, Meta(gt=0, le=1)]], Meta(max_length=64, description="Least score by label")
    ]
    iou: Annotated[float, Meta(gt=0, lt=1, description="Overlap above which the weaker of two boxes is dropped")]
    chosen_on: Annotated[Text, Meta(description="Data on which they were chosen")]
    settings: Annotated[
        dict[Name, float], Meta(max_length=16, description="What else the decoder needs: the temperature of probabilities")
    ] = {}


class GoldenVectors(Struct, frozen=True):
    """Inputs and what the floating point reference answers."""

    file: FileName
    sha256: Sha256
    size: Annotated[int, Meta(ge=1, le=20_000_000, description="Bytes")]
    tolerance: Annotated[
        dict[Precision, Annotated[float, Meta(gt=0)]],
        Meta(max_length=8, description="Largest deviation from the reference, as the decoder measures it, by precision"),
    ]


class DataSet(Struct, frozen=True):
    """Data that shaped or measured the model."""

    name: Annotated[Text, Meta(description="Of the data, and which part")]
    use: Annotated[str, Meta(pattern=r"^(train|calibrate|choose|report)\Z", description="What it was used for")]
    licence: Annotated[Text, Meta(description="Its terms")]
    origin: Annotated[Text, Meta(description="Where it comes from")]
    by: Annotated[
        str, Meta(pattern=r"^(us|upstream)\Z", description="Who used it: upstream, whose weights we hold, or we ourselves")
    ] = "us"


class Metric(Struct, frozen=True):
    """A measured figure with its interval."""

    name: Annotated[str, Meta(max_length=64, description="What was measured, with its unit: person.ap50, latency.median_ms")]
    value: Annotated[float, Meta(description="The figure")]
    low: Annotated[float, Meta(description="Lower end of its 95% interval")]
    high: Annotated[float, Meta(description="Upper end of its 95% interval")]
    n: Annotated[Ordinal, Meta(description="How many samples it rests on")]
    on: Annotated[Text, Meta(description="Data or machine on which it was measured")]


class Origin(Struct, frozen=True):
    """Where the weights come from."""

    name: Annotated[Text, Meta(description="Package or file")]
    version: Annotated[str, Meta(min_length=1, max_length=64, description="Its version")]
    sha256: Sha256
    licence: Annotated[Text, Meta(description="Its terms")]


class Manifest(Struct, frozen=True):
    """The whole. Everything is required."""

    name: Name
    version: Annotated[str, Meta(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}\Z", description="Of the bundle")]
    intended_purpose: Annotated[Text, Meta(description="What it may be used for")]
    prohibited_uses: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=32, description="What it may not")]
    risk_id: Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{2,31}\Z", description="Entry in the risk register")]
    limits: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=32, description="Where it fails")]
    labels: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=512, description="In the order of the scores")]
    input: Input
    output: Output
    operating_points: Annotated[
        dict[Name, OperatingPoint], Meta(min_length=1, max_length=16, description="Thresholds, by name")
    ]
    variants: Annotated[tuple[Variant, ...], Meta(min_length=1, max_length=16, description="The same model, compiled")]
    golden: GoldenVectors
    quantisation: Annotated[Text, Meta(description="How it was done")]
    data: Annotated[tuple[DataSet, ...], Meta(min_length=1, max_length=64, description="All data that touched it")]
    metrics: Annotated[tuple[Metric, ...], Meta(min_length=1, max_length=128, description="What was measured, with intervals")]
    sources: Annotated[tuple[Origin, ...], Meta(min_length=1, max_length=16, description="What the weights were made from")]


FORBIDDEN_LABELS: tuple[tuple[str, str], ...] = (
    (
        r"emotion[a-z]*|anger|angry|happy|happiness|sad|sadness|fear|fearful|afraid|disgust[a-z]*|surprised?|moods?|nervous[a-z]*",
        "AI Act, article 5(1)(f): no inference of emotions",
    ),
    (
        (
            r"ethnic[a-z]*|races?|racial|religio[a-z]*|politic[a-z]*|symbols?|sexual[a-z]*|genders?|sex|males?|females?"
            r"|m[ae]n|wom[ae]n|child|children|boys?|girls?|adults?|elderly|ages?|skin"
        ),
        "AI Act, article 5(1)(g): no categorisation of persons by protected traits",
    ),
    (r"criminals?|suspects?|offenders?|dangerous-persons?|risk-scores?", "AI Act, article 5(1)(d): no score of a person"),
)
"""Whole words of a label (between hyphens), and why they are refused."""

FORBIDDEN_PURPOSES: tuple[tuple[str, str], ...] = (
    (
        (
            r"\b(face|facial|gait|biometric) (recogni|identif|templat|embedding)|\bre ?identif"
            r"|\b(recogni\w+|identif\w+|templates?|embeddings?) (of )?(the |a )?(faces?|gaits?|person|persons|people)\b"
        ),
        "AI Act, article 5(1)(h): no remote biometric identification, no template of face or gait",
    ),
    (r"\bemotion", "AI Act, article 5(1)(f): no inference of emotions"),
    (r"\bsocial (credit )?scor", "AI Act, article 5(1)(c): no social scoring"),
    (
        r"\bpredict\w* (of )?(crimes?|offend\w+|offences?) by (a |each )?persons?\b",
        "AI Act, article 5(1)(d): no score of a person",
    ),
)
"""Words of an intended purpose: in small letters, one space between them, nothing else. What a model may not be used for
belongs in the prohibited uses."""


def read_manifest(data: bytes) -> Manifest:
    """Decode and check a manifest.

    Raises:
        ManifestError: naming the field, or the article that forbids it.
    """
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"manifest: {error}; a bundle whose manifest is not complete cannot be deployed"
        raise ManifestError(msg) from None
    check_manifest(manifest)
    return manifest


def check_manifest(manifest: Manifest) -> None:
    """Check what types cannot say.

    Raises:
        ManifestError: naming the field, or the article that forbids it.
    """
    check_law(manifest.name, manifest.labels, manifest.intended_purpose)
    _check_interface(manifest)
    for item in manifest.data:
        refused = refusal(item.licence, item.use, item.by)
        if refused is not None:
            msg = f"manifest of {manifest.name}: data {item.name!r} may not be used to {item.use}: {refused}"
            raise ManifestError(msg)
    for source in manifest.sources:
        refused = refusal(source.licence, "ship")
        if refused is not None:
            msg = f"manifest of {manifest.name}: weights of {source.name!r} may not be shipped: {refused}"
            raise ManifestError(msg)
    if len(set(manifest.labels)) != len(manifest.labels):
        msg = f"manifest of {manifest.name}: a label stands twice"
        raise ManifestError(msg)
    for name, point in manifest.operating_points.items():
        unknown = sorted(set(point.thresholds) - set(manifest.labels))
        if unknown:
            msg = f"manifest of {manifest.name}: operating point {name!r} names labels that are not there: {', '.join(unknown)}"
            raise ManifestError(msg)
    files = [variant.file for variant in manifest.variants] + [manifest.golden.file, "manifest.json"]
    if len(set(files)) != len(files):
        msg = f"manifest of {manifest.name}: a file is named twice"
        raise ManifestError(msg)


def _check_interface(manifest: Manifest) -> None:
    """What goes in and comes out."""
    its, output = manifest.input, manifest.output
    roles = DECODERS[output.decoder]
    if set(output.values) != set(roles):
        named = ", ".join(output.values)
        msg = f"manifest of {manifest.name}: {output.decoder} reads the outputs {', '.join(roles)}, not {named}"
        raise ManifestError(msg)
    unknown = sorted(set(output.classes) ^ set(manifest.labels)) if output.classes else []
    if unknown:
        rule = "output.classes names each label once, or is left out"
        msg = f"manifest of {manifest.name}: {rule}; check {', '.join(unknown)}"
        raise ManifestError(msg)
    scaled = any(its.mean) or set(its.deviation) != {1.0}
    if scaled and (its.dtype != "float32" or its.colour not in {"RGB", "BGR"}):
        msg = f"manifest of {manifest.name}: mean and deviation are of three channels of float32"
        raise ManifestError(msg)


def check_law(name: str, labels: Iterable[str], intended_purpose: str) -> None:
    """Refuse what the law forbids a model to say or to be for; a recipe is asked before any work is done for it.

    Raises:
        ManifestError: naming the article.
    """
    for label in labels:
        for pattern, article in FORBIDDEN_LABELS:
            if re.search(rf"(^|-)({pattern})(-|$)", label):
                msg = f"manifest of {name}: label {label!r} is forbidden: {article}"
                raise ManifestError(msg)
    purpose = " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", intended_purpose).casefold()))
    for pattern, article in FORBIDDEN_PURPOSES:
        if re.search(pattern, purpose):
            msg = f"manifest of {name}: its intended purpose is forbidden: {article}"
            raise ManifestError(msg)
