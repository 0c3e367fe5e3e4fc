"""A draft from what a person typed: options and files become one body, which is read a piece at a time.

Rule: the manager judges; here only what cannot be sent at all is refused.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from fleet.lists.errors import DraftError

_PIECE = 1 << 16
_DAYS = re.compile(r"(\d{1,4})d\Z")


def read_end(text: str, now: dt.datetime) -> str:
    """An end as people write it: ``30d`` from now, ``2026-12-31``, or a moment with its zone.

    Raises:
        DraftError: it is none.
    """
    found = _DAYS.match(text)
    if found:
        return (now + dt.timedelta(days=int(found[1]))).isoformat()
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is no end; write it as 30d, 2026-12-31 or 2026-12-31T18:00+01:00"
        raise DraftError(msg) from None
    return (moment if moment.tzinfo else moment.astimezone()).isoformat()


def body_of(wanted: dict[str, Any], whole: Path | None, add: Path | None, remove: Path | None) -> IO[bytes]:
    """The body of a draft, in a file without a name.

    Raises:
        DraftError: a whole list and changes were given, or a file cannot be read.
    """
    if whole is not None and (add is not None or remove is not None):
        msg = "give either the file of the whole list, or what changes with --add and --remove"
        raise DraftError(msg)
    change = whole is None
    body = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's
    try:
        body.write(msgspec.json.encode({**wanted, "mode": "change" if change else "whole"}) + b"\n")
        for path, sign in ((whole, b""), (remove, b"-"), (add, b"+")):
            if path is not None:
                _copy(path, sign, body)
    except OSError as error:
        body.close()
        msg = f"{error.filename or 'the file'}: cannot be read: {error.strerror}; name the file with the plates"
        raise DraftError(msg) from error
    return body


def pieces(body: IO[bytes]) -> tuple[Iterator[bytes], int]:
    """A body from its beginning, and its size."""
    size = body.seek(0, 2)
    body.seek(0)
    return iter(lambda: body.read(_PIECE), b""), size


def _copy(path: Path, sign: bytes, body: IO[bytes]) -> None:
    with path.open("rb") as file:
        if not sign:
            while data := file.read(_PIECE):
                body.write(data)
            return
        for number, line in enumerate(file):
            text = line.strip().removeprefix(b"\xef\xbb\xbf" if not number else b"")
            # What says nothing stays in its place, so that faults are named by the lines of the file.
            silent = not text or text.startswith(b"#") or (not number and text.lower() == b"plate,comment")
            body.write(b"\n" if silent else sign + text + b"\n")
