"""Taking orders: which of them begin something, change something, or are answered at once. Pure.

Rules:

- Orders say all that should run. An order that is no longer among them is withdrawn, unless the box has switched already: then
  the new release comes to its end, for or against.
- An order that was followed to its end (its nonce tells) is not followed again; to try again, the manager makes a new one.
- An order for another release of a bundle replaces the one that waits or is being fetched. It waits for one on probation.
- One bundle changes at a time; the others wait, in the order in which they came.
"""

from __future__ import annotations

import msgspec

from ota.device.errors import Why, reason
from ota.device.reports import told
from ota.device.resolve import objection
from ota.device.state import DECIDED, SWITCHED, Job, State
from ota.device.transitions import ended
from protocol.events import Reason, UpdateStep
from protocol.orders import Order, Orders, OrdersError

_replace = msgspec.structs.replace


def arrange(state: State, orders: Orders) -> State:
    """Take verified orders.

    Raises:
        OrdersError: these, or later ones, were taken before.
    """
    if orders.counter <= state.counter:
        msg = f"orders {orders.counter} are not newer than {state.counter}, which were taken already; they are played again"
        raise OrdersError(msg)
    state = _withdraw(_replace(state, counter=orders.counter), orders)
    for order in orders.orders:
        state = _take(state, Job(order=order, counter=orders.counter))
    return state


def enqueue(state: State, job: Job) -> State:
    """Take what a stick brings."""
    return _take(state, job)


def may_be_dropped(job: Job) -> bool:
    """Whether the box still runs what it ran before."""
    return job.phase not in SWITCHED | DECIDED


def _withdraw(state: State, orders: Orders) -> State:
    named = {order.bundle for order in orders.orders}
    for job in _jobs(state):
        if job.counter and job.bundle not in named and may_be_dropped(job):
            state = _drop(state, job, reason(Why.WITHDRAWN, "the manager orders it no longer", job.bundle))
    return state


def _take(state: State, new: Job) -> State:
    if state.done.get(new.bundle) == new.order.nonce:
        return state
    for job in _jobs(state):
        if job.bundle != new.bundle:
            continue
        if job.order.nonce == new.order.nonce:
            return _change(state, job, new.order, new.counter)
        if job.release == new.release and job.phase not in DECIDED:
            state = told(state, job, UpdateStep.REFUSED, reason(Why.SUPERSEDED, "ordered again", job.bundle))
            return told(_change(state, job, new.order, new.counter), new, UpdateStep.ACCEPTED)
        if may_be_dropped(job):
            state = _drop(state, job, reason(Why.SUPERSEDED, f"release {new.release} is ordered instead", job.bundle))
    refused = objection(state, new.bundle, new.release)
    if refused is not None:
        return told(state, new, UpdateStep.REFUSED, refused.reason(new.bundle))
    if new.release == state.running.get(new.bundle, 0) == state.committed.get(new.bundle, 0):
        return told(state, new, UpdateStep.SUCCEEDED)
    return told(_replace(state, waiting=(*state.waiting, new)), new, UpdateStep.ACCEPTED)


def _jobs(state: State) -> tuple[Job, ...]:
    return state.waiting if state.job is None else (state.job, *state.waiting)


def _change(state: State, job: Job, order: Order, counter: int) -> State:
    """Go on with a job under an order that says the same, with other windows perhaps."""
    changed = _replace(job, order=order, counter=counter)
    if job is state.job:
        return _replace(state, job=changed)
    return _replace(state, waiting=tuple(changed if item is job else item for item in state.waiting))


def _drop(state: State, job: Job, reason: Reason) -> State:
    state = told(state, job, UpdateStep.REFUSED, reason)
    if job is state.job:
        return ended(state)
    return _replace(state, waiting=tuple(item for item in state.waiting if item is not job))
