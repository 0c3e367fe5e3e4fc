"""What the runtime keeps for one source beside its process: pictures on their way, counters, health. Pure."""

from __future__ import annotations

from edge.capture.messages import Shot
from edge.infer.messages import PlateLook
from edge.infer.outcome import Dropped, Failed, NothingSeen, Outcome, Seen, Still, TimedOut
from edge.region import Region
from edge.runtime.meters import Drops, Median, Rate
from edge.runtime.openings import InputState
from edge.runtime.plan import NoPlan, Plan, PlatePlan
from edge.runtime.result import FrameResult
from edge.runtime.sequence import Sequence
from edge.runtime.source import SourceUnit
from protocol.config import Source
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS
from protocol.state import SourceTelemetry

MOST_VEHICLES = 4
"""Plates that are read in one picture at most: one for each lane that a camera can read."""


class View:
    """One source.

    Args:
        unit: its process.
        plan: how its pictures are looked at.
    """

    def __init__(self, unit: SourceUnit, plan: Plan | NoPlan) -> None:
        self.unit = unit
        self.plan = plan
        self.subject = f"source {unit.config.id}"[:64]
        self.sequences: dict[int, Sequence[FrameResult]] = {}
        """Results by opening."""
        self.shots: dict[tuple[int, int], Shot] = {}
        """Pictures on their way, by opening and number."""
        self._moved: dict[int, bool] = {}
        """Whether the camera looked elsewhere when its last picture was captured, by opening: what is on its way when a process
        dies is of that view too."""
        self.spared: tuple[Region, ...] = ()
        """Where vehicles are whose plates need not be read any more."""
        self.blind = False
        self.told: tuple[Reason, ...] = ()
        """Reasons that were last told."""
        self._drops = Drops()
        self._rate = Rate()
        self._latency_ms = Median()
        self._worth = 0
        self._pictures = 0
        self._inferences = 0
        self._unlooked_since_s: float | None = None

    @property
    def state(self) -> InputState:
        """A recording has ended when its last picture has come out."""
        state = self.unit.state
        return InputState.RUNNING if state is InputState.ENDED and self.shots else state

    def is_shed(self, every: int) -> bool:
        """Whether a picture that is worth a look gets none, where one of so many does.

        Not by its number: pictures of a still scene are worth a look every so often, and all of those may be odd.
        """
        self._worth += 1
        return bool(self._worth % every)

    @property
    def plates(self) -> PlateLook | None:
        """How plates are to be looked for in its next picture; ``None`` = not at all."""
        plan = self.plan.plates if isinstance(self.plan, Plan) else None
        if not isinstance(plan, PlatePlan):
            return None
        return PlateLook(plan.detector.name, plan.reader.name, MOST_VEHICLES, self.spared)

    def captured(self, opening: int, shot: Shot, now_s: float) -> None:
        """A picture was captured."""
        self._pictures += 1
        self._rate.tick(now_s)
        self.shots[opening, shot.number] = shot
        if opening not in self.sequences:  # earlier openings stay while pictures of theirs are on their way
            self.sequences = {earlier: sequence for earlier, sequence in self.sequences.items() if sequence}
            self.sequences[opening] = Sequence()
            self._moved = {earlier: moved for earlier, moved in self._moved.items() if earlier in self.sequences}
        self._moved[opening] = self.unit.moved
        self.sequences[opening].expect(shot.number)
        if self._unlooked_since_s is None:
            self._unlooked_since_s = now_s

    def count(self, shot: Shot, outcome: Outcome, now_s: float) -> None:
        """What became of a picture is known."""
        match outcome:
            case Seen() | NothingSeen():
                self._inferences += len(shot.regions)
                self._latency_ms.add((now_s - shot.captured.monotonic_s) * 1000, now_s)
                self._unlooked_since_s = None
            case Still():
                self._unlooked_since_s = None
            case Dropped(reason):
                self._drops.add(reason)
            case TimedOut():
                self._drops.add("timed-out")
            case Failed():
                self._drops.add("failed")

    def result(self, opening: int, shot: Shot, outcome: Outcome, plan: Plan | None) -> FrameResult:
        """The result as it is handed on, with the model that looked.

        Args:
            opening: of its source.
            shot: the picture.
            outcome: what became of it.
            plan: by which it was looked at.
        """
        looked = isinstance(outcome, Seen | NothingSeen)
        return FrameResult(
            source=self.unit.config.id,
            number=shot.number,
            captured=shot.captured,
            media_s=shot.media_s,
            size=shot.size,
            regions=shot.regions if looked else (),
            outcome=outcome,
            model=plan.ref if looked and plan else None,
            labels=plan.labels if looked and plan else (),
            sure=plan.sure if looked and plan else None,
            reader=plan.plates.reader_ref if looked and plan and isinstance(plan.plates, PlatePlan) else None,
            moved=self.unit.moved or self._moved.get(opening, False),
        )

    def blind_for_s(self, now_s: float) -> float:
        """How long pictures have been captured without one being looked at, seconds."""
        return 0.0 if self._unlooked_since_s is None else now_s - self._unlooked_since_s

    def reasons(self, blind_s: float) -> tuple[Reason, ...]:
        """All that stands against the source.

        Args:
            blind_s: time after which it counts as blind, for the text.
        """
        reasons = [fault.reason(self.unit.config.id) for fault in self.unit.faults]
        if isinstance(self.plan, NoPlan):
            reasons.append(Reason(self.plan.code, self.subject, self.plan.detail[:TEXT_CHARACTERS]))
        elif isinstance(self.plan.plates, NoPlan):
            plates = self.plan.plates
            reasons.append(Reason(plates.code, self.subject, f"no plates are read: {plates.detail}"[:TEXT_CHARACTERS]))
        if isinstance(self.plan, Plan) and self.blind:
            text = f"nothing of it was looked at for {blind_s:g} s; see the accelerator"
            reasons.append(Reason("source-blind", self.subject, text))
        return tuple(reasons)

    def telemetry(self, now_s: float) -> SourceTelemetry:
        """Counters since the boot, and rates now."""
        return SourceTelemetry(
            state=self.state.value,
            fps=self._rate.per_second(now_s),
            pictures=self._pictures,
            inferences=self._inferences,
            drops=self._drops.as_dict(),
            latency_ms=self._latency_ms.value(now_s),
        )


def input_of(source: Source) -> tuple[object, ...]:
    """What cannot change while a source is open."""
    return source.uri, source.kind, source.pace, source.fps, source.repeat, source.transport, source.credential
