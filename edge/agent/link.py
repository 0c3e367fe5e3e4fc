"""The agent's line to its manager: first contact, the uplink, and what comes in over it.

Rules: what comes in on other threads waits until the agent's loop asks for it; a box without a line is a box that counts.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from edge.agent.commands import Commands
from edge.agent.contact import Contact
from edge.boxfile import BoxFile
from edge.clock import Clock
from edge.identity.files import Identity
from edge.outbox.outbox import Outbox
from edge.uplink.config import UplinkConfig
from edge.uplink.uplink import Uplink
from protocol.config import Refusal
from protocol.events import Reason
from protocol.keys import SealedKeys
from protocol.state import LinkTelemetry, State, Telemetry
from protocol.twin import Desired, Reported


class Party(Protocol):
    """Who is at this end of the line. What it is told, it is told by its own loop; what it is asked, by any thread."""

    @property
    def version(self) -> str:
        """Of the agent."""

    def desired(self, desired: Desired) -> None:
        """The manager wants this."""

    def refused(self, version: int, refusal: Refusal) -> None:
        """The manager wanted something that cannot be read."""

    def restart(self, source: str) -> None:
        """Open a source anew."""

    def take_keys(self, sealed: SealedKeys) -> str:
        """Take keys of plates, or raise KeysError."""

    def identity_changed(self, reason: Reason | None) -> None:
        """What stands against the identity; nothing when it is whole."""

    def uptime_s(self) -> float:
        """Seconds since its start."""

    def sources(self) -> list[str]:
        """Names of those that are configured."""

    def birth(self) -> State:
        """How it is."""

    def telemetry(self) -> Telemetry:
        """Last values."""

    def reported(self) -> Reported:
        """What runs."""


class Link:
    """Keeps it.

    Args:
        file: who the box is and where its manager is.
        folder: of the identity.
        outbox: what is to be sent.
        clock: time.
        party: who is at this end.
        wake: makes the agent's loop look.
    """

    def __init__(  # noqa: PLR0913 - what a line needs, and who is at its end
        self, file: BoxFile, folder: Path, outbox: Outbox, clock: Clock, party: Party, wake: Callable[[], None]
    ) -> None:
        self._outbox, self._clock, self._party, self._wake = outbox, clock, party, wake
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._contact = Contact(file, folder, self._heard_of_identity, self._enrolled)
        self._uplink: Uplink | None = None

    def connect(self) -> None:
        """Connect, or enrol first, in the background."""
        self._start(self._contact.config())

    def work(self) -> None:
        """Tell the party what has come in."""
        while not self._inbox.empty():
            self._inbox.get()()

    @property
    def broker(self) -> str | None:
        """Where it goes; nowhere before a box is enrolled."""
        return None if self._uplink is None else self._uplink.broker

    @property
    def idle(self) -> bool:
        """Whether nothing is under way that a box which ends should wait for."""
        if self._uplink is None:
            return not self._contact.enrolling and self._inbox.empty()
        return not self._outbox.status().pending

    def status(self) -> LinkTelemetry:
        """How the line is."""
        return self._uplink.status() if self._uplink else LinkTelemetry(last_error="not enrolled")

    def faults(self) -> tuple[Reason, ...]:
        """What stands against it."""
        return self._uplink.faults() if self._uplink else ()

    def notify(self) -> None:
        """There is something new in the outbox."""
        if self._uplink is not None:
            self._uplink.notify()

    def tell_state(self) -> None:
        """Say how the box is."""
        if self._uplink is not None:
            self._uplink.publish_state()

    def tell_reported(self) -> None:
        """Say what runs."""
        if self._uplink is not None:
            self._uplink.publish_reported(self._party.reported())

    def tell_telemetry(self) -> None:
        """Say the last values."""
        if self._uplink is not None:
            self._uplink.publish_telemetry(self._party.telemetry())

    def give_up(self) -> None:
        """Stop enrolling; any thread."""
        self._contact.stop()

    def stop(self) -> None:
        """Say farewell."""
        if self._uplink is not None:
            self._uplink.stop()

    def post(self, work: Callable[[], None]) -> None:
        """Have the agent's loop do something; any thread."""
        self._inbox.put(work)
        self._wake()

    def _start(self, config: UplinkConfig | None) -> None:
        if config is None:
            return
        party = self._party
        commands = Commands(
            party.version,
            party.uptime_s,
            self._report,
            party.sources,
            lambda source: self.post(lambda: party.restart(source)),
            party.take_keys,
        )
        self._uplink = Uplink(
            config,
            self._outbox,
            party.birth,
            lambda desired: self.post(lambda: party.desired(desired)),
            commands.answer,
            self._clock,
            lambda version, refusal: self.post(lambda: party.refused(version, refusal)),
        )
        self.tell_reported()
        self._uplink.start()

    # on other threads

    def _heard_of_identity(self, reason: Reason | None) -> None:
        self.post(lambda: self._party.identity_changed(reason))

    def _enrolled(self, identity: Identity) -> None:
        self.post(lambda: self._start(self._contact.config_of(identity)))

    def _report(self) -> bool:
        """Send telemetry and what runs, if there is a line."""
        self.tell_telemetry()
        self.tell_reported()
        return self._uplink is not None
