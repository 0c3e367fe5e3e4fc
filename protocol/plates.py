"""Number plates as both ends spell them: normalised, folded, and patterns of which a part is unknown. Pure.

Rules:

- A plate is 1 to 12 of ``0-9 A-Z``: spaces, dots and hyphens say nothing, and marks over letters are not told apart by cameras.
- What cameras do not tell apart is folded before anything is compared: O, Q and 0; I and 1.
- A mask says which characters of a pattern are known: ``.`` one that is, ``?`` one that is not, ``*``, at its beginning or its
  end only, any number that are not. It is the same for all patterns of one form, so that a box that holds keyed digests only
  (:mod:`protocol.lists`) needs one per reading and mask, and learns nothing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from msgspec import Meta

from protocol.errors import ProtocolError

MOST_CHARACTERS = 12
LEAST_KNOWN = 3
"""Characters of a pattern that must be known: with fewer it would stop every tenth car of a town."""

PlateText = Annotated[str, Meta(pattern=r"^[0-9A-Z]{1,12}\Z", description="A plate, normalised")]
Mask = Annotated[
    str,
    Meta(
        pattern=r"^(\*?[.?]{1,12}|[.?]{1,12}\*)\Z",
        description="Of a pattern: . one known character, ? one unknown, * any number at an end",
    ),
]

_SILENT = frozenset(" \t.-·•_/\u2013\u2014")
_FOLDED = str.maketrans("OQI", "001")
_PATTERN = re.compile(r"\*?[0-9A-Z?]+|[0-9A-Z?]+\*")


class PlateError(ProtocolError):
    """Text that is no plate; the message says why without repeating more than one character of it."""

    reason = "plate"


def normalise(text: str) -> str:
    """A plate as it is stored and compared.

    Raises:
        PlateError: it is empty, too long, or has a character of another alphabet.
    """
    return _bounded(_spelled(text, ""))


def fold(text: str) -> str:
    """Make characters one that plates do not tell apart: O, Q and 0; I and 1."""
    return text.translate(_FOLDED)


def pattern_of(text: str) -> tuple[str, str]:
    """The mask of a pattern, and the characters that are known, folded.

    Args:
        text: for people: ``1-AB?-123``, ``1ABC*``; a whole plate is a pattern too.

    Returns:
        ``("......." , "1ABC123")`` for a whole plate, ``("...?...", "1AB123")``, ``("....*", "1ABC")``.

    Raises:
        PlateError: it is none, has a ``*`` within, or fewer than :data:`LEAST_KNOWN` known characters while others are unknown.
    """
    spelled = _spelled(text, "?*")
    core = _bounded(spelled.strip("*"))
    if not _PATTERN.fullmatch(spelled):
        msg = "a pattern may have one *, at its beginning or at its end"
        raise PlateError(msg)
    mask = re.sub(r"[0-9A-Z]", ".", spelled)
    known = core.replace("?", "")
    if len(known) < LEAST_KNOWN and set(mask) != {"."}:
        msg = f"a pattern needs at least {LEAST_KNOWN} known characters, this one has {len(known)}"
        raise PlateError(msg)
    return mask, fold(known)


def known_part(mask: str, text: str) -> str | None:
    """What a plate has where a mask has known characters, or ``None`` where it does not fit.

    Args:
        mask: of a pattern.
        text: normalised and folded.
    """
    core = mask.strip("*")
    open_ = len(core) != len(mask)
    if len(text) < len(core) or (not open_ and len(text) != len(core)):
        return None
    if open_:
        text = text[len(text) - len(core) :] if mask[0] == "*" else text[: len(core)]
    return "".join(character for character, kind in zip(text, core, strict=True) if kind == ".")


def _spelled(text: str, kept: str) -> str:
    if len(text) > 8 * MOST_CHARACTERS:
        msg = f"a plate has at most {MOST_CHARACTERS} characters"
        raise PlateError(msg)
    plain = unicodedata.normalize("NFKD", text).upper()
    spelled = []
    for character in plain:
        if character in _SILENT or unicodedata.combining(character):
            continue
        if not (character in kept or ("0" <= character <= "9") or ("A" <= character <= "Z")):
            name = unicodedata.name(character, "a control character")
            msg = f"{name.lower()} stands on no plate that is read here; give letters A to Z and digits"
            raise PlateError(msg)
        spelled.append(character)
    return "".join(spelled)


def _bounded(text: str) -> str:
    if not 1 <= len(text) <= MOST_CHARACTERS:
        msg = f"a plate has 1 to {MOST_CHARACTERS} letters and digits, not {len(text)}"
        raise PlateError(msg)
    return text
