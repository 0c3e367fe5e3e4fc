"""Run by a test in a process of its own, whose ALSA has one card: a whole box that listens to it.

``python -m tests.edge.agent.on_alsa FOLDER`` runs until its input ends. It writes lines of JSON: the microphone's state and the
codes of what stands against it, whenever they change, and at its end the shots that it would tell the manager.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from protocol.events import EventType
from tests.edge.agent.offline import Offline
from tests.edge.analytics.gunshot.bundle import make_bundle
from tests.edge.capture.sound.loudspeaker import NAME

EAR = f"""
[[microphones]]
id = "roof"
uri = "{NAME}"
kind = "alsa"
where = {{ lat = 52.5, lon = 13.4 }}
"""


def say(what: object) -> None:
    """Write a line."""
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def shots_of(box: Offline) -> int:
    """Events of shots that wait for the manager."""
    outbox = box.agent._outbox
    with outbox._lock:
        return sum(entry.type is EventType.GUNSHOT_DETECTED for entry in outbox._queue)


def main(folder: Path) -> None:
    """Run it."""
    make_bundle(folder / "models")
    told: object = None
    with Offline(folder, EAR, box='models = "models"').running() as box:
        ended = threading.Thread(target=sys.stdin.read, daemon=True)
        ended.start()
        while ended.is_alive():
            status = box.agent.status()
            found = status.telemetry.microphones.get("roof")
            now = {
                "state": found.state if found else "",
                "codes": [reason.code for reason in status.reasons if reason.subject == "microphone roof"],
                "shots": shots_of(box),
            }
            if now != told:
                told = now
                say(now)
            time.sleep(0.05)
    say([body for kind, body in box.said() if kind == "gunshot.detected"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
