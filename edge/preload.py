"""What the fork server imports before it forks: everything that sources, microphones and accelerators share.

Rule: nothing that starts a thread, opens a device or keeps state; in particular not ONNX Runtime.
"""

from __future__ import annotations

import gc
import os

from edge.process import ONE_THREAD

os.environ.update(ONE_THREAD)

import av.subtitles.stream  # noqa: F401 - else PyAV imports it with the first file, in every process
import numpy.ma  # noqa: F401 - else numpy imports it with the first percentile, a megabyte in every process

import edge.capture.file
import edge.capture.mjpeg
import edge.capture.rtsp
import edge.capture.sound.worker
import edge.capture.v4l2
import edge.capture.worker
import edge.infer.worker  # noqa: F401 - imported to be shared

gc.collect()
gc.freeze()
