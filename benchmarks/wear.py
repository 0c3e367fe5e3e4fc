"""What a box writes to its card in a year.

What is measured: days of the agent's own outbox, lived as quickly as the machine can (:mod:`benchmarks.wear_driver`), with a
count every ten seconds and ten alerts a day, each of four events. The outbox is all that an agent writes while it runs.

Judged is what the kernel charges to the process (``write_bytes``, proc_pid_io(5)): pages that it made dirty. A file system adds
its own journal; where this process may mount one of its own (ext4 in memory, as on a card's partition), what reached the block
device is told beside.

Without a link the outbox fills for a week and is then full; the worse of the two is the figure.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import msgspec

from benchmarks.figure import Figure, Options, Skipped
from benchmarks.wear_driver import DAY_S, Job, Wear

DESCRIPTION = "Gigabytes that a box writes to its card in a year, with a link and without"

YEAR_DAYS = 365.25
ONLINE_GB = 5.0
OFFLINE_GB = 30.0

_IMAGE_MB = 512
_LIMIT_BYTES = 64_000_000
_SMALL_BYTES = 1_000_000
"""Full after a few hours, not after a week; what a commit writes does not depend on how much there is."""

_SETTLE_S = 4 * 3600
"""Until the write-ahead log has its full length for the first time; before, the file system also writes how long it is."""

_DRIVER_S = 1500.0

_MOUNT = (
    "mount -t tmpfs -o size={size}m lamplighter-wear {folder} && truncate -s {size}m {folder}/image "
    "&& mkfs.ext4 -q -b 4096 -E lazy_itable_init=0,lazy_journal_init=0 {folder}/image "
    '&& mkdir {folder}/card && mount -o loop,noatime {folder}/image {folder}/card && exec "$@"'
)
"""In a namespace of its own, so that nothing stays mounted whatever happens."""


def run(options: Options) -> Iterator[Figure]:
    """Live a while with a link, then without one."""
    days = 0.28 if options.quick else 3.0
    options.progress("with a link")
    yield from _figures("gb_per_year", ONLINE_GB, {"all acknowledged": live(days, _SETTLE_S, link=True)}, options)
    options.progress("without a link, filling")
    filling = live(days, _SETTLE_S, link=False)
    options.progress("without a link, full")
    full = live(days, _SETTLE_S, link=False, limit_bytes=_SMALL_BYTES)
    if filling.evicted or not full.evicted:
        msg = f"the outbox was not in the state that was to be measured: {filling}, {full}"
        raise RuntimeError(msg)
    yield from _figures("gb_per_year_offline", OFFLINE_GB, {"filling": filling, "full": full}, options)


def _figures(name: str, target: float, lives: dict[str, Wear], options: Options) -> Iterator[Figure]:
    what = f"a count every 10 s, ten alerts a day, {', '.join(lives)}" + (", short form" if options.quick else "")
    charged = [_gb_per_year(life, life.written) for life in lives.values()]
    yield Figure(
        name=name,
        value=max(charged),
        unit="GB",
        n=sum(life.events for life in lives.values()),
        low=min(charged),
        high=max(charged),
        target=target,
        against=f"{what}; charged to the process",
    )
    reached = [_gb_per_year(life, life.device) for life in lives.values() if life.device is not None]
    if reached:
        yield Figure(
            name=f"{name}_at_device",
            value=max(reached),
            unit="GB",
            n=sum(life.events for life in lives.values()),
            low=min(reached),
            high=max(reached),
            target=target,
            against=f"{what}; written to the block device, with the journal of ext4",
        )


def _gb_per_year(life: Wear, written: int) -> float:
    return written / life.seconds * DAY_S * YEAR_DAYS / 1e9


def live(days: float, warm_s: int, *, link: bool, limit_bytes: int = _LIMIT_BYTES) -> Wear:
    """Live on a file system of its own where that is allowed, else where temporary files lie."""
    with tempfile.TemporaryDirectory(prefix="wear-") as name:
        job = Job(folder=name, link=link, days=days, limit_bytes=limit_bytes, private=False, warm_s=warm_s)
        with contextlib.suppress(subprocess.CalledProcessError):
            own = msgspec.structs.replace(job, folder=f"{name}/card", private=True)
            mount = _MOUNT.format(size=_IMAGE_MB, folder=name)
            return _drive(["unshare", "--mount", "--propagation", "private", "sh", "-ec", mount, "sh"], own)
        if file_system(name) == "tmpfs":
            msg = "temporary files lie in memory, where nothing is written; set TMPDIR to a folder on a disk"
            raise Skipped(msg)
        return _drive([], job)


def file_system(folder: str) -> str:
    """Kind of the file system under a folder."""
    done = subprocess.run(["stat", "-f", "-c", "%T", folder], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _drive(prefix: list[str], job: Job) -> Wear:
    command = [*prefix, sys.executable, "-m", "benchmarks.wear_driver", msgspec.json.encode(job).decode()]
    if prefix and shutil.which(prefix[0]) is None:
        raise subprocess.CalledProcessError(127, prefix)
    done = subprocess.run(command, check=False, capture_output=True, timeout=_DRIVER_S)
    if b"Traceback" in done.stderr:
        raise RuntimeError(done.stderr.decode()[-1000:])
    done.check_returncode()
    return msgspec.json.decode(done.stdout, type=Wear)
