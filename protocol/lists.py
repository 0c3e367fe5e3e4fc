"""Hit lists as they travel: sealed, signed, in whole or as the change from an earlier version. Pure.

A box is told plates as keyed digests. What lies on its disk says nothing without the key, which is never written there
(:mod:`protocol.keys`): a series of plates has 17.6 million combinations, and an unkeyed hash of one is the plate.

Rules:

- A file is three parts: the header, a line of JSON; the signature over it and the certificate of the list authority, a line;
  the body. A change has the very header and signature of the version to which it leads, and another body, so that there is one
  signature for each version, and what a change makes is held against it.
- The body of a whole list is, for each mask of the header in its order, that mask's digests, 16 bytes each, rising. The body of
  a change begins with a line of JSON (:class:`Change`) and has for each mask of the new version what goes, then what comes.
- Digests are HMAC-SHA256 under the list's key, cut to 128 bits, over a domain line, the mask, and the known characters.
- A list has a purpose, the reference of a legal basis and an end, and the header says so, so that the signature does.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.basis import Struct
from protocol.errors import ProtocolError
from protocol.identifiers import Count, Name, Ordinal
from protocol.manifest import Sha256
from protocol.orders import Signature
from protocol.plates import Mask, known_part, pattern_of

DIGEST_BYTES = 16
MOST_ENTRIES = 1_000_000
MOST_MASKS = 32
MOST_HEADER_BYTES = 8192
MOST_BYTES = MOST_ENTRIES * DIGEST_BYTES + 4 * MOST_HEADER_BYTES
"""Of a file."""
_DOMAIN = b"lamplighter plate 1\n"
_SIGNED = b"lamplighter list 1\n"

KeyId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}\Z", description="Of a key of plates")]


class ListError(ProtocolError):
    """A hit list that a box does not use."""

    reason = "list"


class Part(Struct, frozen=True):
    """Entries of one form."""

    mask: Mask
    count: Annotated[Count, Meta(description="Entries")]


class ListHeader(Struct, frozen=True):
    """What a list is, and what the authority signs."""

    fleet: Name
    list: Name
    version: Annotated[Ordinal, Meta(description="Rises with every change")]
    purpose: Annotated[Name, Meta(description="What it is for, of the fleet's policy")]
    basis: Annotated[str, Meta(min_length=1, max_length=120, description="Reference of the legal basis")]
    made: Annotated[dt.datetime, Meta(tz=True, description="When it was signed")]
    expires: Annotated[dt.datetime, Meta(tz=True, description="From when on it is not used")]
    key: Annotated[KeyId, Meta(description="Under which its digests are made")]
    least: Annotated[float, Meta(gt=0, le=1, description="Posterior from which a reading is a hit")]
    parts: Annotated[tuple[Part, ...], Meta(max_length=MOST_MASKS, description="By mask, rising; the order of the body")]
    body: Annotated[Sha256, Meta(description="Of the body of the whole list")]

    @property
    def entries(self) -> int:
        """How many."""
        return sum(part.count for part in self.parts)


class Seal(Struct, frozen=True):
    """The authority's word for a header."""

    signature: Signature
    certificate_pem: Annotated[str, Meta(max_length=4096, description="Of the list authority, made by the fleet's authority")]


class Change(Struct, frozen=True):
    """The first line of the body of a change."""

    base: Annotated[Ordinal, Meta(description="Version from which it leads")]
    parts: Annotated[tuple[tuple[Mask, Count, Count], ...], Meta(max_length=2 * MOST_MASKS, description="Mask, gone, come")]


@dataclass(frozen=True)
class ListFile:
    """A file, taken apart; nothing of it is verified.

    Attributes:
        header: decoded.
        text: the header as signed.
        seal: over it.
        body: of the list or of the change.
    """

    header: ListHeader
    text: bytes
    seal: Seal
    body: bytes


def signed_bytes(text: bytes) -> bytes:
    """What the authority's signature is over."""
    return _SIGNED + text


def digest(key: bytes | memoryview, mask: str, known: str) -> bytes:
    """The digest of an entry, or of what a reading has where a mask has known characters.

    Args:
        key: 32 bytes.
        mask: see :mod:`protocol.plates`.
        known: folded.
    """
    return hmac.digest(key, _DOMAIN + mask.encode() + b"\n" + known.encode(), "sha256")[:DIGEST_BYTES]


def seal_entries(key: bytes, patterns: Iterable[str]) -> dict[str, tuple[bytes, ...]]:
    """Digests by mask, both rising, each once.

    Raises:
        PlateError: one is no pattern.
        ListError: there are too many entries or masks.
    """
    found: dict[str, set[bytes]] = {}
    for text in patterns:
        mask, known = pattern_of(text)
        found.setdefault(mask, set()).add(digest(key, mask, known))
    if len(found) > MOST_MASKS:
        msg = f"the patterns of a list have at most {MOST_MASKS} forms, these have {len(found)}; write fewer kinds of them"
        raise ListError(msg)
    if sum(map(len, found.values())) > MOST_ENTRIES:
        msg = f"a list has at most {MOST_ENTRIES} entries; split it"
        raise ListError(msg)
    return {mask: tuple(sorted(found[mask])) for mask in sorted(found)}


def digests_of(key: bytes, masks: Iterable[str], text: str) -> dict[str, bytes]:
    """What to look for under each mask that a reading fits.

    Args:
        key: 32 bytes.
        masks: of a list.
        text: normalised and folded.
    """
    known = ((mask, known_part(mask, text)) for mask in masks)
    return {mask: digest(key, mask, part) for mask, part in known if part is not None}


def whole_body(entries: Mapping[str, tuple[bytes, ...]]) -> bytes:
    """The body of a whole list."""
    return b"".join(b"".join(entries[mask]) for mask in sorted(entries))


def change_body(base: int, before: Mapping[str, tuple[bytes, ...]], after: Mapping[str, tuple[bytes, ...]]) -> bytes:
    """The body of a change from one version to the next."""
    parts, content = [], []
    for mask in sorted({*before, *after}):
        old, new = set(before.get(mask, ())), set(after.get(mask, ()))
        gone, come = sorted(old - new), sorted(new - old)
        if gone or come:
            parts.append((mask, len(gone), len(come)))
            content += gone + come
    return msgspec.json.encode(Change(base, tuple(parts))) + b"\n" + b"".join(content)


def write_file(text: bytes, seal: Seal, body: bytes) -> bytes:
    """Put a file together."""
    return text + b"\n" + msgspec.json.encode(seal) + b"\n" + body


def read_file(data: bytes) -> ListFile:
    """Take a file apart. Nothing is verified but its form.

    Raises:
        ListError: it is none.
    """
    if len(data) > MOST_BYTES:
        msg = f"a list has at most {MOST_BYTES} bytes, this file has {len(data)}"
        raise ListError(msg)
    text, _, rest = data.partition(b"\n")
    sealed, found, body = rest.partition(b"\n")
    if not found or max(len(text), len(sealed)) > MOST_HEADER_BYTES:
        msg = "this is no hit list: its header and its signature are not there"
        raise ListError(msg)
    try:
        header = msgspec.json.decode(text, type=ListHeader)
        seal = msgspec.json.decode(sealed, type=Seal)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        msg = f"the header of this hit list cannot be read: {error}"
        raise ListError(msg) from None
    masks = [part.mask for part in header.parts]
    if masks != sorted(set(masks)) or header.entries > MOST_ENTRIES:
        msg = "the header of this hit list names its parts in another order, twice, or too many entries"
        raise ListError(msg)
    return ListFile(header, text, seal, body)


def read_whole(header: ListHeader, body: bytes) -> dict[str, bytes]:
    """The digests of a whole list by mask, one after the other, 16 bytes each, rising.

    Raises:
        ListError: the body is not the one that was signed, or not in order.
    """
    if hashlib.sha256(body).hexdigest() != header.body or len(body) != header.entries * DIGEST_BYTES:
        msg = f"list {header.list} {header.version}: what came is not what was signed"
        raise ListError(msg)
    found, at = {}, 0
    for part in header.parts:
        found[part.mask] = body[at : at + part.count * DIGEST_BYTES]
        at += part.count * DIGEST_BYTES
    return found


def apply_change(header: ListHeader, body: bytes, base: int, before: Mapping[str, bytes]) -> bytes:
    """The body of the whole list to which a change leads; the caller holds it against the header (:func:`read_whole`).

    Args:
        header: of the new version.
        body: of the change.
        base: version that is here.
        before: its digests by mask, as :func:`read_whole` gives them.

    Raises:
        ListError: the change is none, or is for another version.
    """
    line, found, content = body.partition(b"\n")
    try:
        change = msgspec.json.decode(line, type=Change) if found else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        change = None
    if change is None or len(content) != sum(gone + come for _, gone, come in change.parts) * DIGEST_BYTES:
        msg = f"list {header.list} {header.version}: this is no change of a list"
        raise ListError(msg)
    if change.base != base:
        msg = f"list {header.list} {header.version}: the change is of version {change.base}, and {base} is here"
        raise ListError(msg)
    after = {mask: set(cut(data)) for mask, data in before.items()}
    at = 0
    for mask, gone, come in change.parts:
        entries = after.setdefault(mask, set())
        entries.difference_update(cut(content[at : at + gone * DIGEST_BYTES]))
        at += gone * DIGEST_BYTES
        entries.update(cut(content[at : at + come * DIGEST_BYTES]))
        at += come * DIGEST_BYTES
    return whole_body({mask: tuple(sorted(entries)) for mask, entries in after.items() if entries})


def cut(data: bytes) -> list[bytes]:
    """Single digests of many."""
    return [data[at : at + DIGEST_BYTES] for at in range(0, len(data), DIGEST_BYTES)]
