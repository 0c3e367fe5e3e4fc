"""Saying what became of an order. Pure.

Rules:

- A report is written with the very state that it tells of, so that a power cut loses neither or both. From there it is handed
  on, and forgotten with a later write: each step is told at least once, and twice where a cut falls between the two.
- The last report of an order is final. Its nonce is remembered, and the order is not followed again when it comes again.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

import msgspec

from ota.device.state import Job, State
from protocol.events import OtaReport, Reason, UpdateStep
from protocol.orders import report_bytes

_MOST = 64
"""Reports that wait to be handed on: four of each of sixteen bundles."""

FINAL = frozenset({UpdateStep.SUCCEEDED, UpdateStep.ROLLED_BACK, UpdateStep.REFUSED})


def told(state: State, job: Job, step: UpdateStep, reason: Reason | None = None) -> State:
    """Add a report."""
    ratio = job.latency_ms / job.old_latency_ms if job.latency_ms is not None and job.old_latency_ms else None
    report = OtaReport(
        bundle=job.bundle,
        release=job.release,
        running=state.running.get(job.bundle, 0),
        step=step,
        counter=job.counter,
        nonce=job.order.nonce,
        reason=reason,
        fetched_bytes=job.fetched_bytes,
        agreement=None if job.agreement is None else round(job.agreement, 4),
        latency_ratio=None if ratio is None else round(ratio, 3),
    )
    done = {**state.done, job.bundle: job.order.nonce} if step in FINAL and job.counter else state.done
    return msgspec.structs.replace(state, reports=_bounded((*state.reports, report)), done=done)


def _bounded(reports: tuple[OtaReport, ...]) -> tuple[OtaReport, ...]:
    """As many as are kept; what is not final goes first."""
    while len(reports) > _MOST:
        out = next((at for at, report in enumerate(reports) if report.step not in FINAL), 0)
        reports = reports[:out] + reports[out + 1 :]
    return reports


def signed(report: OtaReport, fleet: str, device: str, sign: Callable[[bytes], bytes]) -> OtaReport:
    """Sign a report.

    Args:
        report: what is said.
        fleet: of this box.
        device: its name.
        sign: Ed25519 with the box's key.
    """
    signature = base64.urlsafe_b64encode(sign(report_bytes(fleet, device, report))).decode().rstrip("=")
    return msgspec.structs.replace(report, signature=signature)
