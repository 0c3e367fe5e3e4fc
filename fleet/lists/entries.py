"""Lines as people give them become entries. Pure; a line at a time, in bounded memory.

A line is a plate or a pattern and, after a comma, semicolon or tab, whatever people want to say of it. In a change each line
begins with ``+`` or ``-``. Empty lines, lines that begin with ``#`` and a heading ``plate,comment`` say nothing.

Rules: every fault is found, not only the first, and named by its line; a message repeats no plate; what stands twice is
reported and counted once, and two spellings that a camera does not tell apart are the same entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from fleet.lists.errors import EntriesError, Fault
from protocol.lists import MOST_ENTRIES, MOST_MASKS
from protocol.plates import PlateError, fold, pattern_of

MOST_COMMENT = 200
"""Characters of a comment: a case number and a few words."""
MOST_LINE = 1024
"""Bytes of a line."""
MOST_BODY = MOST_ENTRIES * 64
"""Bytes of all lines: a plate and a case number take 30."""
SHOWN = 20
"""Faults and repetitions that are named one by one."""
_PLAIN = re.compile(r"[0-9A-Z]{1,12}\Z")
_SILENT = str.maketrans("", "", " .-")
_MARK = re.compile(r"[,;\t]")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Row:
    """A line that is an entry.

    Attributes:
        line: its number, from 1.
        sign: ``+``, ``-``, or nothing in a whole list.
        key: mask and known characters: the same for spellings that are the same entry.
        text: as it was typed.
        comment: likewise.
    """

    line: int
    sign: str
    key: str
    text: str
    comment: str


@dataclass
class Reader:
    """Reads lines from pieces of bytes, whose borders mean nothing.

    Attributes:
        signed: whether each line begins with ``+`` or ``-``.
        faults: the first of them.
        wrong: how many there are.
        lines: read so far.
    """

    signed: bool = False
    faults: list[Fault] = field(default_factory=list)
    wrong: int = 0
    lines: int = 0
    _rest: bytes = b""
    _bytes: int = 0

    def feed(self, data: bytes) -> Iterator[Row]:
        """Entries of the lines that this piece ends.

        Raises:
            EntriesError: more than :data:`MOST_BODY` bytes came.
        """
        self._bytes += len(data)
        if self._bytes > MOST_BODY:
            msg = f"these lines are over {MOST_BODY} bytes; a list has at most {MOST_ENTRIES} entries: split it"
            raise EntriesError(msg)
        *whole, rest = (self._rest + data).split(b"\n")
        # Of a line without end as much is kept as shows that it has none.
        self._rest = rest[: MOST_LINE + 1]
        for line in whole:
            yield from self._line(line)

    def end(self) -> Iterator[Row]:
        """The entry of a last line without an end."""
        rest, self._rest = self._rest, b""
        if rest:
            yield from self._line(rest)

    def fail(self, line: int, message: str) -> None:
        """Note a fault."""
        self.wrong += 1
        if len(self.faults) < SHOWN:
            self.faults.append(Fault(line, message))

    def check(self) -> None:
        """Refuse what had faults.

        Raises:
            EntriesError: with the faults.
        """
        if self.wrong:
            words = "; ".join(f"line {fault.line}: {fault.message}" for fault in self.faults[:5])
            more = f"; and {self.wrong - 5} more lines" if self.wrong > 5 else ""  # noqa: PLR2004 - those named above
            msg = f"nothing was kept, for {self.wrong} of {self.lines} lines are no entries: {words}{more}; correct them"
            raise EntriesError(msg, tuple(self.faults), self.wrong)

    def _line(self, raw: bytes) -> Iterator[Row]:
        self.lines += 1
        if self.lines == 1:
            raw = raw.removeprefix(_BOM)
        if len(raw) > MOST_LINE:
            self.fail(self.lines, f"is over {MOST_LINE} bytes; is this a list of plates, one a line?")
            return
        try:
            text = raw.decode("utf-8").strip()
        except UnicodeDecodeError:
            self.fail(self.lines, "is not text in UTF-8; save the file in that")
            return
        sign = ""
        if self.signed and text:
            sign, text = text[0], text[1:].strip()
            if sign not in "+-":
                self.fail(self.lines, "says neither + nor - before its plate")
                return
        if not text or text.startswith("#"):
            return
        plate, comment = _parts(text)
        if self.lines == 1 and (plate.casefold(), comment.casefold()) == ("plate", "comment"):
            return
        try:
            row = Row(self.lines, sign, key_of(plate), plate, _said(comment))
        except PlateError as error:
            self.fail(self.lines, str(error))
        else:
            yield row


def key_of(text: str) -> str:
    """What makes two spellings the same entry: mask and known characters.

    Raises:
        PlateError: it is neither a plate nor a pattern.
    """
    plain = text.translate(_SILENT).upper()
    if _PLAIN.match(plain):  # nearly every line; a third of the time
        return f"{'.' * len(plain)} {fold(plain)}"
    mask, known = pattern_of(text)
    return f"{mask} {known}"


@dataclass
class Unique:
    """Takes each entry once.

    Attributes:
        repeated: how many stood again.
        repetitions: the first of them, by line, with the line where each stood before.
    """

    repeated: int = 0
    repetitions: list[tuple[int, int]] = field(default_factory=list)
    masks: set[str] = field(default_factory=set)
    _seen: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._seen)

    def __contains__(self, key: str) -> bool:
        return key in self._seen

    def line_of(self, key: str) -> int:
        """Where an entry stood first."""
        return self._seen[key]

    def keys(self) -> Iterator[str]:
        """Of all entries, in their order."""
        return iter(self._seen)

    def take(self, key: str, line: int) -> bool:
        """Whether this one is new.

        Raises:
            EntriesError: there are more than a list may have.
        """
        before = self._seen.get(key)
        if before is not None:
            self.repeated += 1
            if len(self.repetitions) < SHOWN:
                self.repetitions.append((line, before))
            return False
        if len(self._seen) >= MOST_ENTRIES:
            msg = f"line {line} is entry {MOST_ENTRIES + 1}, and a list has at most {MOST_ENTRIES}: split it; nothing was kept"
            raise EntriesError(msg)
        self._seen[key] = line
        mask = key.partition(" ")[0]
        if mask not in self.masks:
            self.masks.add(mask)
            if len(self.masks) > MOST_MASKS:
                msg = f"line {line} is the {len(self.masks)}th form of pattern, and a list has at most {MOST_MASKS}"
                raise EntriesError(msg + ": write fewer kinds; nothing was kept")
        return True


def _parts(text: str) -> tuple[str, str]:
    found = _MARK.search(text)
    if found is None:
        return text.strip().strip('"').strip(), ""
    return text[: found.start()].strip().strip('"').strip(), text[found.end() :].strip()


def _said(comment: str) -> str:
    if len(comment) > 1 and comment[0] == comment[-1] == '"':
        comment = comment[1:-1].replace('""', '"')
    return "".join(character if character.isprintable() else " " for character in comment)[:MOST_COMMENT].strip()
