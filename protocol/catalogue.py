"""What travels: every message of the wire, its type, its way and an example.

Rules: the schemas, the AsyncAPI document and the page are made from this list and from nothing else; a message that is not
here is not of the contract. Its tests hold it against the channels, the event types and the structs of this package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from protocol import examples
from protocol.acks import Ack
from protocol.codec import encode_body, encode_event
from protocol.commands import EXPIRY_S, Command, Reply
from protocol.enrolment import ENROL_PATH, EnrolRequest, EnrolResponse
from protocol.events import BODY, Event, EventType
from protocol.keys import KeyBundle
from protocol.limits import EVENT_BYTES, PACKET_BYTES
from protocol.lists import Change, ListHeader, Seal
from protocol.manifest import Manifest
from protocol.orders import Orders
from protocol.release import Custom
from protocol.state import State, Telemetry
from protocol.topics import Channel
from protocol.twin import Desired, Reported


@dataclass(frozen=True)
class Entry:
    """One message of the wire.

    Attributes:
        name: of its schema's file, unique.
        title: for people.
        type: what its payload decodes to.
        example: a valid payload; for an event the whole event.
        channel: its MQTT channel; ``None`` when it travels otherwise.
        event: its event type, on the channel of events.
        otherwise: how it travels when not over MQTT.
    """

    name: str
    title: str
    type: Any
    example: msgspec.Struct | Event
    channel: Channel | None = None
    event: EventType | None = None
    otherwise: str = ""

    @property
    def payload(self) -> bytes:
        """The example as the codec writes it."""
        return encode_event(self.example).payload if isinstance(self.example, Event) else encode_body(self.example)


def cap(channel: Channel) -> int:
    """Most bytes of one message of a channel: payload and user properties of an event, the packet of anything else."""
    return EVENT_BYTES if channel is Channel.EVENT else PACKET_BYTES


def expiry_s(channel: Channel) -> int | None:
    """MQTT message expiry, seconds; ``None`` when a message of the channel never goes stale."""
    return EXPIRY_S if channel is Channel.COMMAND else None


CATALOGUE: tuple[Entry, ...] = (
    *(Entry(f"event.{e.value}", f"Event {e.value}", BODY[e], examples.EVENTS[e], Channel.EVENT, e) for e in EventType),
    Entry("ack", "Acknowledgement", Ack, examples.ACK, Channel.ACK),
    Entry("state", "State", State, examples.STATE, Channel.STATE),
    Entry("telemetry", "Telemetry", Telemetry, examples.TELEMETRY, Channel.TELEMETRY),
    Entry("twin-desired", "Desired twin", Desired, examples.DESIRED, Channel.TWIN_DESIRED),
    Entry("twin-reported", "Reported twin", Reported, examples.REPORTED, Channel.TWIN_REPORTED),
    Entry("command", "Command", Command, examples.COMMAND, Channel.COMMAND),
    Entry("reply", "Reply", Reply, examples.REPLY, Channel.REPLY),
    Entry(
        "enrol-request",
        "Enrolment request",
        EnrolRequest,
        examples.ENROL_REQUEST,
        otherwise=f"HTTPS, `POST {ENROL_PATH}`, body of the request",
    ),
    Entry(
        "enrol-response",
        "Enrolment response",
        EnrolResponse,
        examples.ENROL_RESPONSE,
        otherwise=f"HTTPS, `POST {ENROL_PATH}`, body of the answer",
    ),
    Entry("orders", "What is ordered", Orders, examples.ORDERS, otherwise="text within the desired twin, signed"),
    Entry(
        "list-header",
        "Header of a hit list",
        ListHeader,
        examples.LIST_HEADER,
        otherwise="first line of a list's file, HTTPS, `GET /lists/<SHA-256>`",
    ),
    Entry("list-seal", "Signature of a hit list", Seal, examples.LIST_SEAL, otherwise="second line of a list's file"),
    Entry(
        "list-change",
        "Change of a hit list",
        Change,
        examples.LIST_CHANGE,
        otherwise="third line of a file that leads from one version of a list to the next",
    ),
    Entry("keys", "Keys of plates", KeyBundle, examples.KEY_BUNDLE, otherwise="sealed within the command `keys`"),
    Entry("target", "Target of the repository", Custom, examples.TARGET, otherwise="`custom` of a target in signed metadata"),
    Entry("manifest", "Manifest of a bundle", Manifest, examples.MANIFEST, otherwise="file `manifest.json` of a bundle"),
)
