"""What a stick brings that is worth having. Pure.

Rules: a stick is a repository like any other, and believed as little; it is chosen from by nobody's order, so only what is
newer than all that this box runs, waits for or has tried is taken.
"""

from __future__ import annotations

from collections.abc import Collection

from ota.device.catalogue import Catalogue
from ota.device.state import State
from protocol.release import MANIFEST_FILE


def offered(catalogue: Catalogue, state: State, bundles: Collection[str]) -> tuple[tuple[str, int], ...]:
    """Of each bundle that this box has, the highest release, if it is newer.

    Args:
        catalogue: signed metadata.
        state: what the box runs, waits for and has tried.
        bundles: that the box has.
    """
    highest: dict[str, int] = {}
    for path in catalogue.paths():
        bundle, _, rest = path.partition("/")
        release, _, file = rest.partition("/")
        if bundle in bundles and file == MANIFEST_FILE and release.isascii() and release.isdecimal() and len(release) < 16:  # noqa: PLR2004 - so that it is below 2**53
            highest[bundle] = max(highest.get(bundle, 0), int(release))
    return tuple(
        (bundle, release)
        for bundle, release in sorted(highest.items())
        if release > _known(state, bundle) and not state.is_quarantined(bundle, release)
    )


def _known(state: State, bundle: str) -> int:
    jobs = state.waiting if state.job is None else (state.job, *state.waiting)
    ordered = [job.release for job in jobs if job.bundle == bundle]
    return max(state.running.get(bundle, 0), state.committed.get(bundle, 0), *ordered, 0)
