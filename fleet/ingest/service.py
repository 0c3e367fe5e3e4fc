"""The process between broker and store.

Rules: messages are grouped for a moment into one transaction; acknowledgements go out after the commit, gathered for
:data:`ACK_S` so that a burst costs a metered link one packet; when the queue is full ingest stops reading rather than lose;
when the store cannot be written the batch waits and is tried again; after each birth the retained twin and the acknowledgements
are published again, since a broker may have forgotten them (a new connection brings the births, which are retained).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Engine

from fleet.ingest.link import BrokerAddress, Link
from fleet.ingest.outgoing import TWIN, Outgoing, Waiting
from fleet.ingest.quarantine import Quarantine
from fleet.ingest.report import Report, write_report
from fleet.ingest.sink import Sink
from fleet.ingest.standing import Standing
from fleet.store.database import STORE_FAULTS
from protocol.acks import Ack
from protocol.codec import Message, encode_body
from protocol.commands import EXPIRY_S
from protocol.topics import RULES, Channel, Topic, manager_subscriptions

BATCH_S = 0.01
"""Messages are gathered this long: a commit costs about as much for one as for a hundred."""
BATCH_MESSAGES = 500
ACK_S = 0.15
"""Acknowledgements of one boot are gathered this long."""
HIGH_MESSAGES = 4000
LOW_MESSAGES = 1000
"""Above the first nothing is read, until below the second."""
OUTGOING_S = 0.1
REPORT_S = 2.0
RETRY_S = 0.5
"""A store that cannot be written is tried again after this."""

_T = TypeVar("_T")
_LEVELS_TO_CHANNEL = 4
_log = logging.getLogger("lamplighter.ingest")


class Ingest:
    """Runs until cancelled; may be killed at any line.

    Args:
        fleet: name of the fleet.
        broker: where the broker is.
        engine: the store.
        evaluation: whether evaluation-only fields are accepted.
        after_commit: called with the number of batches committed so far, between the commit and the acknowledgement; tests
            and benches kill the process there.
    """

    def __init__(
        self,
        fleet: str,
        broker: BrokerAddress,
        engine: Engine,
        *,
        evaluation: bool,
        after_commit: Callable[[int], None] = lambda _n: None,
    ) -> None:
        self._fleet, self._engine, self._after_commit = fleet, engine, after_commit
        quarantine = Quarantine()
        self._sink = Sink(engine, evaluation=evaluation, quarantine=quarantine)
        self._standing = Standing(engine, quarantine)
        self._outgoing = Outgoing(engine)
        self._link = Link(broker, manager_subscriptions(fleet), self._on_message)
        self._events: list[Message] = []
        self._others: list[tuple[Message, bytes | None]] = []
        self._arrived = asyncio.Event()
        self._acks: dict[tuple[str, str], Ack] = {}
        self._born: set[str] = set()
        self._batches = 0
        self._store_fault = ""
        self.stored = 0
        self.doubled = 0
        self.quarantined = 0

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for work in (
                self._link.run(),
                self._store_loop(),
                self._ack_loop(),
                self._outgoing_loop(),
                self._report_loop(),
            ):
                tasks.create_task(work)

    def _on_message(self, topic: str, payload: bytes, properties: dict[str, Any]) -> None:
        pairs = tuple((str(name), str(value)) for name, value in properties.get("user_property", ()))
        message = Message(topic, payload, pairs)
        levels = topic.split("/", _LEVELS_TO_CHANNEL + 1)
        if len(levels) > _LEVELS_TO_CHANNEL and levels[_LEVELS_TO_CHANNEL] == Channel.EVENT.value:
            self._events.append(message)
        else:
            correlation = properties.get("correlation_data", [None])[0]
            self._others.append((message, correlation))
        self._arrived.set()
        if len(self._events) + len(self._others) > HIGH_MESSAGES:
            self._link.pause()

    async def _store_loop(self) -> None:
        while True:
            await self._arrived.wait()
            if len(self._events) < BATCH_MESSAGES:
                await asyncio.sleep(BATCH_S)
            self._arrived.clear()
            # Births first: a new box is known by its certificate, not by its birth, but its twin should not wait for a backlog.
            others, self._others = self._others, []
            events, self._events = self._events[:BATCH_MESSAGES], self._events[BATCH_MESSAGES:]
            if self._events:
                self._arrived.set()
            if others:
                await self._keep_standing(others)
            if events:
                await self._keep_events(events)
            if len(self._events) + len(self._others) < LOW_MESSAGES:
                self._link.resume()

    async def _keep_events(self, events: list[Message]) -> None:
        result = await self._insist(lambda: self._sink.store(events))
        self._batches += 1
        self._after_commit(self._batches)
        self._acks.update(result.acks)
        self.stored += result.stored
        self.doubled += result.doubled
        self.quarantined += result.quarantined

    async def _keep_standing(self, others: list[tuple[Message, bytes | None]]) -> None:
        taken = await self._insist(lambda: self._standing.take(others))
        self.quarantined += taken.quarantined
        for name in taken.conflicts:
            _log.error("two boxes use the identity %s: withdraw its certificate and enrol both anew", name)
        for name in taken.born:
            for ack in await self._insist(lambda name=name: self._sink.acks(name)):  # type: ignore[misc]
                self._acks.setdefault((name, ack.boot), ack)
            self._born.add(name)

    async def _insist(self, work: Callable[[], _T]) -> _T:
        while True:
            try:
                result = await asyncio.to_thread(work)
            except STORE_FAULTS as error:
                fault = f"the store cannot be written: {error.orig}"
                if fault != self._store_fault:
                    _log.error("%s; nothing is lost, it is tried again", fault)
                self._store_fault = fault
                await asyncio.sleep(RETRY_S)
            else:
                self._store_fault = ""
                return result

    async def _ack_loop(self) -> None:
        while True:
            await asyncio.sleep(ACK_S)
            for key, ack in list(self._acks.items()):
                if not self._publish(key[0], Channel.ACK, encode_body(ack)):
                    break
                if self._acks[key] is ack:
                    del self._acks[key]

    async def _outgoing_loop(self) -> None:
        while True:
            await asyncio.sleep(OUTGOING_S)
            if not self._link.connected:
                continue
            sent = [item.row for item in await self._insist(self._outgoing.waiting) if self._send(item)]
            if sent:
                await self._insist(lambda sent=sent: self._outgoing.mark_sent(sent))  # type: ignore[misc]
            # Twins leave from here only, each read after the ones before it left: an older one never follows a newer one.
            for name in list(self._born):
                desired = await self._insist(lambda name=name: self._outgoing.desired(name))  # type: ignore[misc]
                if desired is not None and not self._publish(name, Channel.TWIN_DESIRED, desired):
                    break
                self._born.discard(name)

    async def _report_loop(self) -> None:
        while True:
            await self._insist(lambda: write_report(self._engine, self.report()))
            await asyncio.sleep(REPORT_S)

    def report(self) -> Report:
        """How it goes."""
        return Report(
            at=time.time_ns() // 1_000_000,
            connected=self._link.connected,
            fault=self._link.fault or self._store_fault,
            backlog=len(self._events) + len(self._others),
            stored=self.stored,
            doubled=self.doubled,
            quarantined=self.quarantined,
        )

    def _send(self, item: Waiting) -> bool:
        if item.command == TWIN:
            return self._publish(item.device, Channel.TWIN_DESIRED, item.payload)
        return self._link.publish(
            str(Topic(self._fleet, item.device, Channel.COMMAND, item.command)),
            item.payload,
            qos=RULES[Channel.COMMAND].qos,
            response_topic=str(Topic(self._fleet, item.device, Channel.REPLY)),
            correlation_data=item.correlation.encode("ascii"),
            message_expiry_interval=EXPIRY_S,
        )

    def _publish(self, name: str, channel: Channel, payload: bytes) -> bool:
        rule = RULES[channel]
        return self._link.publish(str(Topic(self._fleet, name, channel)), payload, qos=rule.qos, retain=rule.retain)
