"""Work that one thread has another one do, and waits for: what runs models belongs to the agent's loop.

Rules: errands are done in order, by the thread that calls :meth:`Errands.work`; whoever waits gets the result or the error.
When the agent ends, those that wait, and all who come later, are told to go on another time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from ota.device.errors import PausedError

_T = TypeVar("_T")
_AGAIN_S = 1.0


class Errands:
    """Where they wait.

    Args:
        wake: makes the other thread call :meth:`work` soon.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._waiting: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._lock = threading.Lock()
        self._closed = False

    def do(self, call: Callable[[], _T]) -> _T:
        """Have it done, and wait.

        Raises:
            PausedError: the agent ends.
        """
        future: Future[_T] = Future()
        with self._lock:
            if self._closed:
                raise _ending()
            self._waiting.append((call, future))
        self._wake()
        return future.result()

    def work(self) -> None:
        """Do all that waits."""
        while self._waiting:
            call, future = self._waiting.popleft()
            try:
                result = call()
            except Exception as error:  # noqa: BLE001 - it is the other thread's
                future.set_exception(error)
            else:
                future.set_result(result)

    def close(self) -> None:
        """Do nothing more; by the thread that works."""
        with self._lock:
            self._closed = True
        while self._waiting:
            self._waiting.popleft()[1].set_exception(_ending())


def _ending() -> PausedError:
    msg = "the agent ends"
    return PausedError(msg, _AGAIN_S)
