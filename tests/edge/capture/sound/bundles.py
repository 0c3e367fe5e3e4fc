"""A bundle that says that it listens; what listens in tests does not look into it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from protocol.manifest import Input, Manifest, OperatingPoint, Output
from tests.edge.infer import puppet

NAME = "gunshot"


def make_bundle(folder: Path, decoder: str = "sound-pictures") -> None:
    """Make it in a folder of bundles."""
    puppet.make_bundle(folder, NAME, labels=(NAME,))
    path = folder / NAME / "manifest.json"
    manifest = msgspec.structs.replace(
        msgspec.json.decode(path.read_bytes(), type=Manifest),
        input=Input("bands", 64, 96, "float32", "NCHW", "NONE", 16_000),
        operating_points={"default": OperatingPoint({NAME: 0.5}, 0.5, "tests")},
    )
    if decoder == "sound-pictures":
        manifest = msgspec.structs.replace(manifest, output=Output(decoder, {"scores": "scores"}))
    path.write_bytes(msgspec.json.encode(manifest))
