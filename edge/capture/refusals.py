"""Why a camera gives nothing, in the words of whoever stands beside it.

Rule: what libraries say is not repeated, because it carries the whole address.
"""

from __future__ import annotations

from pathlib import Path

from edge.capture.faults import CaptureError, FaultCode
from edge.region import Size


def not_allowed(name: str, credential: str | None) -> CaptureError:
    """The camera does not take what it was told.

    Args:
        name: of the camera in messages.
        credential: file with what it was told; ``None`` = nothing.
    """
    if credential is None:
        return CaptureError(FaultCode.CREDENTIALS, f"{name}: asks for a password; give the source a credential")
    kept = Path(credential).name
    return CaptureError(FaultCode.CREDENTIALS, f"{name}: refuses {kept!r}; write it anew: `lamplighter edge credential {kept}`")


def no_stream(name: str) -> CaptureError:
    """The camera knows no such address."""
    return CaptureError(FaultCode.MISSING, f"{name}: the camera has no stream of that name; change the uri")


def nobody(name: str, error: BaseException) -> CaptureError:
    """There is no connection, or no answer over it."""
    if isinstance(error, ConnectionRefusedError):
        what = "refused; is that service of the camera switched on, and the port right?"
    elif isinstance(error, TimeoutError):
        what = "no answer; look at its power, its cable and the address"
    else:
        what = f"cannot be reached: {getattr(error, 'strerror', None) or type(error).__name__}"
    return CaptureError(FaultCode.UNREACHABLE, f"{name}: {what}")


def silent(name: str, seconds: float) -> CaptureError:
    """It is connected, and nothing comes any more."""
    return CaptureError(FaultCode.STALLED, f"{name}: no picture for {seconds:g} s; look at its cable and its power")


def left(name: str) -> CaptureError:
    """The camera has ended the connection."""
    return CaptureError(FaultCode.UNREACHABLE, f"{name}: the camera ended the connection; it is tried again")


def too_large(size: Size) -> CaptureError:
    """Its pictures are larger than any box takes."""
    words = f"pictures of {size.width} x {size.height} are too large, most is 7680 x 4320; use a smaller stream"
    return CaptureError(FaultCode.TOO_LARGE, words)
