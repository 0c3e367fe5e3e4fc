"""Running a compiled detector of boxes where the factory runs, as boxes do: by what its manifest says."""

from __future__ import annotations

from pathlib import Path

from models.bundle.boxes import BoxReader, fed
from models.bundle.golden import Run
from models.bundle.litert import RUNTIME, LiteRtNetwork
from models.factory.session import open_session
from protocol.manifest import Manifest


def runner(manifest: Manifest, path: Path, runtime: str) -> Run:
    """Run a file as boxes do: a picture in, what golden vectors hold out."""
    reader, names = BoxReader(manifest), list(manifest.output.names())
    if runtime == RUNTIME:
        network = LiteRtNetwork(path.read_bytes(), path.name, names)
        return lambda image: reader.answers(network.answers(fed(manifest.input, image)))
    session = open_session(path)
    return lambda image: reader.answers(session.run(names, {manifest.input.name: fed(manifest.input, image)}))
