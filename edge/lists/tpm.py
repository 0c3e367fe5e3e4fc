"""The door of a TPM: whether the box has one, and what of it is used.

What is used is nothing: keys are held in a page of memory (:mod:`edge.lists.vault`). A TPM's part would be to make the lock's
key in its null hierarchy, which a reset forgets, so that not even a reader of memory could open what was recorded on the wire:
TPM2_CreatePrimary, TPM2_ECDH_ZGen. It has not been run on any TPM and would need a lock on a curve that TPMs have (NIST P-256),
so it is not here. Digests would stay in memory all the same: TPM2_HMAC takes milliseconds, and a passage needs dozens.

Rule: looking at the door asks one question (TPM2_GetCapability of the manufacturer; TPM 2.0 Library, part 3, 30.2) and changes
nothing; a device that does not answer is no TPM.
"""

from __future__ import annotations

import os
import select
import struct
from dataclasses import dataclass
from pathlib import Path

DEVICE = Path("/dev/tpmrm0")
"""With the kernel's resource manager, so that others may use it too."""
_NO_SESSIONS, _GET_CAPABILITY, _TPM_PROPERTIES, _MANUFACTURER = 0x8001, 0x17A, 6, 0x105
_ASK = struct.pack(">HIIIII", _NO_SESSIONS, 22, _GET_CAPABILITY, _TPM_PROPERTIES, _MANUFACTURER, 1)
_ANSWER = struct.Struct(">HIIBIII4s")
"""Tag, size, response code, more data, capability, count, property, value."""
_WAIT_S = 2.0


@dataclass(frozen=True)
class Door:
    """What stands there.

    Attributes:
        maker: the manufacturer's four letters; empty = there is no TPM.
        why: in words, how keys are held here and why.
    """

    maker: str
    why: str


def look(device: Path = DEVICE) -> Door:
    """Look at the door."""
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except FileNotFoundError:
        return Door("", f"in memory; there is no TPM ({device} is not there)")
    except OSError as error:
        return Door("", f"in memory; {device} cannot be opened: {error.strerror}; whether it is a TPM is not known")
    try:
        os.write(descriptor, _ASK)
        if not select.select([descriptor], [], [], _WAIT_S)[0]:
            return Door("", f"in memory; {device} does not answer")
        maker = _maker(os.read(descriptor, 4096))
    except OSError as error:
        return Door("", f"in memory; {device} does not answer: {error.strerror}")
    finally:
        os.close(descriptor)
    if not maker:
        return Door("", f"in memory; {device} answers, and not as a TPM 2.0")
    return Door(maker, f"in memory; the TPM of {maker} is not used: making the lock's key in it was run on no TPM")


def _maker(answer: bytes) -> str:
    """The manufacturer, of an answer that is one."""
    if len(answer) != _ANSWER.size:
        return ""
    tag, size, code, _, capability, count, name, value = _ANSWER.unpack(answer)
    if (tag, size, code, capability, count, name) != (_NO_SESSIONS, len(answer), 0, _TPM_PROPERTIES, 1, _MANUFACTURER):
        return ""
    return "".join(letter for letter in value.decode("latin-1") if letter.isascii() and letter.isalnum())
