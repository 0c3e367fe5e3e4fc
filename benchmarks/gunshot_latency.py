"""From a shot's sound to the message on the wire, and from the last box that hears it to the incident in the store.

What is measured first: a real agent plays a recording as its microphone, in real time, and a client of the real broker notes
when each event of phase ``new`` is there. In between: the windows that the network needs behind an onset, the network, picking,
guard, outbox (an alert is on disk before it is sent), uplink, TLS, broker. When a blast was played is known from the recording:
its place in it, from the moment at which it began, which all events together tell to a fraction of a millisecond. All on one
machine, so on one clock; a radio link comes on top. What is measured second is said in :mod:`benchmarks.gunshot_fused`.

Shots that the network does not take for shots make no event; how many is told here, and measured by
:mod:`benchmarks.gunshot_detect`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import numpy as np
import numpy.typing as npt

from benchmarks import gunshot_fused
from benchmarks.auditor import Auditor
from benchmarks.event_latency import block_bootstrap
from benchmarks.figure import Figure, Options, Skipped
from benchmarks.gunshot_recording import Recording, shots
from benchmarks.plates_site import let_read
from benchmarks.real_box import RealBox
from benchmarks.real_manager import FLEET, RealManager, real_manager
from benchmarks.uplink_site import broker_kind
from fleet.manager import BrokerKind
from models.bundle.bundle import zoo
from protocol.config import Config, Microphone
from protocol.events import EventType, Phase, Where
from simulator.enrolment import make_codes

DESCRIPTION = "From a shot's sound to its event on the wire, and from the last box that hears it to the incident in the store"

TARGET_MS = 700.0
SHOTS, SHOTS_QUICK = 60, 4
EVERY_S = (2.9, 3.9)
"""More than the 1.5 s in which shots belong to one incident, with the time that a burst may take."""
SAME_S = 0.02
"""Within which an event is of a blast."""
MODEL = "gunshot"
_BOX, _EAR = "roof-north", "street"
_BEFORE_S, _BLOCK_S, _LIMIT_S, _LOOK_S = 4.0, 10.0, 120.0, 0.1
_FILE = '[box]\nfleet = "{fleet}"\ndevice = "{device}"\nstate = "state"\n[manager]\nurl = "{url}"\ncode = "{code}"\n'


class _Shot(msgspec.Struct):
    captured_at: dt.datetime
    phase: Phase


def run(options: Options) -> Iterator[Figure]:
    """Have shots heard, and have them joined.

    Raises:
        Skipped: the bundle is not there.
    """
    if not (zoo() / MODEL).is_dir():
        msg = f"{zoo() / MODEL}: not there; `lamplighter models build {MODEL}`"
        raise Skipped(msg)
    random = np.random.default_rng(options.seed)
    options.progress("drawing shots")
    recording = shots(random, SHOTS_QUICK if options.quick else SHOTS, _BEFORE_S, EVERY_S)
    yield from figures(recording.onsets, *_heard(recording, options), quick=options.quick)
    yield from gunshot_fused.run(options)


def figures(onsets: npt.ArrayLike, captured_s: npt.ArrayLike, came_s: npt.ArrayLike, *, quick: bool) -> Iterator[Figure]:
    """Of shots that were heard.

    Args:
        onsets: of all, seconds of the recording.
        captured_s: when each event says that its shot was, seconds since 1970.
        came_s: when the event was there.
        quick: whether this is the short form.

    Raises:
        RuntimeError: no event is of a shot.
    """
    truth, captured, came = (np.array(each, np.float64) for each in (onsets, captured_s, came_s))
    pairs = matched(truth, captured)
    if not pairs:
        msg = f"none of {len(truth)} shots was told ({len(captured)} events)"
        raise RuntimeError(msg)
    which, events = (np.array(column) for column in zip(*pairs, strict=True))
    began = float(np.median(captured[events] - truth[which]))
    late_ms = (came[events] - began - truth[which]) * 1000
    off_ms = np.abs(captured[events] - began - truth[which]) * 1000
    against = (
        f"{len(pairs)} of {len(truth)} drawn shots and bursts, 20 to 40 dB over a street's noise, were told; from the blast to "
        f"a client of the broker, all on this machine; what the events say of their onset is "
        f"{np.quantile(off_ms, 0.95):.2f} ms off (95%)"
    )
    blocks = (truth[which] / _BLOCK_S).astype(np.int64)
    for name, share, target in (("onset_to_event_p50_ms", 0.5, None), ("onset_to_event_p95_ms", 0.95, TARGET_MS)):
        low, high = block_bootstrap(late_ms, blocks, share, np.random.default_rng(1))
        yield Figure(
            name=name,
            value=float(np.quantile(late_ms, share)),
            unit="ms",
            n=len(pairs),
            low=low,
            high=high,
            against=against + (", short form" if quick else ""),
            target=target,
        )


def matched(truth: npt.NDArray[np.float64], captured: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Which event is of which shot, when nobody knows when the recording began: as most of them agree.

    Args:
        truth: float64 (shots,), seconds of the recording, ascending.
        captured: float64 (events,), seconds of another clock.

    Returns:
        Pairs of shot and event, one for each shot at most.
    """
    best: list[tuple[int, int]] = []
    for began in (captured[:, None] - truth).reshape(-1):
        apart = np.abs(captured[:, None] - began - truth)
        nearest = apart.argmin(axis=0) if len(captured) else np.array([], np.int64)
        found = [(shot, int(event)) for shot, event in enumerate(nearest) if apart[event, shot] <= SAME_S]
        best = found if len(found) > len(best) else best
    return best


def _heard(recording: Recording, options: Options) -> tuple[list[float], list[float]]:
    """What the box says of a recording: when its onsets were, and when the broker had each event; seconds since 1970."""
    with tempfile.TemporaryDirectory(prefix="ear-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        path = recording.write(folder / "street.wav")
        options.progress("starting the manager")
        manager = stack.enter_context(real_manager(folder, broker_kind()))
        if broker_kind() is BrokerKind.MOSQUITTO:
            let_read(manager)
        auditor = stack.enter_context(contextlib.closing(Auditor(manager)))
        code = make_codes(manager.config.url, manager.token, {_BOX: ""})[_BOX]
        (folder / "box").mkdir()
        file = _FILE.format(fleet=FLEET, device=_BOX, url=manager.config.url, code=code)
        box = stack.enter_context(contextlib.closing(RealBox(folder / "box", file)))
        box.start()
        _until(box, lambda: (status := box.status()) is not None and status.telemetry.link.connected, _LIMIT_S)
        _listen(manager, path)
        _until(box, lambda: _state(box) == "running", _LIMIT_S)
        begun_s = time.monotonic()
        _until(box, lambda: _told(options, begun_s, recording) and _state(box) == "ended", _LIMIT_S + recording.seconds)
        time.sleep(1.0)
        return _events(auditor)


def _events(auditor: Auditor) -> tuple[list[float], list[float]]:
    captured, came = [], []
    for message, at_s in zip(list(auditor.heard), list(auditor.heard_s), strict=False):
        if message.topic.endswith(f"/event/{EventType.GUNSHOT_DETECTED.value}"):
            shot = msgspec.json.decode(message.payload, type=_Shot)
            if shot.phase is Phase.NEW:
                captured.append(shot.captured_at.timestamp())
                came.append(at_s)
    return captured, came


def _listen(manager: RealManager, path: Path) -> None:
    """Have the box listen to a recording."""
    microphone = Microphone(_EAR, str(path), model=MODEL, where=Where(52.5, 13.4))
    answer = httpx.put(
        f"{manager.config.url}/api/v1/devices/{_BOX}/twin",
        json=msgspec.to_builtins(Config(microphones=(microphone,))),
        headers=manager.headers,
        timeout=30,
        trust_env=False,
    )
    answer.raise_for_status()


def _state(box: RealBox) -> str:
    status = box.status()
    ear = None if status is None else status.telemetry.microphones.get(_EAR)
    return "" if ear is None else ear.state


def _told(options: Options, begun_s: float, recording: Recording) -> bool:
    options.progress(f"{time.monotonic() - begun_s:.0f} of {recording.seconds:.0f} s")
    return True


def _until(box: RealBox, condition: Callable[[], bool], limit_s: float) -> None:
    for _ in box.polls(_LOOK_S, limit_s):
        if condition():
            return
