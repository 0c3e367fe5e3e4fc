"""What the fork server imports before it forks: everything that sources, microphones and accelerators share.

Rules:

- Nothing that starts a thread, opens a device or keeps state; in particular not ONNX Runtime.
- What a process imports later it has for itself, with all the pages that this touches. So modules that libraries import when
  they are first needed are named here: without these every camera took 5 MB more.
"""

from __future__ import annotations

import gc
import os

from edge.process import ONE_THREAD

os.environ.update(ONE_THREAD)

import encodings.idna  # noqa: F401 - by the first address on the network

import av.subtitles.stream  # noqa: F401 - by the first file
import numpy.ma  # noqa: F401 - by the first percentile

import edge.capture.file
import edge.capture.mjpeg
import edge.capture.rtsp
import edge.capture.sound.worker
import edge.capture.v4l2
import edge.capture.worker
import edge.infer.worker  # noqa: F401 - imported to be shared

gc.collect()
gc.freeze()
