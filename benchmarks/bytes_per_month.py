"""What one box costs on a metered link, and what its video would have cost.

What is counted: everything of a real agent's connection to a real manager at the IP level, both ways, as the kernel counts it
(:mod:`edge.uplink.wire_bytes`): TLS, MQTT, keepalive, telemetry, counts, flows, acknowledgements, and the headers of every
segment. The policy is the default one. A month has 30.44 days and, each day, one connection that begins anew with handshake,
birth and twin. No alarm rings: the clip, again and again, would ring every minute and a half. One that lasts a minute costs
five events, about 7 kB.

The video is the clip's own H.264 stream, the bytes of its packets without their container, sent as fast as it was filmed.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import av

from benchmarks.camera_box import camera_box
from benchmarks.figure import Figure, Options, Sense
from benchmarks.real_box import CLIP, RealBox
from protocol.config import Report
from simulator.cameras import SCENE_FPS

DESCRIPTION = "Megabytes a month of one box at the IP level under the default policy, against its video"

TARGET_MB = 150.0
LENGTH_S = 900.0
_QUICK_S = 130.0
_BLOCK_S = Report().telemetry_interval_s
"""Every block holds one telemetry message, a window of counts and flows, and a keepalive at most."""

_DAYS = 30.44
_DAY_S = 86_400.0
_SETTLE_S = 5.0


def run(options: Options) -> Iterator[Figure]:
    """Count for a while."""
    length_s = options.seconds or (_QUICK_S if options.quick else LENGTH_S)
    with camera_box(options, alarm=False) as box:
        time.sleep(_SETTLE_S)
        handshake = _sent(box)
        blocks = _blocks(box, length_s, options)
    rates = [sent / seconds for seconds, sent in blocks]
    mean = sum(sent for _, sent in blocks) / sum(seconds for seconds, _ in blocks)
    half = 1.96 * statistics.stdev(rates) / math.sqrt(len(rates)) if len(rates) > 1 else 0.0
    video = video_bytes(CLIP)
    against = f"TLS over IPv4, both ways, no alarms, {length_s:.0f} s at the camera's pace, "
    against += f"one connection a day of {handshake:,} bytes"

    def month(rate: float) -> float:
        return _DAYS * (rate * _DAY_S + handshake) / 1e6

    yield Figure(
        name="mb_per_month",
        value=month(mean),
        unit="MB",
        n=len(blocks),
        low=month(mean - half),
        high=month(mean + half),
        target=TARGET_MB,
        against=against + (", short form" if options.quick else ""),
    )
    yield Figure(
        name="video_ratio",
        value=_DAYS * _DAY_S * video / 1e6 / month(mean),
        unit="1",
        n=len(blocks),
        low=_DAYS * _DAY_S * video / 1e6 / month(mean + half),
        high=_DAYS * _DAY_S * video / 1e6 / month(mean - half),
        sense=Sense.AT_LEAST,
        against=f"the clip's H.264, {video * 8 / 1000:.0f} kbit/s, through the month",
    )


def video_bytes(clip: Path) -> float:
    """Bytes a second of a clip's video stream as fast as it was filmed, container and headers left out."""
    with av.open(str(clip)) as container:
        sizes = [packet.size for packet in container.demux(video=0) if packet.size]
    return sum(sizes) * SCENE_FPS / len(sizes)


def _blocks(box: RealBox, length_s: float, options: Options) -> list[tuple[float, int]]:
    """Seconds and bytes of each block."""
    blocks = []
    began_s = at_s = time.monotonic()
    before = _sent(box)
    while at_s - began_s < length_s - _BLOCK_S / 2:
        options.progress(f"{at_s - began_s:.0f} of {length_s:.0f} s: {before:,} bytes")
        time.sleep(_BLOCK_S)
        box.check_alive()
        now_s, now = time.monotonic(), _sent(box)
        blocks.append((now_s - at_s, now - before))
        at_s, before = now_s, now
    return blocks


def _sent(box: RealBox) -> int:
    status = box.status()
    if status is None or not status.telemetry.link.connected or status.telemetry.link.connections != 1:
        msg = "the agent lost its link meanwhile"
        raise RuntimeError(msg)
    link = status.telemetry.link
    return link.bytes_out + link.bytes_in
