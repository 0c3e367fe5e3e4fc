"""From the last box that hears a shot to the incident that knows of all of them, in the manager's store.

What is measured: boxes in a square of streets publish what they heard, each when its sound and half a second of listening are
over, through the real broker; the manager's own processes take it in, join and locate it. The time runs from the publication of
the last of a shot's detections, with which nothing more is needed, until a reader of the store sees the manager's event of the
incident that has them all. When people are told first, by fewer boxes, is told beside it, from the last of those.

Boxes are clients of the broker with the certificates that they were given when they enrolled; who shoots where is drawn, sound
takes its time, and clocks are a millisecond off, as the boxes say.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, select

from benchmarks.event_latency import block_bootstrap
from benchmarks.figure import Figure, Options
from benchmarks.real_manager import FLEET, RealManager, real_manager
from benchmarks.uplink_site import broker_kind
from edge.uplink.config import TlsFiles
from edge.uplink.packets import attributes
from edge.uplink.tls import client_context
from fleet.fusion.made import SHOTS as INCIDENT
from fleet.store.database import open_engine
from fleet.store.tables import event
from protocol.basis import Estimate
from protocol.codec import encode_event
from protocol.events import Assessed, Clock, ClockSource, Event, EventBody, EventType, Phase, Sensor, Where
from protocol.gunshot import FireMode, GunshotDetected, Hearing
from protocol.identifiers import new_boot, uuid7
from simulator.loopback import HOST

TARGET_MS = 1500.0
BOXES = 6
SHOTS, SHOTS_QUICK = 40, 3
EVERY_S = 3.0
"""Between two shots, at least: longer than sound takes through the square."""
LISTENED_S = 0.55
"""From the onset at a box until it says so."""
CLOCK_S = 1e-3
_ORIGIN = (52.5, 13.4)
_SQUARE_M = 400.0
_METRES_A_DEGREE = 111_195.0
_SOUND = 340.0
_LIMIT_S, _REST_S, _LOOK_S, _BLOCK_S = 60.0, 4.0, 0.01, 10.0


class _Box(msgspec.Struct):
    event: str


class _Observed(msgspec.Struct):
    boxes: list[_Box]


class _Incident(msgspec.Struct):
    observed: _Observed


@dataclass(frozen=True)
class Shot:
    """When each detection of a shot was published, seconds since 1970, by the event's id."""

    published_s: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """An event of the manager's: when a reader saw it first, seconds since 1970, and which detections it has."""

    at_s: float
    events: frozenset[str]


def run(options: Options) -> Iterator[Figure]:
    """Have boxes hear shots, and watch the store.

    Raises:
        RuntimeError: no incident was stored.
    """
    wanted = SHOTS_QUICK if options.quick else SHOTS
    with tempfile.TemporaryDirectory(prefix="fused-") as name, contextlib.ExitStack() as stack:
        options.progress("starting the manager")
        manager = stack.enter_context(real_manager(Path(name), broker_kind()))
        names = [f"roof-{number}" for number in range(1, BOXES + 1)]
        random = np.random.default_rng(options.seed)
        boxes = [
            stack.enter_context(contextlib.closing(VirtualBox(manager, folder, box, random)))
            for box, folder in manager.enrol(names).items()
        ]
        reader = stack.enter_context(contextlib.closing(Reader(open_engine(manager.config.store_url))))
        shots = []
        for number in range(wanted):
            options.progress(f"shot {number + 1} of {wanted}")
            shots.append(fire(boxes, random))
            time.sleep(EVERY_S)
        time.sleep(_REST_S)
        seen = list(reader.seen)
    yield from figures(shots, seen, quick=options.quick)


def figures(shots: Sequence[Shot], seen: Sequence[Seen], *, quick: bool) -> Iterator[Figure]:
    """Of shots that were fired, and what was seen in the store, in its order.

    Raises:
        RuntimeError: no incident was stored.
    """
    began_s = min(at for shot in shots for at in shot.published_s.values())
    whole: list[tuple[float, float]] = []
    first: list[tuple[float, float]] = []
    for shot in shots:
        ids = frozenset(shot.published_s)
        fired_s = min(shot.published_s.values()) - began_s
        of = [one for one in seen if one.events & ids]
        if of:
            first.append((fired_s, of[0].at_s - max(shot.published_s[each] for each in of[0].events & ids)))
        joined = next((one for one in of if one.events >= ids), None)
        if joined is not None:
            whole.append((fired_s, joined.at_s - max(shot.published_s.values())))
    if not whole:
        msg = f"of {len(shots)} shots at {BOXES} boxes none became an incident of all of them ({len(seen)} events of incidents)"
        raise RuntimeError(msg)
    against = (
        f"{len(shots)} shots among {BOXES} boxes in a square of {_SQUARE_M:g} m; {len(first)} were told, {len(whole)} of them "
        f"with every box; all on this machine{', short form' if quick else ''}"
    )
    rows = (
        ("fused_p50_ms", whole, 0.5, None),
        ("fused_p95_ms", whole, 0.95, TARGET_MS),
        ("fused_first_p95_ms", first, 0.95, None),
    )
    for name, late, share, target in rows:
        at_s, late_s = (np.array(column) for column in zip(*late, strict=True))
        low, high = block_bootstrap(late_s * 1000, (at_s / _BLOCK_S).astype(np.int64), share, np.random.default_rng(1))
        value = 1000 * float(np.quantile(late_s, share))
        yield Figure(name=name, value=value, unit="ms", n=len(late), low=low, high=high, target=target, against=against)


def fire(boxes: Sequence[VirtualBox], random: np.random.Generator) -> Shot:
    """Shoot somewhere among boxes; each says so when it has heard it. Returns when all have."""
    place, shot = random.uniform(-_SQUARE_M / 2, _SQUARE_M / 2, 2), Shot()
    fired_s = time.time()
    heard = sorted((box.metres_from(place) / _SOUND, number) for number, box in enumerate(boxes))
    for after_s, number in heard:
        time.sleep(max(0.0, fired_s + after_s + LISTENED_S - time.time()))
        name, at_s = boxes[number].say(fired_s + after_s)
        shot.published_s[name] = at_s
    return shot


class VirtualBox:
    """What a box says that heard a shot. Use with :class:`contextlib.closing`.

    Args:
        manager: whose broker.
        folder: with its identity.
        name: of the box.
        random: draws where it hangs, and how wrong its clock is.

    Raises:
        RuntimeError: the broker does not let it in.
    """

    def __init__(self, manager: RealManager, folder: Path, name: str, random: np.random.Generator) -> None:
        self._name, self._boot, self._seq = name, new_boot(), 0
        self._random = random
        self._east, self._north = random.uniform(-_SQUARE_M / 2, _SQUARE_M / 2, 2).tolist()
        self._off_s = random.normal(0, CLOCK_S)
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
        files = TlsFiles(folder / "ca.crt", folder / "device.crt", folder / "device.key")
        self._client.tls_set_context(client_context(files))
        self._client.on_connect = lambda *_: self._ready.set()
        self._client.connect(HOST, manager.config.mqtt_port)
        self._client.loop_start()
        if not self._ready.wait(_LIMIT_S):
            msg = f"the broker does not let {name} in"
            raise RuntimeError(msg)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def metres_from(self, place: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        """Of the box from a place (east, north)."""
        return math.hypot(self._east - float(place[0]), self._north - float(place[1]))

    def say(self, onset_s: float) -> tuple[str, float]:
        """Publish a detection. Returns the event's id, and when it was handed to the client, seconds since 1970."""
        self._seq += 1
        now = dt.datetime.now(dt.timezone.utc)
        said = Event(
            FLEET, self._name, uuid7(int(now.timestamp() * 1000)), EventType.GUNSHOT_DETECTED, now, self._boot, self._seq,
            self._body(onset_s + self._off_s + self._random.normal(0, 1e-4)),
        )  # fmt: skip
        message = encode_event(said)
        at_s = time.time()
        self._client.publish(message.topic, message.payload, message.qos, properties=attributes(message))
        return said.id, at_s

    def _body(self, onset_s: float) -> EventBody[GunshotDetected]:
        lat, lon = _ORIGIN
        east = lon + self._east / (_METRES_A_DEGREE * math.cos(math.radians(lat)))
        return EventBody(
            captured_at=dt.datetime.fromtimestamp(onset_s, dt.timezone.utc),
            clock=Clock(ClockSource.GNSS, synchronised=True, sigma_ms=1000 * CLOCK_S),
            observed=GunshotDetected(
                shots=Estimate(1.0, 1.0, 1.0),
                onsets_ms=(0.0,),
                onset_sigma_ms=0.1,
                mode=FireMode.SINGLE,
                hearing=Hearing(level_db=-10.0, snr_db=40.0),
            ),
            sensor=Sensor("street"),
            where=Where(lat + self._north / _METRES_A_DEGREE, east, accuracy=2.0),
            incident=uuid7(int(onset_s * 1000)),
            phase=Phase.NEW,
            assessed=Assessed("gunshot", 0.97, ()),
        )


class Reader:
    """Reads the manager's own events from the store as they come, on a thread. Use with :class:`contextlib.closing`.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        self.seen: list[Seen] = []
        self._engine, self._ending = engine, threading.Event()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read no more."""
        self._ending.set()
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        last, asked = 0, select(event.c.row, event.c.body).where(event.c.type == INCIDENT).order_by(event.c.row)
        while not self._ending.wait(_LOOK_S):
            with self._engine.connect() as connection:
                rows = connection.execute(asked.where(event.c.row > last)).all()
            now_s = time.time()
            for row, body in rows:
                last = row
                boxes = msgspec.json.decode(body, type=_Incident).observed.boxes
                self.seen.append(Seen(now_s, frozenset(box.event for box in boxes)))
