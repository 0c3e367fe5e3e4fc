"""Ingest's own order, without a broker: what leaves last is what stands, and a store at fault is waited for."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from fleet.ingest import service
from fleet.ingest.link import BrokerAddress
from fleet.ingest.outgoing import TWIN, Outgoing, ask
from fleet.ingest.service import Ingest
from fleet.store.database import writing
from fleet.store.tables import device
from protocol.codec import Message, encode_body
from protocol.config import Config
from protocol.state import State, Status
from protocol.twin import Desired
from tests.fleet.events import BOOT, FLEET, NOW, known, message


class _Broker:
    """Takes everything."""

    connected = True

    def __init__(self) -> None:
        self.twins: list[int] = []
        self.two = asyncio.Event()

    def publish(self, topic: str, payload: bytes, **_: Any) -> bool:
        if topic.endswith("/twin/desired"):
            self.twins.append(msgspec.json.decode(payload, type=Desired).version)
            if len(self.twins) == 2:
                self.two.set()
        return True


@pytest.fixture
def ingest(either: Engine) -> Ingest:
    """Ingest with one known box, connected to nothing."""
    known(either, "box-1")
    return Ingest(FLEET, BrokerAddress("127.0.0.1", 1), either, evaluation=False)


def _want(engine: Engine, version: int) -> None:
    payload = encode_body(Desired(version, Config()))
    with writing(engine) as connection:
        connection.execute(device.update().values(desired=payload))
        ask(connection, "box-1", TWIN, payload)


async def test_an_older_twin_never_follows_a_newer_one(either: Engine, ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twins are retained: the last one that leaves is what a box finds when it comes back."""
    monkeypatch.setattr(service, "OUTGOING_S", 0.01)
    broker = _Broker()
    ingest._link = broker  # type: ignore[assignment]
    _want(either, 1)
    outgoing = Outgoing(either)
    outgoing.mark_sent([item.row for item in outgoing.waiting()])
    birth = Message(f"lamplighter/v1/{FLEET}/box-1/state", encode_body(State(Status.ONLINE, BOOT, NOW)), retain=True)
    await ingest._keep_standing([(birth, None)])
    _want(either, 2)
    loops = [asyncio.create_task(loop) for loop in (ingest._outgoing_loop(), ingest._ack_loop())]
    await asyncio.wait_for(broker.two.wait(), 30)
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    assert broker.twins == [2, 2]


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError, InternalError])
async def test_a_store_at_fault_is_tried_again(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, fault: type[DBAPIError]
) -> None:
    """Locked, gone, read-only after a failover: ingest says so and waits; it does not die, nor set good messages aside."""
    monkeypatch.setattr(service, "RETRY_S", 0.0)
    real, faults, said = ingest._sink._transaction, [0], list[str]()

    def failing(*arguments: Any) -> Any:
        faults[0] += 1
        if faults[0] < 4:
            said.append(ingest.report().fault)
            statement = "INSERT"
            raise fault(statement, {}, Exception("cannot execute INSERT in a read-only transaction"))
        return real(*arguments)

    monkeypatch.setattr(ingest._sink, "_transaction", failing)
    monkeypatch.setattr(ingest._link, "fault", "")
    await ingest._keep_events([message(1), message(2)])
    assert (ingest.stored, ingest.quarantined) == (2, 0)
    assert said[0] == ""
    assert said[1].startswith("the store cannot be written: cannot execute INSERT")
    assert ingest.report().fault == ""
