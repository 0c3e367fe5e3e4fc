"""Back-off, deadlines, order and meters: the runtime's arithmetic, without processes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.slots import SlotName
from edge.infer.outcome import DropReason
from edge.region import Region
from edge.runtime.backoff import Backoff, BackoffPolicy
from edge.runtime.deadline import DeadlinePolicy, InFlight
from edge.runtime.meters import Drops, Median, Rate
from edge.runtime.scheduler import Waiting
from edge.runtime.sequence import Sequence


def waiting(number: int, looks: int = 1) -> Waiting:
    return Waiting("a", 1, number, SlotName("a", 0, number), "m", (Region(0, 0, 1, 1),) * looks, 0.0)


class TestBackoff:
    policy = BackoffPolicy(first_s=0.5, cap_s=4.0, forgiven_after_s=10.0)

    def test_waits_double_up_to_the_cap(self) -> None:
        backoff = Backoff(self.policy)
        assert [backoff.failed(100.0) - 100.0 for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]

    def test_good_work_forgives(self) -> None:
        backoff = Backoff(self.policy)
        for _ in range(5):
            backoff.failed(0.0)
        backoff.worked(100.0)
        backoff.worked(105.0)
        assert backoff.failed(110.0) == 110.5

    def test_a_part_that_starts_well_and_breaks_at_once_is_not_forgiven(self) -> None:
        backoff = Backoff(self.policy)
        waits = []
        for now_s in (0.0, 10.0, 20.0, 30.0):
            backoff.worked(now_s)
            waits.append(backoff.failed(now_s + 1.0) - now_s - 1.0)
        assert waits == [0.5, 1.0, 2.0, 4.0]

    def test_a_thousand_failures_overflow_nothing(self) -> None:
        backoff = Backoff(self.policy)
        assert max(backoff.failed(0.0) for _ in range(2000)) == 4.0


class TestInFlight:
    policy = DeadlinePolicy(request_s=2.0, look_s=0.5)

    def test_only_the_oldest_runs_against_its_deadline(self) -> None:
        requests = InFlight(self.policy)
        assert requests.due_s() is None
        requests.asked(waiting(1, looks=4), 100.0)
        requests.asked(waiting(2, looks=1), 101.0)
        assert requests.full
        assert requests.due_s() == 104.0
        assert requests.answered(103.0) == waiting(1, looks=4)
        assert requests.due_s() == 105.5
        assert not requests.full

    def test_an_idle_accelerator_has_no_deadline(self) -> None:
        requests = InFlight(self.policy)
        requests.asked(waiting(1), 100.0)
        requests.answered(100.1)
        requests.asked(waiting(2), 500.0)
        assert requests.due_s() == 502.5

    def test_what_is_forgotten_comes_out_oldest_first(self) -> None:
        requests = InFlight(self.policy)
        requests.asked(waiting(1), 0.0)
        requests.asked(waiting(2), 0.0)
        assert [picture.number for picture in requests.clear()] == [1, 2]
        assert requests.due_s() is None
        assert requests.answered(1.0) is None


@given(st.permutations(range(8)))
def test_results_come_out_in_the_order_of_capture(settled: list[int]) -> None:
    sequence: Sequence[int] = Sequence()
    for number in range(8):
        sequence.expect(number)
    out: list[int] = []
    for number in settled:
        out += sequence.settle(number, number)
        assert out == list(range(len(out)))
    assert out == list(range(8))
    assert len(sequence) == 0


def test_a_result_that_nobody_expects_is_ignored() -> None:
    sequence: Sequence[str] = Sequence()
    sequence.expect(2)
    assert sequence.settle(1, "late") == []
    assert sequence.settle(2, "two") == ["two"]


def test_a_rate_is_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.per_second(0.0) == 0.0
    for i in range(101):
        rate.tick(i / 10)
    assert rate.per_second(10.0) == pytest.approx(10.0, rel=0.05)
    assert rate.per_second(12.5) == pytest.approx(5.0, rel=0.1)
    assert rate.per_second(100.0) == 0.0


def test_a_median_is_of_the_last_minute() -> None:
    median = Median()
    assert median.value(0.0) is None
    for i in range(5):
        median.add(float(i), 0.0)
    assert median.value(30.0) == 2.0
    median.add(100.0, 50.0)
    assert median.value(61.0) == 100.0


def test_drops_are_counted_by_name() -> None:
    drops = Drops()
    drops.add(DropReason.SUPERSEDED)
    drops.add(DropReason.SUPERSEDED)
    drops.add("timed-out")
    assert drops.as_dict() == {"superseded": 2, "timed-out": 1}
