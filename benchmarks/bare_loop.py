"""The yardstick: a model in a loop with nothing around it. ``python -m benchmarks.bare_loop MODEL IMAGES SECONDS``.

Rules: one thread, inputs decoded and scaled beforehand, outputs thrown away. Prints a :class:`Turn` as JSON.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import msgspec
import numpy as np

from hardware.processor import saturates
from models.bundle.silent import onnxruntime

_WARM = 20


class Turn(msgspec.Struct, frozen=True):
    """What was done, and what it took."""

    pictures: int
    wall_s: float
    cpu_s: float
    machine_s: float
    """Processor time of the whole machine, with what a hypervisor took away from it."""

    @property
    def per_second(self) -> float:
        """Pictures a second."""
        return self.pictures / self.wall_s

    @property
    def cpu_each_s(self) -> float:
        """Processor time for each picture, seconds."""
        return self.cpu_s / self.pictures

    @property
    def others(self) -> float:
        """Cores that were busy with something else."""
        return max(0.0, self.machine_s - self.cpu_s) / self.wall_s


def machine_s(core: int | None = None) -> float:
    """Processor time that the machine, or one core, has spent or been robbed of since it began, seconds (proc(5), stat)."""
    name = "cpu" if core is None else f"cpu{core}"
    lines = (line.split() for line in Path("/proc/stat").read_text("ascii").splitlines())
    fields = next(line for line in lines if line[0] == name)[1:9]
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(field) for field in fields)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def loop(model: str, images: str, seconds: float) -> Turn:
    """Call the model for so long.

    Args:
        model: ONNX file.
        images: ``.npy`` file, (n, 1, height, width, 3) uint8, looked at in turn.
        seconds: how long, after warming up.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    if saturates():  # as the agent does: otherwise the two would compute different things
        options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    inputs = np.load(images)
    for i in range(_WARM):
        session.run(None, {name: inputs[i % len(inputs)]})
    pictures = 0
    began_s, cpu_began_s, machine_began_s = time.monotonic(), time.process_time(), machine_s()
    while time.monotonic() - began_s < seconds:
        session.run(None, {name: inputs[pictures % len(inputs)]})
        pictures += 1
    return Turn(pictures, time.monotonic() - began_s, time.process_time() - cpu_began_s, machine_s() - machine_began_s)


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(loop(sys.argv[1], sys.argv[2], float(sys.argv[3]))).decode())
