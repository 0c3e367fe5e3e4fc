"""The Edge TPU: LiteRT with libedgetpu as its delegate, in the accelerator's own process.

Rules: the library is loaded here and nowhere else, because the one that Google released ends a process with a newer LiteRT
instead of refusing: then this process dies, is started again with a growing wait, and its last words name the pair. What can be
said before that is said: the library is not there, is no delegate, or finds no device; each is another :class:`Door`.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import enum
import importlib
import importlib.metadata
import sys
from typing import Any

from edge.infer.accelerator import AcceleratorError
from edge.infer.litert_cpu import LiteRtModel
from models.bundle.litert import MODULE, PACKAGE

LIBRARY = "libedgetpu.so.1"


class Door(str, enum.Enum):
    """Why the device cannot be opened."""

    NO_LIBRARY = "libedgetpu not found"
    NO_LITERT = "LiteRT not found"
    NO_DELEGATE = "not the Edge TPU's library"
    NO_DEVICE = "no Edge TPU"


class EdgeTpuError(AcceleratorError):
    """The device cannot be opened.

    Args:
        door: why.
        more: what to do.
    """

    def __init__(self, door: Door, more: str) -> None:
        super().__init__(f"{door.value}: {more}")
        self.door = door


class EdgeTpu:
    """The device.

    Args:
        library: file name of its library.

    Raises:
        EdgeTpuError: when it cannot be opened.
    """

    def __init__(self, library: str = LIBRARY) -> None:
        try:
            litert: Any = importlib.import_module(MODULE)
        except ImportError:
            raise EdgeTpuError(Door.NO_LITERT, f"pip install {PACKAGE}") from None
        try:
            loaded = ctypes.CDLL(library)
        except OSError:
            raise EdgeTpuError(Door.NO_LIBRARY, f"{library} cannot be loaded; install libedgetpu1-std for this board") from None
        pair = f"{library} {_version(loaded)} with {PACKAGE} {importlib.metadata.version(PACKAGE)}"
        if not hasattr(loaded, "tflite_plugin_create_delegate"):
            raise EdgeTpuError(Door.NO_DELEGATE, f"{library} has no delegate for LiteRT; install libedgetpu1-std again")
        sys.stderr.write(f"opening the Edge TPU: {pair}; if this process ends here, the two do not go together\n")
        sys.stderr.flush()
        try:
            self._delegate = litert.load_delegate(library)
        except (ValueError, RuntimeError, OSError) as error:
            why = (str(error) or "it says nothing").splitlines()[0][:120]
            raise EdgeTpuError(
                Door.NO_DEVICE, f"{pair} opens none ({why}); plug it in, and look at /dev/apex_0 or lsusb"
            ) from None

    def load(self, model: bytes, name: str) -> LiteRtModel:
        """Load a model that was compiled for it. Errors as :class:`edge.infer.accelerator.Accelerator`."""
        return LiteRtModel(model, name, (self._delegate,))


def _version(library: ctypes.CDLL) -> str:
    """What the library says of itself; Google's and its successors' have ``edgetpu_version``."""
    with contextlib.suppress(AttributeError):
        ask = library.edgetpu_version
        ask.restype = ctypes.c_char_p
        said = ask()
        return said.decode("ascii", "replace")[:80] if said else "of no version"
    return "of no version"
