"""A bundle, its release, and orders for it."""

from __future__ import annotations

import datetime as dt

from protocol.examples.basis import AT, DEVICE, FLEET, INCIDENT, NONCE
from protocol.manifest import DataSet, GoldenVectors, Input, Manifest, Metric, OperatingPoint, Origin, Output, Variant
from protocol.orders import Order, Orders, Window
from protocol.release import Custom, Form, Release

ORDERS = Orders(
    FLEET,
    DEVICE,
    counter=12,
    orders=(
        Order(
            "person-vehicle-fast",
            release=4,
            nonce=NONCE,
            rollout=INCIDENT,
            windows=(Window(AT + dt.timedelta(hours=9), AT + dt.timedelta(hours=11)),),
        ),
    ),
)

TARGET = Custom(
    release=Release(
        "person-vehicle-fast",
        release=4,
        version="1.1.0",
        files=("manifest.json", "golden.npz"),
        forms=(Form("person-vehicle-fast.int8.onnx", "onnxruntime", "int8"),),
        hardware=("Raspberry Pi 5", "Raspberry Pi 4"),
    )
)

MANIFEST = Manifest(
    name="person-vehicle-fast",
    version="1.0.0",
    intended_purpose="Finding people as boxes in pictures of public space, to count them; a person judges every alert.",
    prohibited_uses=("Recognising or re-identifying a person",),
    risk_id="LL-CROWD-001",
    limits=("People under about 40 pixels of the picture are missed",),
    labels=("person", "bicycle"),
    input=Input("image", 300, 300),
    output=Output("boxes-and-scores", {"scores": "scores", "boxes": "boxes"}),
    operating_points={"default": OperatingPoint({"person": 0.3}, 0.55, "200 frames of a square, seen from a lamppost")},
    variants=(Variant("person-vehicle-fast.int8.onnx", "5e" * 32, 4_363_398, "onnxruntime", "int8"),),
    golden=GoldenVectors("golden.npz", "6f" * 32, 485_281, {"int8": 0.16}),
    quantisation="Static, int8 weights per channel, uint8 activations",
    data=(DataSet("A square, frames 201-400", "report", "CC BY 4.0", "recorded by the city with consent"),),
    metrics=(Metric("person.ap50", 0.9421, 0.912, 0.9663, 1100, "A square, frames 201-400"),),
    sources=(Origin("a public detector", "1.0.6", "7a" * 32, "Apache-2.0"),),
)
