"""The four roles of the repository, and the numbers that each starts with.

Rules: root and targets say what is trusted and are signed by people, whose keys are kept off this machine; snapshot and
timestamp say what is current and are signed by this machine, without anybody being asked. No key is both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeAlias

from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

ROOT, TARGETS, SNAPSHOT, TIMESTAMP = Root.type, Targets.type, Snapshot.type, Timestamp.type
OFFLINE = (ROOT, TARGETS)
ONLINE = (SNAPSHOT, TIMESTAMP)
ROLES = (*OFFLINE, *ONLINE)

Clock: TypeAlias = Callable[[], dt.datetime]
"""Now, in UTC."""

THRESHOLDS = {ROOT: 2, TARGETS: 2, SNAPSHOT: 1, TIMESTAMP: 1}
"""Two people for what boxes will run. More than one online key would lie on the same machine and be stolen with the first."""

DAYS = {ROOT: 365, TARGETS: 92, SNAPSHOT: 7, TIMESTAMP: 1}
"""How long a signature holds. Timestamp: the longest that somebody on the link can hold boxes back unnoticed. Snapshot: a
week, so that it does not run out together with the timestamp while the machine is away over some days; it changes with releases
anyway. Targets: a quarter, after which the two who sign confirm the same content if nothing was released. Root: the ceremony of
the year."""

MOST_DAYS = 3650
"""What is signed for longer than ten years is signed for ever."""

WARN_DAYS = {ROOT: 30, TARGETS: 14}
"""Before the end: the time that it takes to bring people and their keys together."""

REFRESH_AT = 0.5
"""Share of an online role's life that is left when it is signed anew: a timer that fails once has as much time again."""

WARN_AT = 0.25
"""Share of an online role's life at which the timer has evidently not run."""

LARGEST = {ROOT: 512_000, TARGETS: 5_000_000, SNAPSHOT: 2_000_000, TIMESTAMP: 16_384}
"""Bytes of metadata that TUF's clients read at most (``UpdaterConfig`` of the reference implementation). What is larger would
be published and never read."""

KEPT_VERSIONS = 8
"""Versions of targets and snapshot that stay in the public folder: for readers who are in the middle, and for caches in front
of it that give out a timestamp of some hours ago. Snapshots are signed twice a week, so that this is a month of them."""
