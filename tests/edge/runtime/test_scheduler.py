"""Whose picture is looked at next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.capture.ring import MAX_AGE_S
from edge.capture.slots import SlotName
from edge.infer.outcome import DropReason
from edge.region import Region
from edge.runtime.scheduler import Scheduler, Waiting


def picture(source: str, number: int, captured_s: float = 0.0) -> Waiting:
    return Waiting(source, 1, number, SlotName(source, 0, number), "m", (Region(0, 0, 1, 1),), captured_s)


def test_a_real_time_source_has_its_newest_picture_waiting() -> None:
    queue = Scheduler()
    queue.add("a", 1)
    assert queue.offer(picture("a", 1), accelerator_up=True) == []
    (gone,) = queue.offer(picture("a", 2), accelerator_up=True)
    assert (gone.picture.number, gone.reason) == (1, DropReason.SUPERSEDED)
    taken = queue.take()
    assert taken is not None
    assert taken.number == 2
    assert queue.take() is None


def test_what_gives_way_while_no_accelerator_is_up_was_lost_to_that() -> None:
    queue = Scheduler()
    queue.add("a", 1)
    queue.offer(picture("a", 1), accelerator_up=False)
    (gone,) = queue.offer(picture("a", 2), accelerator_up=False)
    assert gone.reason is DropReason.ACCELERATOR_DOWN


def test_a_deep_queue_keeps_everything_in_order() -> None:
    queue = Scheduler()
    queue.add("a", 5)
    assert [queue.offer(picture("a", n), accelerator_up=True) for n in range(5)] == [[]] * 5
    assert [queue.take().number for _ in range(5)] == list(range(5))  # type: ignore[union-attr]


def test_a_busy_source_cannot_starve_a_quiet_one() -> None:
    queue = Scheduler()
    queue.add("busy", 5)
    queue.add("quiet", 1)
    for n in range(5):
        queue.offer(picture("busy", n), accelerator_up=True)
    first = queue.take()
    assert first is not None
    queue.offer(picture("quiet", 1), accelerator_up=True)
    second = queue.take()
    assert second is not None
    assert (first.source, second.source) == ("busy", "quiet")


def test_a_picture_that_waited_too_long_is_let_go() -> None:
    queue = Scheduler()
    queue.add("a", 5)
    queue.offer(picture("a", 1, 100.0), accelerator_up=True)
    queue.offer(picture("a", 2, 105.0), accelerator_up=True)
    assert queue.next_expiry_s() == 100.0 + MAX_AGE_S
    assert queue.expire(100.0 + MAX_AGE_S - 0.01) == []
    (gone,) = queue.expire(100.0 + MAX_AGE_S)
    assert (gone.picture.number, gone.reason) == (1, DropReason.DEADLINE)
    assert queue.next_expiry_s() == 105.0 + MAX_AGE_S


def test_a_source_that_is_removed_gives_its_pictures_back() -> None:
    queue = Scheduler()
    queue.add("a", 5)
    queue.offer(picture("a", 1), accelerator_up=True)
    (gone,) = queue.remove("a")
    assert gone.reason is DropReason.SOURCE_GONE
    assert queue.remove("a") == []
    assert queue.take() is None


@given(st.lists(st.tuples(st.sampled_from(["offer", "take", "expire", "remove"]), st.sampled_from("abc")), max_size=80))
def test_every_picture_comes_out_exactly_once(steps: list[tuple[str, str]]) -> None:
    queue = Scheduler()
    offered, out = [], []
    for now_s, (step, source) in enumerate(steps):
        queue.add(source, 1 if source == "a" else 3)
        if step == "offer":
            item = picture(source, now_s, float(now_s))
            offered.append(item)
            out += [gone.picture for gone in queue.offer(item, accelerator_up=True)]
        elif step == "take" and (taken := queue.take()) is not None:
            out.append(taken)
        elif step == "expire":
            out += [gone.picture for gone in queue.expire(float(now_s))]
        elif step == "remove":
            out += [gone.picture for gone in queue.remove(source)]
    for source in "abc":
        out += [gone.picture for gone in queue.remove(source)]
    assert sorted(out, key=lambda item: item.number) == offered
