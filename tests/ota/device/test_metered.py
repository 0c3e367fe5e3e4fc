"""Bytes that are fetched are counted for the SIM, with what carries them."""

from __future__ import annotations

import pytest

from ota.device.errors import StatusError
from ota.device.metered import REQUEST_BYTES, Metered
from simulator.updates.transport import MemoryTransport


def test_what_comes_is_counted_as_it_comes_and_a_refusal_too() -> None:
    spent: list[int] = []
    transport = Metered(MemoryTransport({"first": {"a": b"x" * 100_000}}), spent.append)
    url = "memory://first/a"
    body = transport.open(url, 10.0)
    assert spent == [REQUEST_BYTES]
    came = sum(len(block) for block in body.blocks)
    body.close()
    assert sum(spent) == pytest.approx(REQUEST_BYTES + came * 1.04, rel=0.01)
    with pytest.raises(StatusError):
        transport.open("memory://first/b", 10.0)
    assert spent[-1] == REQUEST_BYTES
