"""The outbox against a plain model: any order of events, sendings, acknowledgements, waiting, power cuts and full disks."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from protocol.acks import Ack, SeqSet
from protocol.events import PRIORITY, Event, EventType, Priority
from simulator.faults.clocks import HandClock
from tests.edge.bodies import ALERT, BODY, COUNT, HEALTH
from tests.edge.outbox.reading import crash_image, events, opened

LIMITS = Limits(count=12, group_s=5.0, in_memory=4)
Key = tuple[str, int]


class Life(RuleBasedStateMachine):
    """A box, a manager that stores what reaches it, and what a bystander wrote down."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="outbox-model-"))
        self.lives = 0
        self.clock = HandClock()
        self.outbox: Outbox = opened(self.folder / "0" / "outbox.sqlite", LIMITS, self.clock)
        self.made: dict[Key, tuple[EventType, float]] = {}
        self.durable: set[Key] = set()
        """On disk by the rules: alerts and reports at once, statistics after their window."""
        self.lettable: set[Key] = set()
        """What the box was told it may let go of."""
        self.manager: dict[str, SeqSet] = {}
        """What the manager accounts for."""
        self.stored: set[Key] = set()
        self.full = False
        self._start()

    def _path(self) -> Path:
        return self.folder / str(self.lives) / "outbox.sqlite"

    def _start(self) -> None:
        self._path().parent.mkdir(exist_ok=True)
        self.outbox = opened(self._path(), LIMITS, self.clock)
        self._see()

    def _see(self) -> None:
        """Write down what the box made by itself: reports of losses."""
        for event in self._events():
            self.made.setdefault((event.boot, event.seq), (event.type, self.clock.monotonic()))
            if event.priority > Priority.STATISTIC and not self.full:
                self.durable.add((event.boot, event.seq))

    def _events(self) -> list[Event]:
        return events(self.outbox)

    def _keys(self) -> set[Key]:
        return {(event.boot, event.seq) for event in self._events()}

    @rule(kind=st.sampled_from([COUNT, COUNT, ALERT, HEALTH]), times=st.integers(1, 6))
    def append(self, kind: EventType, times: int) -> None:
        for _ in range(times):
            event = self.outbox.append(kind, BODY[kind]())
            self.made[event.boot, event.seq] = (kind, self.clock.monotonic())
            evicted_at_once = (event.boot, event.seq) not in self._keys()
            if PRIORITY[kind] > Priority.STATISTIC and not self.full and not evicted_at_once:
                self.durable.add((event.boot, event.seq))

    @rule(seconds=st.sampled_from([1, 4, 12, 400]))
    def wait(self, seconds: int) -> None:
        for _ in range(min(seconds, 15)):
            self.clock.advance(seconds / min(seconds, 15))
            self.outbox.tick()
            if not self.full:
                now = self.clock.monotonic()
                self.durable.update(key for key in self._keys() if now - self.made.get(key, (None, now))[1] >= 5.0)
        self._see()

    @rule(seed=st.integers(0, 1_000))
    def send(self, seed: int) -> None:
        """Some of what is pending reaches the manager, in any order, and is stored."""
        rng, pending = random.Random(seed), self._events()
        for event in rng.sample(pending, rng.randint(0, len(pending))):
            self.stored.add((event.boot, event.seq))
            self.manager.setdefault(event.boot, SeqSet()).add(event.seq)
            if event.type is EventType.OUTBOX_EVICTED:
                observed: Any = event.body.observed
                for first, last in observed.ranges:
                    self.manager.setdefault(observed.boot, SeqSet()).add(first, last)

    @precondition(lambda self: self.manager)
    @rule(which=st.integers(0, 1_000))
    def acknowledge(self, which: int) -> None:
        boot = [*self.manager][which % len(self.manager)]
        ack = self.manager[boot].to_ack(boot)
        before = self._keys()
        gone = self.outbox.acknowledge(ack)
        told = {key for key in before if key[0] == boot and key[1] in self.manager[boot]}
        assert before - self._keys() == told
        assert gone == len(told)
        self.lettable |= told

    @rule()
    def acknowledge_nonsense(self) -> None:
        before = self._keys()
        assert self.outbox.acknowledge(Ack("zzzzzzzzzzzz", 4)) == 0
        assert self.outbox.acknowledge(Ack(self.outbox.boot, self.outbox.last_seq + 1)) == 0
        assert self._keys() == before

    @precondition(lambda self: not self.full)
    @rule()
    def disk_fills(self) -> None:
        self.full = True
        assert self.outbox._store is not None
        self.outbox._store._db.execute("PRAGMA query_only=ON")

    @precondition(lambda self: self.full)
    @rule()
    def disk_is_well(self) -> None:
        self.full = False
        assert self.outbox._store is not None
        self.outbox._store._db.execute("PRAGMA query_only=OFF")
        self.wait(12)
        assert self.outbox.faults() == ()
        assert self.outbox.uncommitted() == 0

    @rule()
    def power_cut(self) -> None:
        """What was on disk by the rules is there again, unless it was let go of or evicted; nothing else is made up."""
        owed = {key for key in self._keys() if key in self.durable}
        was = self.outbox.boot
        self.lives += 1
        crash_image(self.folder / str(self.lives - 1) / "outbox.sqlite", self._path().parent)
        self.outbox.close()
        self.full = False
        before = set(self.made)
        self._start()
        kept = self._keys()
        assert owed <= kept
        assert {key for key in kept if key not in before} == {key for key in kept if key[0] == self.outbox.boot}
        assert was != self.outbox.boot
        self.lettable -= kept  # acknowledged, and not yet written down: it is sent once more

    @rule()
    def orderly_restart(self) -> None:
        if self.full:
            self.disk_is_well()
        pending = self._keys()
        self.outbox.close()
        self._start()
        back = {key for key in self._keys() if self.made[key][0] is not EventType.OUTBOX_EVICTED}
        assert back == {key for key in pending if self.made[key][0] is not EventType.OUTBOX_EVICTED}
        assert not back & self.lettable, "nothing acknowledged returns"

    @invariant()
    def bounded(self) -> None:
        kinds = [event.type for event in self._events()]
        assert len(kinds) - kinds.count(EventType.OUTBOX_EVICTED) <= LIMITS.count

    @invariant()
    def an_alert_goes_only_when_nothing_less_is_left(self) -> None:
        pending = self._events()
        order = [-event.priority for event in pending]
        assert order == sorted(order)

    def teardown(self) -> None:
        """In the end the manager knows of every number what became of it, and nothing waits any more."""
        if self.full:
            self.disk_is_well()
        for _ in range(20):
            for event in self._events():
                self.manager.setdefault(event.boot, SeqSet()).add(event.seq)
                self.stored.add((event.boot, event.seq))
                if event.type is EventType.OUTBOX_EVICTED:
                    observed: Any = event.body.observed
                    for first, last in observed.ranges:
                        self.manager.setdefault(observed.boot, SeqSet()).add(first, last)
            for boot, known in self.manager.items():
                self.outbox.acknowledge(known.to_ack(boot))
            self.clock.advance(11.0)
            self.outbox.tick()
        assert self._events() == []
        last = self.outbox.boot
        assert self.manager.get(last, SeqSet()).watermark == self.outbox.last_seq
        for boot in {key[0] for key in self.durable}:
            highest = max(seq for name, seq in self.durable if name == boot)
            assert self.manager[boot].watermark >= highest, "a hole keeps the manager waiting"
        self.outbox.close()
        shutil.rmtree(self.folder)


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
