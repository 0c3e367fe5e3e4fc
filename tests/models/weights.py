"""Weights of an ONNX file, found and spoilt where they stand. Protocol Buffers are read by hand: `onnx` is not installed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_GRAPH, _INITIALIZER = 7, 5  # ModelProto.graph, GraphProto.initializer
_DIMS, _TYPE, _NAME, _RAW = 1, 2, 8, 9  # of TensorProto
_BYTES_OF_TYPE = {1: 4, 3: 1, 2: 1, 10: 2}  # float, int8, uint8, float16


def spoil(model: bytes, part: str, seed: int = 1) -> bytes:
    """Shuffle the weights of every tensor whose name contains ``part``; everything else stays, and so does the size."""
    random = np.random.default_rng(seed)
    spoilt = bytearray(model)
    found = 0
    for name, _, kind, begin, end in _tensors(model):
        if part in name and kind in _BYTES_OF_TYPE and end - begin > 64:
            weights = np.frombuffer(model[begin:end], np.uint8).reshape(-1, _BYTES_OF_TYPE[kind])
            spoilt[begin:end] = random.permutation(weights).tobytes()
            found += 1
    assert found, f"no weights named {part}"
    assert len(spoilt) == len(model)
    return bytes(spoilt)


def names(model: bytes) -> list[str]:
    """All names of tensors, in the order of the file."""
    return [name for name, *_ in _tensors(model)]


def kernels(model: bytes) -> list[str]:
    """Names of the weights of convolutions: four dimensions, of which the first counts the outputs."""
    return [name for name, shape, *_ in _tensors(model) if len(shape) == 4 and shape[0] > 1]


def _tensors(model: bytes) -> Iterator[tuple[str, tuple[int, ...], int, int, int]]:
    """Name, shape, type, and where the data begin and end."""
    for number, begin, end in _fields(model, 0, len(model)):
        if number != _GRAPH:
            continue
        for inner, first, last in _fields(model, begin, end):
            if inner == _INITIALIZER:
                entries = list(_fields(model, first, last))
                fields = {n: (a, b) for n, a, b in entries}
                if _RAW in fields:
                    name = model[slice(*fields[_NAME])].decode()
                    shape = tuple(size for n, a, b in entries if n == _DIMS for size in _varints(model, a, b))
                    yield name, shape, _varint(model, fields[_TYPE][0])[0], *fields[_RAW]


def _varints(data: bytes, at: int, end: int) -> Iterator[int]:
    """One number, or several that are packed."""
    while at < end:
        value, at = _varint(data, at)
        yield value


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number of each field, and where its value begins and ends."""
    while at < end:
        key, at = _varint(data, at)
        match key & 7:
            case 0:
                after = _varint(data, at)[1]
            case 1:
                after = at + 8
            case 2:
                size, at = _varint(data, at)
                after = at + size
            case _:
                after = at + 4
        yield key >> 3, at, after
        at = after


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
