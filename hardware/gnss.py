"""A satellite receiver on a serial line (USB or UART), read in a thread of its own.

Rules: nothing waits for it; what cannot be opened is tried again; a line without an end is thrown away. The moment of a fix is
that at which its sentence has come: receivers say it 50 to 300 ms after it was so.
"""

from __future__ import annotations

import contextlib
import os
import select
import termios
import threading
import time
import tty
from collections import deque
from collections.abc import Callable

from hardware.nmea import LONGEST, Fix, Receiver

AGAIN_S = 5.0
"""Before a receiver that is not there is looked for again."""
_LOOK_S = 0.5
_KEPT = 64
"""Fixes that nobody has fetched."""
_BYTES = 4096


class SerialReceiver:
    """Reads one.

    Args:
        port: its device, ``/dev/ttyACM0``.
        baud: of a UART; USB does not care.
        monotonic: seconds.
    """

    def __init__(self, port: str, baud: int = 9600, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._port, self._baud, self._monotonic = port, baud, monotonic
        self._fixes: deque[tuple[float, Fix]] = deque(maxlen=_KEPT)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._live, name="gnss", daemon=True)
        self.is_open = False
        """Whether it is read. Any thread may ask."""
        self.fault = ""
        """Why nothing is read; empty while it is open, or about to be. Any thread may ask."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(2 * _LOOK_S)

    def take(self) -> list[tuple[float, Fix]]:
        """Fixes since this was asked last, each with its monotonic second. Any thread, one at a time."""
        found = []
        with contextlib.suppress(IndexError):
            while True:
                found.append(self._fixes.popleft())
        return found

    def _live(self) -> None:
        while not self._ending.is_set():
            try:
                descriptor = os.open(self._port, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
            except OSError as error:
                self.fault = f"{self._port}: {error.strerror}; plug it in, or change gnss.port"
            else:
                try:
                    self._read(descriptor)
                except OSError as error:
                    self.fault = f"{self._port}: gives nothing any more ({error.strerror}); is it plugged in?"
                finally:
                    self.is_open = False
                    os.close(descriptor)
            self._ending.wait(AGAIN_S)

    def _read(self, descriptor: int) -> None:
        _set_up(descriptor, self._baud)
        receiver, held = Receiver(), b""
        self.fault, self.is_open = "", True
        while not self._ending.is_set():
            if not select.select([descriptor], [], [], _LOOK_S)[0]:
                continue
            try:
                data = os.read(descriptor, _BYTES)
            except BlockingIOError:
                continue
            if not data:
                raise OSError(0, "its end has come")
            now_s = self._monotonic()
            *lines, held = (held + data).split(b"\n")
            held = held[-LONGEST:]
            for line in lines:
                fix = receiver.line(line[: LONGEST + 1].decode("ascii", "replace"))
                if fix is not None:
                    self._fixes.append((now_s, fix))


def _set_up(descriptor: int, baud: int) -> None:
    """Bytes as they come, at this speed; a file or a pipe is read as it is."""
    if not os.isatty(descriptor):
        return
    tty.setraw(descriptor)
    speed = getattr(termios, f"B{baud}", termios.B9600)
    settings = termios.tcgetattr(descriptor)
    settings[4] = settings[5] = speed
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
