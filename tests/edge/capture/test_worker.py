"""The process of one source, driven over its connection as the runtime does."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import time
from collections.abc import Iterator
from itertools import pairwise
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from edge.capture.faults import FaultCode
from edge.capture.messages import (
    Aim,
    AimEnd,
    Alive,
    Begun,
    Broken,
    DoorMade,
    Ended,
    Expect,
    FromSource,
    Opened,
    Release,
    RingMade,
    SetGate,
    Shot,
    Skip,
    SourceOrder,
    Stills,
    Stop,
    Troubled,
)
from edge.capture.port import Address
from edge.capture.ring import Ring
from edge.capture.slots import SlotName
from edge.channel import Channel, ChannelError
from edge.gate.expected import Expected
from edge.process import end, spawn
from edge.region import Region, Size
from protocol.config import Gate
from tests.edge.capture.clips import SQUARE, join, make_clip

OPEN = Gate(enabled=False)
FILE = "edge.capture.file:file_port"
PATIENCE_S = 15.0


class Driver:
    """The other end of a source."""

    def __init__(self, order: SourceOrder) -> None:
        self.process: ForkServerProcess
        self.process, connection = spawn("edge.capture.worker:run_source", f"source {order.id}", order)
        self.channel: Channel[FromSource] = Channel(connection, FromSource)
        self.rings: dict[str, Ring] = {}
        self._waiting: list[Shot] = []

    def next(self, timeout_s: float = PATIENCE_S) -> Any:
        assert self.channel.waiting(timeout_s), "the source says nothing"
        message = self.channel.receive()
        if isinstance(message, RingMade | DoorMade):
            fd = self.channel.receive_fd()
            self.rings[message.layout.ring] = Ring(message.layout, fd, writable=False)
            os.close(fd)
        return message

    def until(self, kind: type | tuple[type, ...]) -> Any:
        """The next message of a kind; shots on the way are released."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            message = self.next()
            if isinstance(message, kind):
                return message
            if isinstance(message, Shot) and isinstance(message.slot, SlotName):
                self._release(message.slot)
        raise AssertionError(kind)

    def _release(self, slot: SlotName) -> None:
        with contextlib.suppress(ChannelError):  # it may have played to its end, and gone
            self.channel.send(Release(slot))

    def shots(self, count: int, *, release: bool = True) -> list[Shot]:
        shots: list[Shot] = []
        while len(shots) < count:
            message = self._waiting.pop(0) if self._waiting else self.next()
            if isinstance(message, Stills):
                self._waiting += message.shots
            if isinstance(message, Shot):
                shots.append(message)
                if release and isinstance(message.slot, SlotName):
                    self._release(message.slot)
        return shots

    def close(self) -> None:
        self.channel.close()
        for ring in self.rings.values():
            ring.close()
        end(self.process, PATIENCE_S)


@pytest.fixture
def drive() -> Iterator[Any]:
    drivers: list[Driver] = []

    def start(address: Path | str, **options: Any) -> Driver:
        order = SourceOrder(
            **{"id": "gate", "port": FILE, "opening": 1, "gate": OPEN, "real_time": False, **options},
            address=Address(str(address)),
        )
        drivers.append(Driver(order))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.close()


def test_a_clip_is_played_to_its_end(drive: Any, tmp_path: Path) -> None:
    driver = drive(make_clip(tmp_path / "a.mp4"))
    assert isinstance(driver.next(), Begun)
    assert driver.next() == Opened(driver_info(Size(160, 120)))
    shots = driver.shots(20)
    assert [shot.number for shot in shots] == list(range(1, 21))
    assert [shot.media_s for shot in shots] == pytest.approx([i / 10 for i in range(20)])
    assert all(shot.regions == (Region(0, 0, 160, 120),) for shot in shots)
    now = time.monotonic()
    assert all(now - 10 < shot.captured.monotonic_s <= now for shot in shots)
    assert all(shot.captured.wall.tzinfo is not None for shot in shots)
    assert driver.until(Ended) == Ended(20)


def driver_info(size: Size) -> Any:
    from edge.capture.port import StreamInfo

    return StreamInfo(size, 10.0, "h264", live=False)


def test_pixels_are_in_the_slot_that_was_named(drive: Any, tmp_path: Path) -> None:
    driver = drive(make_clip(tmp_path / "a.mp4"))
    for shot in driver.shots(3, release=False):
        planes = driver.rings[shot.slot.ring].read(shot.slot)
        assert planes is not None
        bright = (planes[0][45:65] > 180).any(axis=0).argmax()
        del planes
        assert bright == pytest.approx(4 * (shot.number - 1), abs=2)


def test_as_fast_as_possible_waits_for_a_free_slot_and_loses_nothing(drive: Any, tmp_path: Path) -> None:
    driver = drive(make_clip(tmp_path / "a.mp4"), slots=3)
    held = driver.shots(3, release=False)
    while not isinstance(driver.next(), Alive):  # it waits, and says that it lives
        pass
    for shot in held:
        driver.channel.send(Release(shot.slot))
    rest = driver.shots(17)
    assert [shot.number for shot in held + rest] == list(range(1, 21))


def test_in_real_time_it_is_paced_and_drops_by_name_when_the_ring_is_full(drive: Any, tmp_path: Path) -> None:
    driver = drive(make_clip(tmp_path / "a.mp4"), real_time=True, slots=2)
    shots = driver.shots(8, release=False)
    assert [shot.slot is Skip.NO_SLOT for shot in shots] == [False] * 2 + [True] * 6
    gaps = [b.captured.monotonic_s - a.captured.monotonic_s for a, b in pairwise(shots[1:])]
    assert sum(gaps) / len(gaps) == pytest.approx(0.1, abs=0.03)


def test_a_rate_that_is_configured_overrules_the_file(drive: Any, tmp_path: Path) -> None:
    shots = drive(make_clip(tmp_path / "a.mp4"), fps=4.0).shots(5)
    assert [shot.media_s for shot in shots] == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])


def test_a_repeated_clip_counts_on(drive: Any, tmp_path: Path) -> None:
    shots = drive(make_clip(tmp_path / "a.mp4"), repeat=True).shots(50)
    assert [shot.number for shot in shots] == list(range(1, 51))
    assert [shot.media_s for shot in shots] == pytest.approx([i / 10 for i in range(50)])


def test_a_truncated_clip_that_repeats_goes_on_and_says_so(drive: Any, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(SQUARE.read_bytes()[:700_000])
    driver = drive(path, repeat=True)
    (fault,) = driver.until(Troubled).faults
    assert fault.code is FaultCode.TRUNCATED
    assert driver.shots(1)


def test_what_is_wrong_comes_by_name(drive: Any, tmp_path: Path) -> None:
    broken = drive(tmp_path / "nowhere.mp4").until(Broken)
    assert broken.fault.code is FaultCode.MISSING
    assert "nowhere.mp4" in broken.fault.detail


def test_an_address_that_carries_a_password_is_never_repeated(drive: Any) -> None:
    broken = drive("rtsp://admin:secret@127.0.0.1/stream").until(Broken)
    assert "secret" not in broken.fault.detail


def test_a_port_that_raises_anything_ends_as_a_fault(drive: Any) -> None:
    broken = drive("x", port="tests.edge.capture.bad_ports:Exploding").until(Broken)
    assert broken.fault.code is FaultCode.CRASHED
    assert "ZeroDivisionError" in broken.fault.detail


def test_a_frozen_camera_is_named_within_five_seconds_and_taken_back(drive: Any) -> None:
    driver = drive("x", port="tests.edge.capture.bad_ports:Freezing", real_time=True)
    first = driver.shots(1)[0]
    (fault,) = driver.until(Troubled).faults
    assert fault.code is FaultCode.FROZEN
    assert time.monotonic() - first.captured.monotonic_s < 5.0
    assert driver.until(Troubled).faults == ()


def test_what_stands_against_a_scene_is_told_and_taken_back(drive: Any) -> None:
    driver = drive("x", port="tests.edge.capture.bad_ports:Darkening")
    told: list[tuple[float, list[FaultCode]]] = []
    shown_s = 0.0
    while len(told) < 2:
        message = driver.next()
        if isinstance(message, Troubled):
            told.append((shown_s, [fault.code for fault in message.faults]))
        elif isinstance(message, Shot):
            shown_s = message.media_s
            if isinstance(message.slot, SlotName):
                driver.channel.send(Release(message.slot))
    (dark_s, dark), (light_s, light) = told
    assert (dark, light) == ([FaultCode.DARK], [])
    assert 14.9 <= dark_s < 18
    assert 24.9 <= light_s < 28


def test_another_resolution_gets_another_ring(drive: Any, tmp_path: Path) -> None:
    small = make_clip(tmp_path / "small.ts", size=(160, 120))
    large = make_clip(tmp_path / "large.ts", size=(320, 240))
    driver = drive(join(tmp_path / "both.ts", small, large))
    shots = driver.shots(40)
    assert [shot.slot.ring for shot in shots] == ["gate.1.1"] * 20 + ["gate.1.2"] * 20
    assert driver.rings["gate.1.2"].layout.size == Size(320, 240)


def test_as_fast_as_possible_another_ring_waits_for_the_pictures_of_the_one_before(drive: Any, tmp_path: Path) -> None:
    """Both rings' pictures wait in one queue, which is as long as one ring: those before would be pushed out of it."""
    small = make_clip(tmp_path / "small.ts", size=(160, 120))
    large = make_clip(tmp_path / "large.ts", size=(320, 240))
    driver = drive(join(tmp_path / "both.ts", small, large), slots=3)
    driver.shots(18)
    held = driver.shots(2, release=False)
    while not isinstance(driver.next(), Alive):
        pass
    assert set(driver.rings) == {"gate.1.1"}
    driver.channel.send(Release(held[0].slot))
    while not isinstance(driver.next(), Alive):
        pass
    assert set(driver.rings) == {"gate.1.1"}
    driver.channel.send(Release(held[1].slot))
    assert [shot.slot.ring for shot in driver.shots(20)] == ["gate.1.2"] * 20


def test_the_gate_can_be_changed_while_it_plays(drive: Any, tmp_path: Path) -> None:
    driver = drive(make_clip(tmp_path / "a.mp4", moving=False, pictures=60), real_time=True, fps=60.0)
    assert driver.shots(1)[0].regions
    driver.channel.send(SetGate(Gate(enabled=True, whole_every_s=100.0), None))
    shots = driver.shots(30)
    assert shots[-1].slot is Skip.STILL
    assert shots[-1].regions == ()
    driver.channel.send(Expect((Expected(Region(10, 10, 20, 40), (0.0, 0.0), 0.0, 0.0),)))
    while not driver.shots(1)[0].regions:
        pass


def test_each_picture_of_a_slow_camera_is_told_of_before_the_next_one_comes(drive: Any) -> None:
    """Two pictures of a camera that gives one in three seconds are further apart than a source may be silent."""
    gate = Gate(whole_every_s=100.0)
    driver = drive("x", port="tests.edge.capture.bad_ports:Slow", real_time=True, gate=gate)
    told = [driver.until((Shot, Stills)) for _ in range(5)]
    assert [shot.number for shot in told if isinstance(shot, Shot)] == [1, 2, 3, 4, 5]
    assert told[-1].slot is Skip.STILL


@pytest.mark.parametrize("how", ["stop", "closed"])
def test_it_ends_when_the_agent_says_so_or_is_gone(drive: Any, tmp_path: Path, how: str) -> None:
    driver = drive(make_clip(tmp_path / "a.mp4"), repeat=True, real_time=True)
    driver.shots(1)
    if how == "stop":
        driver.channel.send(Stop())
    else:
        driver.channel.close()
    driver.process.join(PATIENCE_S)
    assert driver.process.exitcode == 0


def test_ctrl_c_is_the_agents_business(drive: Any, tmp_path: Path) -> None:
    driver = drive(make_clip(tmp_path / "a.mp4"), repeat=True)
    driver.shots(1)
    assert driver.process.pid is not None
    os.kill(driver.process.pid, signal.SIGINT)
    assert len(driver.shots(30)) == 30


def test_a_crash_leaves_no_picture_in_a_core_dump(drive: Any, tmp_path: Path) -> None:
    driver = drive(make_clip(tmp_path / "a.mp4"), repeat=True)
    driver.shots(1)
    assert int(Path(f"/proc/{driver.process.pid}/coredump_filter").read_text(), 16) == 0
    assert resource.prlimit(driver.process.pid, resource.RLIMIT_CORE) == (0, 0)


def test_ps_can_tell_it(drive: Any, tmp_path: Path) -> None:
    driver = drive(make_clip(tmp_path / "a.mp4"), repeat=True)
    driver.shots(1)
    line = Path(f"/proc/{driver.process.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    assert line == "lamplighter: source gate"


# a camera that is aimed


def shown(driver: Driver, name: str) -> int:
    """Brightest byte of what is behind a door."""
    return int(driver.rings[name]._bytes.max())


def test_no_picture_is_shown_unless_it_is_asked_for(drive: Any) -> None:
    driver = drive(SQUARE, real_time=True, fps=20.0)
    seen = [driver.next() for _ in range(60)]
    assert not [message for message in seen if isinstance(message, DoorMade)]


def test_a_picture_is_shown_while_it_is_asked_for_and_wiped_after(drive: Any) -> None:
    driver = drive(SQUARE, real_time=True, fps=20.0)
    driver.channel.send(Aim(60.0))
    made = driver.until(DoorMade)
    assert made.layout.size == Size(768, 576)
    ring = driver.rings[made.layout.ring]
    name = ring.newest()
    planes = None if name is None else ring.read(name)
    assert planes is not None
    assert planes[0].std() > 20, "the square"
    driver.channel.send(AimEnd())
    driver.shots(15)
    assert shown(driver, made.layout.ring) == 0
    assert driver.process.is_alive()


def test_a_door_that_nobody_closes_closes_itself(drive: Any) -> None:
    driver = drive(SQUARE, real_time=True, fps=20.0)
    driver.channel.send(Aim(0.4))
    made = driver.until(DoorMade)
    driver.shots(20)
    assert shown(driver, made.layout.ring) == 0


def test_a_picture_is_shown_too_where_nothing_moves(drive: Any, tmp_path: Path) -> None:
    driver = drive(make_clip(tmp_path / "a.mp4", pictures=40), gate=Gate(whole_every_s=1000.0), real_time=True)
    driver.channel.send(Aim(60.0))
    assert driver.until(DoorMade).layout.size == Size(160, 120)
