"""How a message lies on disk: packed, deflated, sealed with a checksum.

Rules:

- Events say the same words again and again: deflated against a dictionary of them a statistic takes 200 bytes instead of 800,
  and a card lives longer for it.
- A dictionary never changes: what lies on the disk of a box was written with it. A better one gets the next number.
- A row that is not what was written is found by its checksum, which also covers the other columns.
"""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from protocol.codec import Message
from protocol.limits import PACKET_BYTES

CRC_BYTES = 4
_LEVEL = 6
_RAW = -15
"""A deflated stream without head and tail (zlib's manual, deflateInit2): the checksum is here already."""

DICTIONARIES = {
    1: (
        b"lamplighter/v1//event/device.health,outbox.evicted,behaviour.alert,object.abandoned,gunshot.detected,anpr.read,anpr.hit"
        b'crowd.density{"status":"online","degraded","raised":[{"code":"cleared":[{"code":"subject":"source accelerator ",'
        b'"detail":""}]}"reason":"full","power-cut","ranges":[[1,"by_type":{"crowd.count":"boot":"'
        b'T00:00:00Z","clock":{"source":"free","synchronised":false,"gnss","synchronised":true,"sigma_ms":0.'
        b'"observed":{"zone":"","people":{"value":0.0,"low":0.0,"high":1.0},"peak":10.0,"enter_at":8.0,"leave_at":6.0,'
        b'"duration_s":0.0},"sensor":{"id":"","incident":"019","phase":"update","phase":"end","phase":"new",'
        b'"assessed":{"what":"crowding","probability":0.9,"cues":[{"name":"people-in-zone","value":0.0,"unit":"people"},'
        b'{"name":"threshold","value":0.0,"unit":"people"},{"name":"duration","value":0.0,"unit":"s"},'
        b'{"name":"peak","value":0.0,"unit":"people"}]}}crowd.alert'
        b'"observed":{"line":"","forward":{"value":0.0,"low":0.0,"high":0.82},"backward":{"value":0.0,"low":0.0,"high":0.82},'
        b'"window_s":10.0,"pictures":100,"missed":crowd.flow'
        b'{"captured_at":"202-01-01T00:00:00.000000Z","clock":{"source":"ntp","synchronised":true,"offset_ms":-0.0,'
        b'"sigma_ms":0.0},"observed":{"zone":"","people":{"value":0.0,"low":0.0,"high":1.21},"window_s":30.0,"pictures":30'
        b',"minimum":0,"maximum":1,"missed":1},"sensor":{"id":"","reference":"","frame":0},"where":{"lat":0.0,"lon":0.0,'
        b'"alt":0.0,"heading":0.0,"accuracy":0.0},"model":{"name":"person-vehicle-fast","version":"1.0.0","digest":"0",'
        b'"operating_point":"default"}}\x98\x92\xabspecversion\xa31.0\x92\xa2id\xd9$019\x92\xa6source\xaf/'
        b"\x92\xa4type\xabcrowd.count\x92\xa4time\xd9 2026-01-01T00:00:00.000000+00:00\x92\xa4boot\xac\x92\xa3seq\xa1"
        b"\x92\xa6schema\xa31.0"
    ),
}
"""Words that events say, the most frequent last, by number."""

_NEWEST = max(DICTIONARIES)


class _Packed(msgspec.Struct, array_like=True):
    topic: str
    payload: bytes
    properties: tuple[tuple[str, str], ...]


_packer = msgspec.msgpack.Encoder()
_unpacker = msgspec.msgpack.Decoder(_Packed)


def pack(message: Message) -> bytes:
    """A message as it lies on disk, without its seal."""
    packed = _packer.encode(_Packed(message.topic, message.payload, message.properties))
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=DICTIONARIES[_NEWEST])
    return bytes([_NEWEST]) + stream.compress(packed) + stream.flush()


def unpack(packed: memoryview) -> Message:
    """Take it apart.

    Raises:
        ValueError: it is not a message.
    """
    dictionary = DICTIONARIES.get(packed[0]) if packed else None
    if dictionary is None:
        msg = "written by another version of the agent"
        raise ValueError(msg)
    try:
        stream = zlib.decompressobj(_RAW, dictionary)
        found = _unpacker.decode(stream.decompress(packed[1:], 2 * PACKET_BYTES))
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(str(error)) from error
    return Message(found.topic, found.payload, found.properties)


def seal(packed: bytes, *row: object) -> bytes:
    """Content with a checksum over it and over the other columns of its row."""
    return _crc(packed, row) + packed


def unseal(blob: Any, *row: object) -> memoryview:
    """The content.

    Raises:
        TypeError: it is no bytes.
        ValueError: the checksum does not fit.
    """
    packed = memoryview(blob)[CRC_BYTES:]
    if blob[:CRC_BYTES] != _crc(packed, row):
        msg = "the checksum does not fit"
        raise ValueError(msg)
    return packed


def _crc(packed: bytes | memoryview, row: tuple[object, ...]) -> bytes:
    return zlib.crc32(repr(row).encode(), zlib.crc32(packed)).to_bytes(CRC_BYTES, "big")
