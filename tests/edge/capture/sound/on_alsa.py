"""Run by a test in a process of its own, whose ALSA has one card (:mod:`tests.edge.capture.sound.loudspeaker`).

``python -m tests.edge.capture.sound.on_alsa FILE SECONDS`` writes what it captures to FILE (npz): ``sound`` float32 (n,), and
of each block ``first``, ``end_s`` and ``read_s`` (its end by what the driver says, and when it came; monotonic).
"""

from __future__ import annotations

import sys
import time

import numpy as np

from edge.capture.sound.alsa import AlsaMicrophone
from edge.capture.sound.faults import SoundError
from edge.capture.sound.port import Block
from tests.edge.capture.sound.loudspeaker import NAME, RATE_HZ


def fault_of(name: str) -> str:
    """Code of the fault with which a device is refused."""
    try:
        AlsaMicrophone(name, RATE_HZ, 1).open()
    except SoundError as error:
        return error.fault.code.value
    return ""


def main(path: str, seconds: float) -> None:
    """Capture for so long."""
    microphone = AlsaMicrophone(NAME, RATE_HZ, 1)
    info = microphone.open()
    begun_s = time.monotonic()
    blocks: list[tuple[Block, float]] = []
    for item in microphone.blocks():
        if isinstance(item, Block):
            blocks.append((item, time.monotonic()))
            if len(blocks) == 1:
                sys.stdout.write("captures\n")
                sys.stdout.flush()
        else:
            time.sleep(item)
        if time.monotonic() - begun_s > seconds:
            break
    microphone.close()
    np.savez(
        path,
        sound=np.concatenate([block.samples[0] for block, _ in blocks]),
        first=[block.first for block, _ in blocks],
        end_s=[block.at.monotonic_s for block, _ in blocks if block.at is not None],
        read_s=[read_s for _, read_s in blocks],
        device=info.device,
        other=fault_of("nowhere"),
    )


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
