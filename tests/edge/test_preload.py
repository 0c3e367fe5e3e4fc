"""What processes of sources use is imported once, before they fork: a module that is not costs memory for each camera."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.real_box import CLIP
from simulator.ipcamera.web import WebCamera

LOOKED = """
import sys
import edge.preload
from edge.capture.scene.watch import SceneWatch
from edge.gate.gate import FrameGate
from edge.gate.motion import shrink
from edge.capture.port import Address
from edge.capture.{module} import {port} as port
from protocol.config import Gate

before = set(sys.modules)
gate, scene = FrameGate(Gate(), None), SceneWatch(None)
for number, picture in enumerate(port({address}).pictures()):
    gate.regions(picture.y, number / 2, ())
    scene.look(shrink(picture.y), number / 2)
    if number == 60:
        break
print(*sorted(set(sys.modules) - before))
"""


def imported(module: str, port: str, address: str) -> list[str]:
    """Modules that a process imports for itself while it looks at sixty pictures."""
    script = LOOKED.format(module=module, port=port, address=address)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_recording_imports_nothing_of_its_own() -> None:
    assert imported("file", "FilePort", repr(str(CLIP))) == []


def test_a_camera_on_the_network_imports_nothing_of_its_own() -> None:
    with WebCamera(fps=60.0) as camera:
        assert imported("mjpeg", "MjpegPort", f"Address({camera.uri!r})") == []
