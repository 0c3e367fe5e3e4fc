"""What the processor makes of 8-bit arithmetic.

x86 without VNNI adds products of 8-bit values in pairs into 16 bits and cuts off what does not fit: scores of the 8-bit person
detector were then wrong by .38 in the mean of its second head, against .04. VNNI and ARM add into 32 bits.
"""

from __future__ import annotations

import platform
from pathlib import Path

_VNNI = frozenset({"avx_vnni", "avx512_vnni"})
_X86 = frozenset({"x86_64", "amd64", "i686"})


def saturates(root: Path = Path("/"), machine: str | None = None) -> bool:
    """Whether sums of 8-bit products are cut off here. An x86 that does not say what it has is taken to do so.

    Args:
        root: of the file system with ``proc``.
        machine: as ``uname -m`` says; asked when absent.
    """
    if (machine or platform.machine()).lower() not in _X86:
        return False
    try:
        text = (root / "proc" / "cpuinfo").read_text("ascii", "replace")
    except OSError:
        return True
    flags = next((line.split(":", 1)[1].split() for line in text.splitlines() if line.startswith("flags")), [])
    return _VNNI.isdisjoint(flags)
