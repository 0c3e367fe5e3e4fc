"""What orders begin, change and answer: one table of rules, and a walk of many orders that keeps them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota.device import transitions
from ota.device.queue import arrange, enqueue
from ota.device.reports import FINAL, signed, told
from ota.device.state import DECIDED, SWITCHED, Job, Part, Phase, Quarantined, Staged, State
from protocol.events import OtaReport, Reason, UpdateStep
from protocol.orders import Order, Orders, OrdersError, report_bytes

READER, FINDER = "plate-reader", "person-finder"


def nonce(number: int) -> str:
    return f"{number:032x}"


def order(release: int, number: int, bundle: str = READER) -> Order:
    return Order(bundle, release, nonce(number))


def orders(counter: int, *which: Order) -> Orders:
    return Orders("harbour", "lamp-1", counter, which)


def job(release: int, number: int, phase: Phase = Phase.DOWNLOAD, bundle: str = READER) -> Job:
    return Job(order=order(release, number, bundle), counter=1, phase=phase)


def steps(state: State) -> list[tuple[int, str, str]]:
    """What was said: number of the nonce, step, reason."""
    return [(int(r.nonce, 16), r.step.value, "" if r.reason is None else r.reason.code) for r in state.reports]


def test_row_12_orders_that_were_taken_are_not_taken_again() -> None:
    state = arrange(State(), orders(5, order(1, 1)))
    assert state.counter == 5
    for counter in (1, 4, 5):
        with pytest.raises(OrdersError, match=f"orders {counter} are not newer than 5"):
            arrange(state, orders(counter, order(1, 1)))
    assert arrange(state, orders(6, order(1, 1))).counter == 6


RUNS_2 = State(running={READER: 2}, good={READER: 2}, committed={READER: 2})


@pytest.mark.parametrize(
    ("before", "ordered", "said", "waits", "works"),
    [
        pytest.param(State(), [order(1, 1)], [(1, "accepted", "")], [1], None, id="something new"),
        pytest.param(RUNS_2, [order(2, 1)], [(1, "succeeded", "")], [], None, id="what runs already"),
        pytest.param(RUNS_2, [order(1, 1)], [(1, "refused", "older")], [], None, id="8: something older"),
        pytest.param(
            State(quarantine=(Quarantined(bundle=READER, release=3, code="hot"),)),
            [order(3, 1)], [(1, "refused", "quarantined")], [], None, id="what has failed here",
        ),
        pytest.param(State(done={READER: nonce(1)}), [order(1, 1)], [], [], None, id="what came to its end"),
        pytest.param(
            State(job=job(3, 1)), [order(4, 2)], [(1, "refused", "superseded"), (2, "accepted", "")], [4], None,
            id="another release while one is fetched",
        ),
        pytest.param(
            State(job=job(3, 1, Phase.PROBATION)), [order(4, 2)], [(2, "accepted", "")], [4], 3,
            id="another release while one is on probation",
        ),
        pytest.param(State(job=job(3, 1)), [order(3, 1)], [], [], 3, id="the same"),
        pytest.param(
            State(job=job(3, 1, Phase.SHADOW)), [order(3, 2)], [(1, "refused", "superseded"), (2, "accepted", "")], [], 3,
            id="the same release, ordered anew",
        ),
        pytest.param(State(job=job(3, 1)), [], [(1, "refused", "withdrawn")], [], None, id="nothing any more"),
        pytest.param(State(job=job(3, 1, Phase.SWITCH)), [], [], [], 3, id="nothing any more, too late"),
        pytest.param(State(job=job(3, 1, Phase.QUARANTINE)), [], [], [], 3, id="nothing any more, over already"),
        pytest.param(
            State(job=Job(order=order(3, 1), counter=0)), [], [], [], 3, id="nothing any more, and a stick is at work"
        ),
        pytest.param(
            State(waiting=(job(3, 1), job(5, 2, bundle=FINDER))),
            [order(4, 3)], [(2, "refused", "withdrawn"), (1, "refused", "superseded"), (3, "accepted", "")], [4], None,
            id="others while some wait",
        ),
        pytest.param(
            State(job=job(3, 1)), [order(3, 1), order(5, 2, FINDER)], [(2, "accepted", "")], [5], 3, id="another bundle waits"
        ),
    ],
)  # fmt: skip
def test_what_an_order_does(
    before: State, ordered: list[Order], said: list[tuple[int, str, str]], waits: list[int], works: int | None
) -> None:
    state = arrange(before, orders(9, *ordered))
    assert steps(state) == said
    assert [item.release for item in state.waiting] == waits
    assert (state.job.release if state.job else None) == works
    assert state.running == before.running


def test_windows_of_an_order_may_change() -> None:
    later = msgspec.structs.replace(order(3, 1), rollout="018f2f6e-0000-7000-8000-000000000000")
    state = arrange(State(job=job(3, 1, Phase.SHADOW)), orders(9, later))
    assert state.job is not None
    assert (state.job.order, state.job.counter, state.job.phase) == (later, 9, Phase.SHADOW)


def test_a_report_is_signed_with_all_it_says() -> None:
    report = told(State(running={READER: 2}), job(3, 1), UpdateStep.ACCEPTED).reports[0]
    seen: list[bytes] = []

    def sign(data: bytes) -> bytes:
        seen.append(data)
        return bytes(range(64))

    made = signed(report, "harbour", "lamp-1", sign)
    assert seen == [report_bytes("harbour", "lamp-1", report)]
    assert len(made.signature) == 86
    msgspec.json.decode(msgspec.json.encode(made), type=OtaReport)
    assert (report.running, report.counter, report.nonce) == (2, 1, nonce(1))


def test_when_nobody_takes_reports_the_last_words_are_kept() -> None:
    state = State()
    for number in range(80):
        state = told(state, job(1, number + 1), UpdateStep.ACCEPTED)
        state = told(state, job(1, number + 1), UpdateStep.SUCCEEDED if number % 2 else UpdateStep.FETCHED)
    assert len(state.reports) == 64
    assert sum(report.step in FINAL for report in state.reports) == 40


def test_a_stick_does_not_make_an_order_forgotten() -> None:
    state = State(done={READER: nonce(7)})
    assert told(state, Job(order=order(3, 1), counter=0), UpdateStep.SUCCEEDED).done == {READER: nonce(7)}


REASON = Reason("hot", READER)


@given(st.data())
def test_whatever_happens_pointers_point_to_what_is_staged(data: st.DataObject) -> None:
    """A walk through orders and outcomes, as the machine takes them, without a machine."""
    state = State()
    ended: list[tuple[str, str]] = []
    for number in range(1, data.draw(st.integers(1, 25)) + 1):
        if state.job is None and state.waiting:
            state = transitions.begun(state)
        current = state.job
        if current is None or data.draw(st.integers(0, 3)) == 0:
            state = ordered_something(data, state, number)
        elif data.draw(st.integers(0, 3)) == 0:
            state = failed(state, current, blame=data.draw(st.booleans()))
        else:
            state = gone_on(state, current)
        check(state)
        ended += [(report.nonce, report.bundle) for report in state.reports if report.step in FINAL]
        state = msgspec.structs.replace(state, reports=())
    assert len(ended) == len(set(ended)), "each order ends once"


def ordered_something(data: st.DataObject, state: State, number: int) -> State:
    releases = st.integers(1, 6)
    if data.draw(st.integers(0, 4)) == 0:
        return enqueue(state, Job(order=order(data.draw(releases), number), counter=0))
    names = data.draw(st.lists(st.sampled_from([READER, FINDER]), unique=True))
    return arrange(state, orders(number, *(order(data.draw(releases), number, name) for name in names)))


def failed(state: State, current: Job, *, blame: bool) -> State:
    if current.phase in SWITCHED:
        return transitions.going_back(state, current, REASON, blame=blame)
    return state if current.phase in DECIDED else transitions.refused(state, current, REASON, blame=blame)


def stage(state: State, current: Job) -> State:
    parts = (Part(file="manifest.json", size=1, sha256="0" * 64),)
    made = Staged(bundle=current.bundle, release=current.release, form="x", parts=parts)
    others = tuple(item for item in state.staged if (item.bundle, item.release) != (made.bundle, made.release))
    return transitions.moved(msgspec.structs.replace(state, staged=(*others, made)), current, Phase.GOLDEN)


ENDS: dict[Phase, Callable[[State, Job], State]] = {
    Phase.STAGE: stage,
    Phase.SHADOW: transitions.switched,
    Phase.SWITCH: transitions.on_probation,
    Phase.PROBATION: transitions.committed,
    Phase.ROLLBACK: transitions.gone_back,
    Phase.COMMIT: lambda state, _: transitions.ended(state),
    Phase.QUARANTINE: lambda state, _: transitions.ended(state),
}


def gone_on(state: State, current: Job) -> State:
    if current.phase in ENDS:
        return ENDS[current.phase](state, current)
    phases = list(Phase)
    return transitions.moved(state, current, phases[phases.index(current.phase) + 1])


def check(state: State) -> None:
    staged = {(item.bundle, item.release) for item in state.staged}
    for pointers in (state.running, state.good, state.spare):
        assert all(release and (bundle, release) in staged for bundle, release in pointers.items())
    for bundle, release in state.good.items():
        assert release <= state.committed[bundle]
    for entry in state.quarantine:
        assert state.job is not None or state.running.get(entry.bundle) != entry.release
    per_bundle = [sum(item.bundle == bundle for item in state.staged) for bundle in (READER, FINDER)]
    assert max(per_bundle) <= 3
