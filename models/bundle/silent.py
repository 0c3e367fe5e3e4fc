"""ONNX Runtime, loaded so that it tells nobody. Rule: everyone who uses it imports it from here.

The published wheels report the process, the hardware and the models they load to their maker over HTTPS, and leave a device
identifier and a cache in the home folder, unless ``ORT_DISABLE_TELEMETRY`` is set before the library is loaded; the library's
own ``disable_telemetry_events`` comes too late for the first report and for the identifier. From a box only events leave.
"""

from __future__ import annotations

import os

OPT_OUT = {"ORT_DISABLE_TELEMETRY": "1", "ORT_TELEMETRY_DISABLED": "1"}
"""Both names under which releases know it."""

os.environ.update(OPT_OUT)

import onnxruntime  # noqa: E402 - what is set above must be set before

onnxruntime.disable_telemetry_events()

__all__ = ["OPT_OUT", "onnxruntime"]
