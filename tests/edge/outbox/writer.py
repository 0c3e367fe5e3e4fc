"""A box that appends without end and says aloud what its outbox has taken, for others to kill.

``python -m tests.edge.outbox.writer FILE COUNT`` appends for itself; ``... FOLDER --seeds FIRST LAST`` plays the power cut: for
each seed a child of its own is killed with SIGKILL in the middle, and what it had said by then is printed as a line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from edge.clock import SystemClock
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from protocol.events import PRIORITY, Priority
from tests.edge.bodies import ALERT, BODY, COUNT, HEALTH

LIMITS = Limits(group_s=1.5)
"""Of the boxes that are killed: some statistics have been written by then."""
FLEET, DEVICE = "town", "box-1"


def box(path: Path, limits: Limits, most: int, out: int, seed: int) -> None:
    """Append until killed, or so many times."""
    rng = random.Random(f"writer/{seed}")
    outbox = Outbox.open(path, limits, SystemClock(), FLEET, DEVICE)
    for _ in range(most):
        kind = rng.choice((COUNT, COUNT, ALERT, HEALTH))
        event = outbox.append(kind, BODY[kind]())
        outbox.tick()
        word = "committed" if PRIORITY[kind] > Priority.STATISTIC else "taken"
        os.write(out, f"{word} {event.boot} {event.seq} {time.monotonic():.3f}\n".encode())


def power_cut(folder: Path, seed: int) -> dict[str, object]:
    """Kill a box somewhere in the middle. Returns what it had said."""
    rng = random.Random(f"power-cut/{seed}")
    path = folder / f"{seed}.sqlite"
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        box(path, LIMITS, 1_000_000, write_end, seed)
        os._exit(1)
    os.close(write_end)
    said = b""
    until = rng.randrange(1, 8_000)
    while len(said) < until and (piece := os.read(read_end, min(4096, until - len(said)))):
        said += piece
    time.sleep(rng.random() * 0.003)
    os.kill(child, signal.SIGKILL)
    died_s = time.monotonic()
    os.waitpid(child, 0)
    while select.select([read_end], [], [], 0)[0] and (piece := os.read(read_end, 65536)):
        said += piece
    os.close(read_end)
    lines = [line.split() for line in said.decode().splitlines()[: said.count(b"\n")]]
    return {"path": str(path), "died_s": died_s, "lines": lines}


def main(arguments: list[str]) -> None:
    """Command line."""
    where = Path(arguments[0])
    if arguments[1:2] == ["--seeds"]:
        for seed in range(int(arguments[2]), int(arguments[3])):
            print(json.dumps(power_cut(where, seed)), flush=True)  # noqa: T201 - what the test reads
    else:
        box(where, Limits(), int(arguments[1]), sys.stdout.fileno(), 0)


if __name__ == "__main__":
    main(sys.argv[1:])
