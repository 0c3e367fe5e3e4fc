"""The demo as a whole: town hall, three cameras, six microphones, thirty virtual devices, and someone who watches."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import math
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
from sqlalchemy import Engine

from fleet.fusion.made import DEVICE as MANAGER_MADE
from fleet.fusion.made import SHOTS
from fleet.store.database import open_engine
from simulator.accounting import Account, settle
from simulator.boxes import RealBox
from simulator.cameras import make_cameras, make_gate
from simulator.devices.device import VirtualDevice, first_moment
from simulator.devices.town import make_town
from simulator.devices.updates import Updater
from simulator.ears import listens, make_ears
from simulator.enrolment import enrol_all, make_codes, sign_in
from simulator.lists.outcome import Plates, plate_problems, read_plates
from simulator.lists.story import ListStory
from simulator.lists.witness import Witness
from simulator.play import Player
from simulator.rollouts.outcome import Told, problems
from simulator.rollouts.plans import enough_s, roster, update_model
from simulator.rollouts.releases import Releases
from simulator.rollouts.story import Story
from simulator.scenario.model import Kill, Scenario
from simulator.shots.outcome import HURRY_S, Shots, compare, read_incidents, read_said, shot_problems
from simulator.shots.planted import Fired, fired, read_truth
from simulator.spectator import Spectator, summary_ms
from simulator.town_hall import FLEET, TownHall
from simulator.worlds.sites import CAMERAS, EARS, GATE

_DRAIN_S = 20.0
_WATCH_S = 0.5
_STEADY_S = 25.0
"""A check shorter than this does not expect a whole incident, nor a hit."""
_HIT_S = 100.0
"""A check that expects a hit and shots waits for them, at most so long: the vehicle comes every 50 s, and may have come before
the list; of shots the first come after 22 s, and may come before all boxes listen."""


class Outcome(msgspec.Struct, kw_only=True):
    """The last line of a check.

    Attributes:
        lost: sequence numbers handed out on a box of which nothing is known.
        doubled: events that the store holds, or the stream showed, more than once.
        unsent: events that boxes still held at the end.
        latency_ms: from creation on the box to the manager's live stream.
        alarms: incidents seen to begin, be updated and end; and those still running.
        rollouts: what each came to.
        plates: what became of those of the street.
        shots: what became of them, and of fireworks.
    """

    ok: bool = False
    problems: list[str] = []
    seconds: float = 0.0
    page_after_s: float = 0.0
    devices: dict[str, int] = {}
    events: dict[str, int] = {}
    lost: int = 0
    doubled: int = 0
    unsent: int = 0
    reported_missing: int = 0
    quarantined: int = 0
    latency_ms: dict[str, float | None] = {}
    alarms: dict[str, int] = {}
    verdict: str = ""
    rollouts: list[Told] = []
    plates: Plates = Plates()
    shots: Shots = Shots()


class Show:
    """Use :meth:`open`, :meth:`play`, :meth:`close`, in that order.

    Args:
        scenario: what the virtual devices live through.
        folder: for everything that is kept.
        say: takes messages for people.
        checked: whether what is said is compared with what is stored.
    """

    def __init__(self, scenario: Scenario, folder: Path, say: Callable[[str], None], *, checked: bool) -> None:
        self._scenario, self._folder, self._say, self._checked = scenario, folder, say, checked
        self._began = time.monotonic()
        self.town = make_town(scenario, first_moment(dt.datetime.now(dt.timezone.utc)))
        self.outcome = Outcome()
        self.real: list[RealBox] = []
        """Those whose agents are processes, in the order in which they are started."""
        self.spectator: Spectator | None = None
        self._player: Player | None = None
        self._who = roster(scenario, tuple(self.town.boxes))
        self._story: Story | None = None
        self._list: ListStory | None = None
        self._devices: dict[str, VirtualDevice] = {}
        self._witness: Witness | None = None
        self._watchers: list[asyncio.Task[None]] = []
        self._playing_s = 0.0
        self._hall: TownHall | None = None
        self._truth = read_truth()
        self._sound_begins: dt.datetime | None = None
        self._ears: list[RealBox] = []
        self._listening_s: float | None = None
        """Since when all boxes that listen do, and when a check was over; seconds since 1970."""
        self._checked_s = 0.0

    @property
    def hall(self) -> TownHall:
        """The manager, once opened."""
        assert self._hall is not None
        return self._hall

    @property
    def _boxes(self) -> int:
        return len(self.town.boxes) + len(CAMERAS) + 1 + len(EARS)

    @property
    def playing(self) -> bool:
        """Whether the boxes were brought up."""
        return self._player is not None

    def open(self, port: int, ended: Callable[[], bool] = lambda: False) -> TownHall:
        """Start the manager; its page answers when this returns.

        Args:
            port: of the page; 0 = any free one.
            ended: whether nobody waits any more.

        Raises:
            ManagerError: the port is in use.
            NotReadyError: the page does not come up, or nobody waits any more.
        """
        self._hall = TownHall(self._folder, self.town.city, port)
        self._hall.wait_ready(self._say, ended)
        self.outcome.page_after_s = round(time.monotonic() - self._began, 2)
        return self._hall

    def of_shots(self) -> str:
        """What people are told of the shots."""
        first = next(bang for bang in self._truth.bangs if bang.kind == "shots")
        places = sorted({bang.place for bang in self._truth.bangs if bang.kind == "fireworks"})
        return (
            f"shots: six boxes listen in the north of the town; {first.at_s:.0f} s after they are brought up somebody shoots "
            f"in {first.place}; what bangs over {', '.join(places)} is fireworks"
        )

    async def play(self, until: asyncio.Event) -> None:
        """Bring the boxes up and let them live until told otherwise."""
        url, people = self.hall.url, self.hall.people
        admin = await asyncio.to_thread(sign_in, url, people.admin.name, people.admin.password)
        labels = dict((*CAMERAS, GATE)) | {device: label for device, label, *_ in EARS}
        labels |= {name: box.site.label for name, box in self.town.boxes.items()}
        codes = await asyncio.to_thread(make_codes, url, admin, labels)
        listed = self._list = ListStory(url, people.drafter, people.approver, self._folder / "lists", self._say)
        listing = asyncio.create_task(asyncio.to_thread(listed.run))
        releases = await asyncio.to_thread(Releases, self._folder / "publisher", self.hall.repository)
        self.real = make_cameras(self.town.city, self._folder / "boxes", url, codes, releases.root)
        for box in self.real:
            box.start()
        self._witness = witness = Witness(self.hall.broker, FLEET)
        self.spectator = Spectator(url, admin, witness.shown)
        self._watchers = [asyncio.create_task(self.spectator.run())]
        if self._checked:
            self._watchers.append(asyncio.create_task(witness.run()))
        virtual = {name: code for name, code in codes.items() if name in self.town.boxes}
        enrolled = await enrol_all(url, FLEET, virtual, self._folder / "virtual")
        self._devices = {
            name: VirtualDevice(
                box,
                enrolled[name].config,
                enrolled[name].tls,
                self._scenario.seed,
                Updater(FLEET, name, enrolled[name].key, enrolled[name].authority, model, self._scenario.seed),
            )
            for name, box in self.town.boxes.items()
            for model in (update_model(box.group.updates, name, self._who),)
        }
        gate = make_gate(self.town.city, self._folder / "boxes", url, codes)
        self.real.append(gate)
        gate.start()  # after all others, and while it loads its models the virtual boxes are heard already
        await self._listen(codes)
        self._player, self._playing_s = Player(self._scenario, self._devices, self.hall), time.monotonic()
        keeper = asyncio.create_task(self._keep())
        story = self._story = Story(url, people.engineer, people.admin, self._who, self._say)
        telling = asyncio.create_task(asyncio.to_thread(story.run, releases)) if self._who.canary else None
        try:
            await self._player.run(until)
        finally:
            keeper.cancel()
            story.end()
            listed.end()
            await listing
            if telling is not None:
                await telling

    async def _listen(self, codes: dict[str, str]) -> None:
        """Bring up the boxes that listen: what they play begins now."""
        now = dt.datetime.now(dt.timezone.utc)
        self._sound_begins = now.replace(microsecond=0) + dt.timedelta(seconds=1)
        self._ears = await asyncio.to_thread(
            make_ears, self.town.city, self._folder / "boxes", self.hall.url, codes, self._truth, self._sound_begins
        )
        self.real += self._ears
        for box in self._ears:
            box.start()

    def waits(self, elapsed_s: float) -> bool:
        """Whether a check that has run so long should go on: no hit so far, or nobody was told of shots."""
        if not _STEADY_S <= elapsed_s < _HIT_S or self.spectator is None:
            return False
        return not (self.spectator.hits and self.spectator.events[SHOTS] and self._shot_at())

    async def check(self) -> None:
        """Judge an alert as an operator would, and read it back. Call while everything runs."""
        assert self.spectator is not None
        self._checked_s = time.time()
        if not self.spectator.incidents:
            return
        operator = self.hall.people.operator
        token = await asyncio.to_thread(sign_in, self.hall.url, operator.name, operator.password)
        incident = next(iter(self.spectator.incidents))
        address = f"{self.hall.url}/api/v1/incidents/{incident}"
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=20.0) as client:
            await client.post(f"{address}/verdict", json={"decision": "confirm"})
            verdicts = (await client.get(address)).json().get("verdicts", [])
        self.outcome.verdict = verdicts[-1]["decision"] if verdicts else ""

    async def close(self, *, drain: bool) -> Outcome:
        """End everything in order and draw the balance.

        Args:
            drain: wait until boxes have sent what they have to say.
        """
        try:
            await self._finish(drain=drain)
        finally:
            if self._list is not None:
                self._list.end()
            for watcher in self._watchers:
                watcher.cancel()
            await asyncio.gather(*self._watchers, return_exceptions=True)
            await asyncio.to_thread(self.hall.stop)
        return self.outcome

    def abort(self) -> None:
        """End everything at once."""
        for story in (self._story, self._list):
            if story is not None:
                story.end()
        for box in self.real:
            box.terminate()
        for box in self.real:
            box.wait()
        if self._hall is not None:
            self._hall.stop()

    def line(self) -> str:
        """What goes on, in one line."""
        watching = self.spectator
        up = sum(device.link.connected for device in self._devices.values()) + sum(box.running for box in self.real)
        events = watching.events.total() if watching else 0
        alarms = watching.running_incidents() if watching else 0
        line = f"{up} of {self._boxes} boxes, {events:,} events, {alarms} alarms running"
        rollout = self._story.line() if self._story else ""
        return f"{line}; {rollout}" if rollout else line

    async def _keep(self) -> None:
        gone: set[str] = set()
        while True:
            for message in await asyncio.to_thread(self.hall.watch):
                self._say(message)
            for box in self.real:
                if not box.running and box.device not in gone:
                    gone.add(box.device)
                    self._say(f"{box.device} ended by itself: {box.words()}")
            if self._listening_s is None and self._ears and await asyncio.to_thread(lambda: all(map(listens, self._ears))):
                self._listening_s = time.time()
            await asyncio.sleep(_WATCH_S)

    async def _finish(self, *, drain: bool) -> None:
        outcome, player = self.outcome, self._player
        if not outcome.seconds:
            outcome.problems.append("ended before the check was over")
        dead = [box for box in self.real if not box.running]
        for box in self.real:
            box.terminate()
        unsent = await player.end(_DRAIN_S if drain else 0.5) if player else []
        statuses = [await asyncio.to_thread(box.wait) for box in self.real]
        if not drain or player is None or self.spectator is None:
            return
        outcome.problems += [f"{box.device} ended by itself: {box.words()}" for box in dead]
        outcome.problems += [
            f"{box.device} ended with status {status}" for box, status in zip(self.real, statuses, strict=True) if status
        ]
        outcome.problems += player.failures()
        highest = {(name, boot): seq for name, device in self._devices.items() for boot, seq in device.emitted.items()}
        for box in self.real:
            kept = box.kept()
            unsent += [(box.device, *key) for key in kept.unsent]
            highest |= {(box.device, boot): seq for boot, seq in kept.highest.items()}
        engine = open_engine(self.hall.store_url)
        account = settle(engine, highest, unsent)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._shown(account.stored), 5.0)
        self._judge(account, len(unsent))
        await asyncio.to_thread(self._judge_plates, engine)
        await asyncio.to_thread(self._judge_shots, engine)
        engine.dispose()
        outcome.ok = not outcome.problems

    def _shot_at(self) -> bool:
        """Whether a volley that all boxes could hear is old enough to be judged."""
        since_s = self._listening_s
        gone_off = self._fired(time.time() - HURRY_S)
        return since_s is not None and any(one.bang.kind == "shots" and one.at_s >= since_s for one in gone_off)

    def _fired(self, until_s: float) -> list[Fired]:
        """All that went off until then, seconds since 1970."""
        return [] if self._sound_begins is None else list(fired(self._truth, self._sound_begins, until_s))

    async def _shown(self, stored: int) -> None:
        assert self.spectator is not None
        while self.spectator.events.total() < stored:  # noqa: ASYNC110 - a counter tells no events
            await asyncio.sleep(_WATCH_S / 5)

    def _may_lose(self) -> bool:
        """Whether the scenario kills boxes, which then report what that took."""
        return any(isinstance(fault, Kill) and fault.what in self.town.boxes for fault in self._scenario.faults)

    def _judge(self, account: Account, unsent: int) -> None:
        outcome, watching = self.outcome, self.spectator
        assert watching is not None
        complete = len(watching.complete_incidents())
        outcome.events = dict(sorted(watching.events.items()))
        outcome.lost, outcome.unsent, outcome.quarantined = account.lost, unsent, account.quarantined
        outcome.doubled = account.doubled + watching.doubled
        outcome.reported_missing = account.reported
        outcome.latency_ms = summary_ms(watching.latencies_ms)
        outcome.alarms = {"complete": complete, "running": watching.running_incidents()}
        listen = set[str]() if self._listening_s is None else {box.device for box in self._ears}  # silent until it bangs
        spoke = ({device for device, _ in watching.by_device} | listen) - {MANAGER_MADE}
        outcome.devices = {"expected": self._boxes, "heard": len(spoke)}
        expectations = (
            (account.lost == 0, f"{account.lost} events lost"),
            (outcome.doubled == 0, f"{outcome.doubled} events doubled"),
            (unsent == 0, f"{unsent} events still unsent after {_DRAIN_S:.0f} s"),
            (
                not account.reported or self._may_lose(),
                f"{account.reported} events evicted or lost on boxes that nothing was done to",
            ),
            (account.quarantined == 0, f"{account.quarantined} messages refused by the manager"),
            (watching.events.total() >= account.stored, "the live stream shows less than the store holds"),
            (len(spoke) == outcome.devices["expected"], f"only {len(spoke)} boxes were heard"),
            *((watching.by_device[name, "crowd.count"] > 0, f"{name} counted nobody") for name, _ in CAMERAS),
            (outcome.seconds < _STEADY_S or complete > 0, "no alarm was seen to begin, be updated and end"),
            (outcome.seconds < _STEADY_S or outcome.verdict == "confirm", "a verdict could not be given and read back"),
        )
        outcome.problems += [words for good, words in expectations if not good]
        if self._story is not None:
            outcome.rollouts = list(self._story.told())
            enough = enough_s(self._scenario, self._who)
            outcome.problems += problems(outcome.rollouts, self._story.fault, outcome.seconds, enough)

    def _judge_plates(self, engine: Engine) -> None:
        outcome, witness, watching = self.outcome, self._witness, self.spectator
        assert witness is not None
        assert watching is not None
        outcome.plates = read_plates(
            engine,
            fault=self._list.fault if self._list else "",
            first_hit_s=min((round(at_s - self._playing_s, 1) for at_s in watching.hits.values()), default=None),
            messages=witness.messages,
            named=witness.hits,
            strangers=(*witness.strangers, *witness.look(self._folder)),
        )
        outcome.problems += plate_problems(outcome.plates, expected=outcome.seconds >= _STEADY_S)

    def _judge_shots(self, engine: Engine) -> None:
        outcome = self.outcome
        since_s = math.inf if self._listening_s is None else self._listening_s
        between_s = since_s, self._checked_s - HURRY_S
        outcome.shots = compare(self._fired(time.time()), between_s, read_said(engine), read_incidents(engine))
        outcome.problems += shot_problems(outcome.shots, expected=outcome.seconds >= _STEADY_S)
