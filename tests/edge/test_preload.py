"""What processes of sources use is imported once, before they fork: a module that is not costs memory for each camera."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.real_box import CLIP

LOOKED = """
import sys
import edge.preload
from edge.capture.file import FilePort
from edge.capture.scene.watch import SceneWatch
from edge.gate.gate import FrameGate
from edge.gate.motion import shrink
from protocol.config import Gate

before = set(sys.modules)
gate, scene = FrameGate(Gate(), None), SceneWatch(None)
for number, picture in enumerate(FilePort(sys.argv[1]).pictures()):
    gate.regions(picture.y, number / 2, ())
    scene.look(shrink(picture.y), number / 2)
    if number == 60:
        break
print(*sorted(set(sys.modules) - before))
"""


def test_a_camera_imports_nothing_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", LOOKED, str(CLIP)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
