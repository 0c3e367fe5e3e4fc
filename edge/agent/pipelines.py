"""The way of an observation: a source's results go through its pipeline, and what comes out of it is said.

Rules:

- A source that is looked at has one pipeline, which goes on as it is while its configuration stays.
- An error of ours in the analytics of one source is told, and that source begins anew: a box that fell over a configuration
  which it keeps could never be given another.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Sequence

from edge.agent.health import HealthBoard
from edge.agent.pipeline import Pipeline
from edge.agent.plates import Plates
from edge.agent.voice import Voice
from edge.clock import Clock
from edge.runtime.result import FrameResult
from edge.runtime.runtime import Runtime
from protocol.config import Report, Source
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS


class Pipelines:
    """For the agent's loop, but for :meth:`plate_px`.

    Args:
        runtime: is told where to look next.
        voice: says what is observed.
        plates: what the analytics of plates are given.
        board: where to put what stands against them.
        clock: time.
    """

    def __init__(self, runtime: Runtime, voice: Voice, plates: Plates, board: HealthBoard, clock: Clock) -> None:
        self._runtime, self._voice, self._plates, self._board, self._clock = runtime, voice, plates, board, clock
        self._configured: Sequence[Source] = ()
        self._by_source: dict[str, Pipeline] = {}

    def configure(self, configured: Sequence[Source], rested: Iterable[str], report: Report) -> None:
        """Look at sources.

        Args:
            configured: all.
            rested: those at which nobody looks now.
            report: how often to speak.
        """
        resting = frozenset(rested)
        before = self._by_source
        self._configured = configured
        self._by_source = {
            source.id: self._kept(before.get(source.id), source, report) for source in configured if source.id not in resting
        }
        self._close(each for name, each in before.items() if self._by_source.get(name) is not each)

    def stretch(self, factor: float) -> None:
        """How much longer windows of counts are than configured, where bytes are short."""
        for pipeline in self._by_source.values():
            pipeline.stretch = factor

    def take(self, result: FrameResult) -> None:
        """Take one result, and say what it tells."""
        pipeline = self._by_source.get(result.source)
        if pipeline is None:
            return
        try:
            observations = pipeline.take(result)
        except Exception as error:  # noqa: BLE001 - see the rules above
            self._defect(pipeline, error)
            return
        if result.regions:  # between looks the gate knows how they walk on
            self._runtime.expect(result.source, pipeline.expected)
        self._runtime.spare(result.source, pipeline.spared)
        if observations or result.model is not None:  # what a window says may come with a picture at which nobody looked
            self._voice.remember(result, self._configured)
        for observation in observations:
            self._voice.say(observation)

    def look(self) -> None:
        """Close those whose sources are silent, and say what stands against the others; once a second."""
        self._close(self._by_source[name] for name in self._runtime.silent)
        for pipeline in self._by_source.values():
            self._stand(pipeline)

    def close(self) -> None:
        """Say what is still to be said of every source."""
        self._close(self._by_source.values())

    def plate_px(self, source: str) -> float | None:
        """Width of a source's plates lately, pixels; ``None`` where none is read or was seen. Any thread may ask."""
        pipeline = self._by_source.get(source)
        return None if pipeline is None else pipeline.plate_px

    def _kept(self, before: Pipeline | None, source: Source, report: Report) -> Pipeline:
        if before is not None and before.configured == (source, report):
            return before
        return Pipeline(source, report, self._plates.known(source))

    def _close(self, pipelines: Iterable[Pipeline]) -> None:
        now = self._clock.now()
        for pipeline in pipelines:
            for observation in pipeline.close(now):
                self._voice.say(observation)
            self._stand(pipeline)  # nothing, of one that is closed

    def _stand(self, pipeline: Pipeline) -> None:
        for subject, reasons in pipeline.standing.items():
            self._board.replace(subject, reasons)

    def _defect(self, pipeline: Pipeline, error: Exception) -> None:
        source, report = pipeline.configured
        with contextlib.suppress(Exception):  # it may be broken by now; what it can still tell is told
            self._close((pipeline,))
        self._by_source[source.id] = Pipeline(source, report, self._plates.known(source))
        detail = f"its analytics began again after {type(error).__name__}: {error}"
        self._board.raise_(Reason("analytics-defect", f"analytics {source.id}", detail[:TEXT_CHARACTERS]))
        sys.excepthook(type(error), error, error.__traceback__)
