"""What the box says on its own terminal, and so in the system's journal: each change of its health and of its link, once.

Rules: nothing that telemetry does not tell, and every line names the thing, what is wrong and what to do; a terminal that takes
nothing (halted, gone, redirected to a full disk) holds up nobody.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable

from protocol.events import DeviceHealth, OtaReport
from protocol.state import LinkTelemetry

_MOST_LINES = 256
"""That wait for a terminal; more are not said."""

_LAST_S = 0.5
"""How long the end waits for the last line."""


def update_line(report: OtaReport) -> str:
    """What became of an order, in words."""
    reason = "" if report.reason is None else f": {report.reason.code}: {report.reason.detail}"
    return f"update: release {report.release} of {report.bundle}: {report.step.value}{reason}"


class Console:
    """Lines of text.

    Args:
        say: takes one line, in a thread of its own; may block, and may raise :class:`OSError`.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._write = say
        self._lines: queue.Queue[str | None] = queue.Queue(_MOST_LINES)
        self._link = ""
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Say what is left, if that takes no time."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
            self._thread.join(_LAST_S)

    def health(self, change: DeviceHealth) -> None:
        """Something is wrong, or no longer."""
        for reason in change.raised:
            self._say(f"{reason.subject}: {reason.code}: {reason.detail}")
        for reason in change.cleared:
            self._say(f"{reason.subject}: {reason.code}: is over")

    def link(self, link: LinkTelemetry, broker: str) -> None:
        """How the link stands; said when it has changed.

        Args:
            link: its numbers.
            broker: its address.
        """
        text = f"connected to {broker}" if link.connected else f"not connected: {link.last_error}" if link.last_error else ""
        if text and text != self._link:
            self._link = text
            self._say(f"link: {text}")

    def line(self, line: str) -> None:
        """Anything else; any thread may."""
        self._say(line)

    def _say(self, line: str) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(line)

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            with contextlib.suppress(OSError):
                self._write(line)
