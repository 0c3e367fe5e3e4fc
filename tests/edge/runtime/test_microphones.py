"""Rows 51 to 53: a microphone that is gone, stuck, silent or clipped is named within five seconds, comes back, and harms no
other."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from edge.capture.messages import ALIVE_EVERY_S
from edge.capture.sound.watch import WatchPolicy
from edge.clock import SystemClock
from edge.runtime.hearing import HeardHere, input_of
from edge.runtime.plan import HearingPlan, NoPlan, Plan, Proof
from edge.runtime.policy import RuntimePolicy
from edge.runtime.runtime import Runtime
from protocol.config import Microphone, Source
from protocol.events import ModelRef, Phase, Reason, Where
from tests.edge.capture.sound import listening, live_ports
from tests.edge.capture.sound.sounds import RATE_HZ, street, with_bangs, write_wav
from tests.edge.runtime.box import QUICK

REF = ModelRef("loud", "1.0.0", "0" * 64, "default")
POLICY = replace(
    QUICK,
    sound_ports={"file": live_ports.ENTRY, "alsa": live_ports.ENTRY},
    listener=listening.ENTRY,
    sound_watch=WatchPolicy(dead_s=1, clipped_s=1),
)
PATIENCE_S = 20.0
HERE = Where(52.5, 13.4, heading=90.0)


class Choosing:
    """Chooses one model for every microphone, as long as it is there."""

    def __init__(self) -> None:
        self.hears: HearingPlan | NoPlan = HearingPlan(listening.MODEL, REF)

    def plan(self, source: Source, *, on_processor: bool = False) -> Plan | NoPlan:
        msg = f"no source is configured here, {source.id!r} neither"
        raise AssertionError(msg)

    def listens(self, microphone: Microphone) -> HearingPlan | NoPlan:
        return self.hears

    def proves(self, bundle: str) -> Proof | NoPlan:
        return NoPlan("model-missing", f"{bundle}: nothing is proven here")

    @property
    def places(self) -> dict[str, Path]:
        return {}

    def replaced(self, bundle: str, folder: Path | None) -> Choosing:
        return self


class Post:
    """A runtime that only listens, with everything that it says written down."""

    def __init__(self, policy: RuntimePolicy) -> None:
        self.planner = Choosing()
        self.heard: list[HeardHere] = []
        self.health: dict[str, tuple[Reason, ...]] = {}
        self.history: list[tuple[str, tuple[str, ...]]] = []
        """Name of a microphone, and the codes of what stood against it."""
        self.runtime = Runtime(self.planner, SystemClock(), lambda _result: None, self._hear, policy, self.heard.append)

    def listen(self, *microphones: Microphone) -> None:
        self.runtime.configure((), microphones)

    def _hear(self, subject: str, reasons: tuple[Reason, ...]) -> None:
        self.health[subject] = reasons
        self.history.append((subject.removeprefix("microphone "), tuple(reason.code for reason in reasons)))

    def until(self, condition: Callable[[], Any]) -> float:
        begun = time.monotonic()
        while not condition():
            self.runtime.poll(0.05)
            assert time.monotonic() - begun < PATIENCE_S, f"{self.health} {self.runtime.hearing.telemetry()}"
        return time.monotonic() - begun

    def codes(self, name: str = "roof") -> tuple[str, ...]:
        return tuple(reason.code for reason in self.health.get(f"microphone {name}", ()))

    def state(self, name: str = "roof") -> str:
        return self.runtime.hearing.telemetry()[name].state

    def samples(self, name: str = "roof") -> int:
        return self.runtime.hearing.telemetry()[name].samples


@pytest.fixture
def make_post() -> Iterator[Any]:
    posts: list[Post] = []

    def make(**changes: Any) -> Post:
        posts.append(Post(replace(POLICY, **changes)))
        return posts[-1]

    yield make
    for post in posts:
        post.runtime.stop()


@pytest.fixture
def post(make_post: Any) -> Post:
    made: Post = make_post()
    return made


def ear(uri: str | Path, name: str = "roof", **options: Any) -> Microphone:
    return Microphone(**{"pace": "fastest", **options}, id=name, uri=str(uri))


def processes(name: str = "roof") -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if " ".join(child.cmdline()).strip() == f"lamplighter: microphone {name}":
                found.append(child)
    return found


def test_what_is_heard_comes_with_its_model_and_the_number_of_the_opening(post: Post, tmp_path: Path) -> None:
    post.listen(ear(write_wav(tmp_path / "a.wav", with_bangs(street(2.0), [1.0]))))
    post.until(lambda: post.runtime.ended)
    assert [(here.microphone, here.opening, here.model, here.heard.phase) for here in post.heard] == [
        ("roof", 1, REF, Phase.NEW),
        ("roof", 1, REF, Phase.END),
    ]
    assert post.codes() == ()
    telemetry = post.runtime.hearing.telemetry()["roof"]
    assert (telemetry.state, telemetry.samples, telemetry.onsets_a_minute, telemetry.overruns) == ("ended", 2 * RATE_HZ, 1, 0)
    assert post.runtime.models == (REF,)


BAD = (
    ("nowhere.wav", "microphone-missing", "failed"),
    ("notes.wav", "microphone-not-sound", "failed"),
    ("two.wav", "microphone-channels", "failed"),
    ("slow.wav", "microphone-rate", "failed"),
    ("live:Exploding", "microphone-crashed", "retrying"),
    ("live:Segfaulting", "microphone-crashed", "retrying"),
    ("live:Hanging", "microphone-stalled", "retrying"),
    ("live:Mute", "microphone-stalled", "retrying"),
    ("live:Dead", "microphone-silent", "running"),
    ("live:Clipped", "microphone-clipped", "running"),
)
"""Each with its reason, and the state in which it is then."""


def test_each_is_named_within_five_seconds_and_none_harms_another(post: Post, tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_text("this is no sound\n" * 100)
    write_wav(tmp_path / "two.wav", street(0.5, channels=2))
    write_wav(tmp_path / "slow.wav", street(0.5, 8000), 8000)
    named = {f"m{i}": uri if uri.startswith("live:") else str(tmp_path / uri) for i, (uri, _, _) in enumerate(BAD)}
    post.listen(*(ear(uri, name) for name, uri in named.items()), ear("live:Noise", "good"))
    seen: dict[str, tuple[str, str]] = {}

    def all_seen() -> bool:
        for name in named:
            if name not in seen and post.codes(name):
                (code,) = post.codes(name)
                seen[name] = code, post.state(name)
        return len(seen) == len(BAD)

    assert post.until(all_seen) < 5.0 + 1.0  # the processes have to start first
    assert [seen[name] for name in named] == [(code, ends) for _, code, ends in BAD]
    before = post.samples("good")
    post.until(lambda: post.samples("good") > before)
    assert post.codes("good") == ()


def test_silence_is_noticed_within_five_seconds_on_a_real_box() -> None:
    policy = RuntimePolicy()
    assert ALIVE_EVERY_S < POLICY.silence_s < policy.silence_s < 5.0
    assert max(policy.sound_watch.dead_s, policy.sound_watch.clipped_s) < 5.0


def test_one_that_was_unplugged_comes_back_by_itself_in_a_new_process(post: Post) -> None:
    post.listen(ear("live:Unplugged", kind="alsa"))
    post.until(lambda: post.codes() == ("microphone-missing",))
    post.until(lambda: post.state() == "running")
    assert post.codes() == ()
    post.until(lambda: post.codes() == ("microphone-missing",))
    assert post.samples() > 0, "counts are of the boot"


def test_one_that_gives_sound_again_is_well_again(make_post: Any) -> None:
    post = make_post()
    post.listen(ear("live:Mending"))
    post.until(lambda: post.codes() == ("microphone-silent",))
    post.until(lambda: post.codes() == ())
    assert post.state() == "running"


def test_those_that_are_killed_or_stopped_are_opened_again(post: Post) -> None:
    ways = {"a": (signal.SIGKILL, "microphone-crashed"), "b": (signal.SIGSTOP, "microphone-stalled")}
    post.listen(*(ear("live:Noise", name) for name in ways))
    post.until(lambda: all(post.state(name) == "running" for name in ways))
    before = {name: processes(name)[0] for name in ways}
    for name, (number, _) in ways.items():
        before[name].send_signal(number)
    for name, (_, code) in ways.items():
        assert post.until(lambda name=name, code=code: (name, (code,)) in post.history) < 5.0  # type: ignore[misc]
    post.until(lambda: all(post.codes(name) == () and post.state(name) == "running" for name in ways))
    for name in ways:
        (after,) = processes(name)
        assert after.pid != before[name].pid


def test_what_hangs_while_it_listens_is_killed(make_post: Any) -> None:
    post = make_post(listener=listening.HANGING)
    post.listen(ear("live:Banging"))
    post.until(lambda: post.heard)
    assert post.until(lambda: post.codes() == ("microphone-stalled",)) < 5.0


@pytest.mark.parametrize(("uri", "listener"), [("live:Mute", listening.ENTRY), ("live:Banging", listening.HANGING)])
def test_one_that_is_alive_but_deaf_is_seen_and_opened_again_in_a_new_process(make_post: Any, uri: str, listener: str) -> None:
    """Row 53: no sound comes, or nothing listens to it."""
    post = make_post(listener=listener, silence_s=3.0)
    post.listen(ear(uri))
    post.until(processes)
    (before,) = processes()
    post.until(lambda: post.codes() == ("microphone-stalled",))
    attention = post.runtime.hearing.attention("gunshot")
    assert (attention.failures, attention.waiting) == ((0, 0) if uri == "live:Mute" else (1, 1)), "whose fault it was"
    post.until(lambda: processes() and processes() != [before])


def test_a_second_in_which_sound_was_lost_was_not_listened_to(post: Post) -> None:
    post.listen(ear("live:Losing"))
    post.until(lambda: post.runtime.hearing.attention("gunshot").failures >= 1)
    found = post.runtime.hearing.attention("gunshot")
    assert found.asked == found.heard + found.failures


def test_a_file_that_comes_back_is_picked_up(post: Post, tmp_path: Path) -> None:
    post.listen(ear(tmp_path / "a.wav"))
    post.until(lambda: post.state() == "failed")
    write_wav(tmp_path / "a.wav", street(1.0))
    assert post.until(lambda: post.state() == "ended") < 5.0
    assert post.codes() == ()


def test_without_a_model_nothing_is_opened_and_with_it_it_is(post: Post) -> None:
    post.planner.hears = NoPlan("model-missing", "gunshot: not a bundle")
    post.listen(ear("live:Noise"))
    assert post.codes() == ("model-missing",)
    assert post.state() == "failed"
    assert processes() == []
    post.planner.hears = HearingPlan(listening.MODEL, REF)
    post.runtime.switch("gunshot", post.planner)
    post.until(lambda: post.state() == "running")
    assert post.codes() == ()


def test_another_place_leaves_it_running_and_another_device_does_not(post: Post) -> None:
    one = ear("live:Noise", where=HERE)
    post.listen(one)
    post.until(lambda: post.state() == "running")
    (before,) = processes()
    post.listen(ear("live:Noise", where=Where(48.1, 11.6, heading=10.0), reference="north"))
    assert processes() == [before]
    post.listen(ear("live:Banging", where=HERE))
    post.until(lambda: post.heard)
    assert before not in processes()
    post.listen()
    post.until(lambda: not processes())
    assert post.runtime.hearing.telemetry() == {}


def test_an_array_that_is_turned_hears_in_another_direction() -> None:
    one = ear("live:Noise", channels=2, positions=((0, 0, 0), (0.1, 0, 0)), where=HERE)
    assert input_of(one) == input_of(ear("live:Noise", channels=2, positions=one.positions, where=Where(1, 2, heading=90.0)))
    assert input_of(one) != input_of(
        ear("live:Noise", channels=2, positions=one.positions, where=Where(52.5, 13.4, heading=91.0))
    )


def test_what_stands_against_one_goes_with_it(post: Post) -> None:
    post.listen(ear("nowhere.wav"))
    post.until(post.codes)
    post.listen()
    assert post.codes() == ()


def test_it_can_be_opened_anew_by_its_name(post: Post) -> None:
    post.listen(ear("live:Noise"))
    post.until(lambda: post.state() == "running")
    (before,) = processes()
    assert post.runtime.restart("roof")
    assert not post.runtime.restart("cellar")
    post.until(lambda: post.state() == "running")
    assert processes() != [before]


def test_the_end_ends_every_process(post: Post) -> None:
    post.listen(ear("live:Noise", "a"), ear("live:Mute", "b"))
    post.until(lambda: post.state("a") == "running")
    found = processes("a") + processes("b")
    post.runtime.stop()
    post.runtime = Post(POLICY).runtime  # which the fixture stops
    assert not [process for process in found if process.is_running()]
