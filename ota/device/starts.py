"""Telling a crash loop from a lamppost whose light goes out every morning (rows 23, 29 and 61 of the faults). Pure.

A start while a new model is being tried, or is on probation, may be the model's doing: it crashes the agent, hangs until the
watchdog bites, takes all memory. Or somebody pulled a plug. What is known of a start decides how much it weighs:

- the agent said farewell before: nothing;
- the operating system has run on meanwhile, or a watchdog is known to have started it: the model is suspected in earnest. Three
  such starts in a row are a crash loop;
- the operating system has started anew and nobody knows why: a power cut, most likely. Five in a row without ever coming to
  good health are one too many, even for a contactor that bounces at dusk.

Rules: what starts have added up to is on the disk before the model is loaded again; it is forgotten as soon as the model has
been in good health for a while, which a lamppost that burns by night reaches every night.
"""

from __future__ import annotations

from ota.device.state import Job

CRASH = 5
RESTART = 3
LIMIT = 15
"""Three crashes, five unexplained starts of the system, or some of each."""


def strikes_after_start(job: Job, system: str, *, watchdog: bool) -> int:
    """What starts have added up to, with this one.

    Args:
        job: as it was before.
        system: names this start of the operating system.
        watchdog: whether a watchdog is known to have brought it about.
    """
    if job.orderly:
        return job.strikes
    return job.strikes + (CRASH if watchdog or system == job.system else RESTART)
