"""A source's process whose decoder a camera has taken over: it names what is not there."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection

import msgspec
import numpy as np

from edge.capture.messages import Aim, Begun, DoorMade, Opened, RingMade, Shot, Skip, SourceOrder, Stills, ToSource
from edge.capture.port import Picture, StreamInfo
from edge.capture.ring import Ring, RingLayout, make_memory
from edge.capture.slots import SlotName
from edge.capture.worker import run_source
from edge.channel import Channel, ChannelError
from edge.clock import SystemClock
from edge.region import Region, Size

SIZE = Size(160, 120)


def run(connection: Connection, order: SourceOrder) -> None:
    """``rogue:slot`` names a slot, ``rogue:ring`` a ring, ``rogue:region`` a part of the picture, none of which is there.

    ``rogue:loose`` gives memory that it can take away, ``rogue:many`` more of it than it may, ``rogue:door`` such memory to
    who aims, ``rogue:half`` says half a message, ``rogue:deaf`` all it can without listening, and
    ``rogue:after`` a ring that is not there and all well after it; anything else is well.
    """
    scheme, _, what = order.address.uri.partition(":")
    if scheme != "rogue":
        run_source(connection, order)
        return
    channel: Channel[ToSource] = Channel(connection, ToSource)
    layout = RingLayout(f"{order.id}.{order.opening}", SIZE, order.slots * (100 if what == "many" else 1))
    slot, loose = SlotName(layout.ring, 0, 1), what in {"loose", "door"}
    fd = os.memfd_create("loose") if loose else make_memory(layout)
    if loose:
        os.ftruncate(fd, layout.total_bytes)
    grey = np.full((SIZE.height, SIZE.width), 90, np.uint8)
    Ring(layout, fd, writable=True).write(slot, Picture(grey, grey[::2, ::2], grey[::2, ::2], 0.0))
    channel.send(Begun())
    channel.send(Opened(StreamInfo(SIZE, 10.0, "raw", live=True)))
    size = Size(4000, 3000) if what == "ring" else SIZE
    if what != "door":
        channel.send(RingMade(RingLayout(layout.ring, size, layout.slots)), fd)
    named = SlotName(layout.ring, 99 if what == "slot" else 0, 1)
    region = Region(5000, 5000, 64, 64) if what == "region" else size.whole
    channel.send(Shot(1, SystemClock().now(), 0.0, size, Skip.STILL if what == "door" else named, (region,)))
    _go_on(what, connection, channel, Shot(2, SystemClock().now(), 0.0, SIZE, slot, (SIZE.whole,)))
    try:
        while True:
            if isinstance(channel.receive(), Aim) and what == "door":
                channel.send(DoorMade(layout), fd)
    except ChannelError:
        pass


def _go_on(what: str, connection: Connection, channel: Channel[ToSource], good: Shot) -> None:
    """What is wrong in how it is said."""
    if what == "after":
        bad = msgspec.structs.replace(good, slot=SlotName("none", 0, 1))
        channel.send(Stills((bad, msgspec.structs.replace(good, slot=Skip.STILL))))
    elif what == "half":
        os.write(connection.fileno(), b"\0\0\0\x64half")
    while what == "deaf":
        channel.send(good)
