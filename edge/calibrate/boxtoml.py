"""Puts a calibration into ``box.toml`` and leaves all else in it as it is, remarks and order included.

Rules: the text is changed, then read again, and kept only when it says what it said before but for this calibration; a file
that is laid out so that this does not work out is left alone, and the block is for the technician to put in. The file is
replaced whole, and stays its owner's.
"""

from __future__ import annotations

import copy
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from edge.calibrate.errors import CalibrateError
from edge.ownerfile import give
from protocol.config import Calibration

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - exercised on boxes with Python 3.10
    import tomli as tomllib

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-\s\"']+?)\s*\]\]?\s*(#.*)?$")


def block(calibration: Calibration) -> str:
    """The table as it stands in the file."""
    rows = "".join(
        f"    {{ picture = [{_number(u)}, {_number(v)}], ground = [{_number(x)}, {_number(y)}] }},\n"
        for (u, v), (x, y) in ((point.picture, point.ground) for point in calibration.points)
    )
    width, height = calibration.size
    return (
        "[sources.calibration]\n"
        f"size = [{width}, {height}]\n"
        f"sigma_px = {_number(calibration.sigma_px)}\n"
        f"points = [                            # places in the picture (fractions of it) and on the ground (metres)\n{rows}]\n"
    )


def with_calibration(text: str, source: str, calibration: Calibration) -> str:
    """The file's text with this calibration of a source.

    Raises:
        CalibrateError: there is no such source, or the text cannot be changed safely.
    """
    before = tomllib.loads(text)
    sources = before.get("sources", [])
    if source not in [one.get("id") for one in sources]:
        msg = f"there is no source {source!r} in it"
        raise CalibrateError(msg)
    wanted = copy.deepcopy(before)
    number = [one.get("id") for one in sources].index(source)
    wanted["sources"][number]["calibration"] = msgspec.to_builtins(calibration) | {"sigma_px": calibration.sigma_px}
    lines = _without(text.splitlines(), number)
    end = _end_of(lines, number)
    parts = ("\n".join(lines[:end]).rstrip(), block(calibration).rstrip(), "\n".join(lines[end:]).strip("\n"))
    changed = "\n\n".join(part for part in parts if part) + "\n"
    if _read(changed) != _plain(wanted):
        msg = "it is laid out so that the calibration cannot be put in without touching the rest; put the block in by hand"
        raise CalibrateError(msg)
    return changed


def write(path: Path, source: str, calibration: Calibration) -> None:
    """Put a calibration into a box's file.

    Raises:
        CalibrateError: it cannot be read or written, or not be changed safely.
    """
    try:
        real = path.resolve()  # a link to it stays one
        text = real.read_bytes().decode("utf-8")
        ending = "\r\n" if "\r\n" in text else "\n"
        changed = with_calibration(text.replace("\r\n", "\n"), source, calibration)
        mode = real.stat().st_mode
        handle, beside = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline=ending) as file:
                give(handle, real)
                file.write(changed)
                file.flush()
                os.fsync(handle)
            Path(beside).chmod(mode & 0o7777)
            Path(beside).replace(real)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{path}: cannot be changed: {error}"
        raise CalibrateError(msg) from None
    except CalibrateError as error:
        msg = f"{path}: {error}"
        raise CalibrateError(msg) from None


def _headers(lines: list[str]) -> list[tuple[int, str, bool]]:
    """Line, name and whether it begins an element, of each header."""
    found = []
    for at, line in enumerate(lines):
        match = _HEADER.match(line)
        if match is not None:
            found.append((at, re.sub(r"[\s\"']", "", match[2]), match[1] == "[["))
    return found


def _within(lines: list[str], number: int) -> tuple[list[tuple[int, str]], int]:
    """Headers of one element of ``sources``, and the line at which something else begins."""
    seen, mine = -1, []
    for at, name, begins in _headers(lines):
        if name == "sources" and begins:
            seen += 1
        if seen == number and (name == "sources" or name.startswith("sources.")):
            mine.append((at, name))
        elif mine:
            return mine, at
    return mine, len(lines)


def _without(lines: list[str], number: int) -> list[str]:
    """The lines without the calibration of one source."""
    headers, end = _within(lines, number)
    follows = [*(at for at, _ in headers[1:]), end]
    for (at, name), following in reversed(list(zip(headers, follows, strict=False))):
        if name == "sources.calibration" or name.startswith("sources.calibration."):
            lines = [*lines[:at], *lines[_before_remarks(lines, at, following) :]]
    return lines


def _end_of(lines: list[str], number: int) -> int:
    """The line at which one source ends."""
    headers, end = _within(lines, number)
    return _before_remarks(lines, headers[-1][0], end) if headers else end


def _before_remarks(lines: list[str], start: int, end: int) -> int:
    """Empty lines and remarks before a header go with what it begins."""
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _number(value: float) -> str:
    return repr(round(float(value), 6))


def _read(text: str) -> Any:
    try:
        return _plain(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return None


def _plain(value: Any) -> Any:
    """For comparison: tuples as lists, numbers as they are written."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return round(value, 6) if isinstance(value, float) else value
