"""One box with cameras as in the field: a real agent, enrolled with a real manager over TLS, under the default policy."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Options
from benchmarks.real_box import CLIP, RealBox
from benchmarks.real_manager import FLEET, real_manager
from fleet.manager import BrokerKind
from simulator.enrolment import make_codes

_READY_S = 90.0
_DEVICE = "square-north"


@contextlib.contextmanager
def camera_box(options: Options, *, alarm: bool = True) -> Iterator[RealBox]:
    """A box with one camera that has its link and looks at pictures, the clip in a loop; box and manager end with the block.

    Args:
        options: told what is going on.
        alarm: whether its zone can ring.
    """
    with tempfile.TemporaryDirectory(prefix="camera-") as name:
        folder = Path(name)
        options.progress("starting the manager")
        with real_manager(folder, BrokerKind.EMBEDDED) as manager:
            code = make_codes(manager.config.url, manager.token, {_DEVICE: ""})[_DEVICE]
            with contextlib.closing(RealBox(folder, _box_file(manager.config.url, code, alarm=alarm))) as box:
                box.start()
                _wait_connected(box, 1)
                yield box


def restart_with(box: RealBox, cameras: int) -> None:
    """Start a box of :func:`camera_box` anew with so many cameras, the clip in each, and wait until it looks at all."""
    box.stop()
    file = box.folder / "box.toml"
    head, sources, first = file.read_text("utf-8").partition("[[sources]]")
    first = first.partition("[[sources]]")[0]
    further = (first.replace('"square"', f'"square-{number}"') for number in range(2, cameras + 1))
    file.write_text(head + "".join(sources + each for each in (first, *further)), "utf-8")
    box.start()
    _wait_connected(box, cameras)


def _wait_connected(box: RealBox, cameras: int) -> None:
    for _ in box.polls(0.2, _READY_S):
        status = box.status()
        if status is not None and status.telemetry.link.connected:
            sources = status.telemetry.sources.values()
            if len(sources) == cameras and all(source.inferences > 0 for source in sources):
                return


def _box_file(url: str, code: str, *, alarm: bool) -> str:
    rings = "alarm = { enter_at = 8, leave_at = 6, min_duration_s = 3 }" if alarm else ""
    return f"""
[box]
fleet = "{FLEET}"
device = "{_DEVICE}"
state = "state"

[manager]
url = "{url}"
code = "{code}"

[[sources]]
id = "square"
uri = "{CLIP}"
repeat = true

[[sources.zones]]
id = "pavement"
polygon = [[0.0, 0.3], [1.0, 0.3], [1.0, 1.0], [0.0, 1.0]]
{rings}

[[sources.lines]]
id = "crossing"
start = [0.5, 0.2]
end = [0.5, 1.0]
"""
