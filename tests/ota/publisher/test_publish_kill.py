"""Row 16 and 17, for the publisher: wherever it dies, readers are served, and doing it again gives the same end."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from ota.publisher.errors import PendingError
from ota.publisher.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from tests.ota.publisher.crashing import Cut, CutDisk, ForgetfulDisk, LazyDisk
from tests.ota.publisher.site import ENGINEERS, Reader, Site, serving

NAMES = ("rename", "unlink")
"""Steps at which something changes that others see."""
ALL = ("write", "sync", "rename", "unlink", "make")


def publish(site: Site) -> None:
    site.publisher.publish()


def refresh(site: Site) -> None:
    site.publisher.refresh(force=True)


def add_and_remove(site: Site) -> None:
    site.add("1.0.1", size=600)
    site.publisher.remove("plate-reader", 1)
    site.sign(TARGETS, *ENGINEERS)


def new_online_key(site: Site) -> None:
    new = site.role(["online-2"], 1).keys
    for role in (SNAPSHOT, TIMESTAMP):
        site.publisher.rotate(role, new, ["online"], signers={"online-2": site.signer("online-2")})
    site.sign(ROOT, "root-1", "root-2")


def new_engineers(site: Site) -> None:
    site.publisher.rotate(TARGETS, site.role(["engineer-3", "engineer-4"], 2).keys, ENGINEERS)
    site.sign(ROOT, "root-1", "root-2")
    site.sign(TARGETS, *ENGINEERS, "engineer-3", "engineer-4")


def new_root_key_and_release(site: Site) -> None:
    site.publisher.rotate(ROOT, site.role(["root-4"], 1).keys, ["root-1"])
    site.add("1.0.1", size=600)
    site.sign(ROOT, "root-1", "root-2", "root-4")
    site.sign(TARGETS, *ENGINEERS)


@dataclass(frozen=True)
class Scenario:
    prepare: Callable[[Site], None]
    act: Callable[[Site], None]


SCENARIOS = {
    "a release comes, another goes": Scenario(add_and_remove, publish),
    "another online key": Scenario(new_online_key, publish),
    "other engineers": Scenario(new_engineers, publish),
    "another root key, and a release": Scenario(new_root_key_and_release, publish),
    "a refreshment": Scenario(lambda _: None, refresh),
}


class Stage:
    """A prepared repository with a reader that has followed it so far, copied for every cut."""

    def __init__(self, site: Site, url: str) -> None:
        self._site = site
        self._url = url
        self._count = 0
        self.follower = site.reader("follower")
        self.follower.refresh(f"{url}/public")

    def copy(self) -> tuple[Site, Reader, str]:
        self._count += 1
        copied = Site(self._site.folder / "cuts" / str(self._count))
        ignored = shutil.ignore_patterns("bundles", "keys", "cuts")
        shutil.copytree(self._site.folder, copied.folder, ignore=ignored)
        copied.clock.now = self._site.clock.now
        (copied.folder / "keys").symlink_to(self._site.folder / "keys")
        follower = Reader(copied.folder / "follower", self.follower.root, dict(self.follower.seen))
        return copied, follower, f"{self._url}/cuts/{self._count}/public"


@pytest.fixture
def stage(site: Site, request: pytest.FixtureRequest) -> Iterator[Stage]:
    with serving(site.folder) as url:
        made = Stage(site, url)
        SCENARIOS[request.param].prepare(site)
        yield made


def check_cut(stage: Stage, act: Callable[[Site], None], disk: CutDisk) -> bool:
    """Cut once, look as readers do, do it again, look again. Gives whether the cut was reached."""
    site, follower, url = stage.copy()
    site.disk = disk
    try:
        act(site)
    except Cut:
        cut = True
    else:
        cut = False
    if isinstance(disk, ForgetfulDisk):
        disk.forget()
    fresh = site.reader("fresh")
    follower.refresh(url)
    fresh.fetch_all(fresh.refresh(url))
    site.disk = LazyDisk()
    with suppress(PendingError):  # it was done already
        act(site)
    assert not site.publisher.verify().findings
    assert not site.publisher.status().pending
    follower.refresh(url)
    fresh.fetch_all(fresh.refresh(url))
    assert follower.seen == fresh.seen
    shutil.rmtree(site.folder)
    return cut


def cuts(stage: Stage, act: Callable[[Site], None], kinds: tuple[str, ...]) -> list[tuple[str, Path]]:
    """Where it could be cut."""
    site, _, _ = stage.copy()
    disk = CutDisk(kinds=kinds)
    site.disk = disk
    act(site)
    return disk.steps


@pytest.mark.parametrize("stage", SCENARIOS, indirect=True)
def test_killed_at_every_name_that_changes(stage: Stage, request: pytest.FixtureRequest) -> None:
    act = SCENARIOS[request.node.callspec.params["stage"]].act
    steps = cuts(stage, act, NAMES)
    assert {"state.json", "timestamp.json"} <= {path.name for _, path in steps}
    alike = [at for at, (_, path) in enumerate(steps, 1) if "targets" in path.parts]  # nobody sees them before the metadata
    for at in sorted({*range(1, len(steps) + 1)} - {*alike[1:-1]}):
        assert check_cut(stage, act, CutDisk(at, NAMES)), steps[at - 1]


@pytest.mark.parametrize("stage", SCENARIOS, indirect=True)
def test_power_cut_that_forgets_what_was_not_brought_to_the_disk(stage: Stage, request: pytest.FixtureRequest) -> None:
    act = SCENARIOS[request.node.callspec.params["stage"]].act
    steps = cuts(stage, act, ALL)
    chance = random.Random(7)
    chosen = [at for at, (kind, _) in enumerate(steps, 1) if kind in {"sync", "rename"}]
    for at in chance.sample(chosen, 8):
        assert check_cut(stage, act, ForgetfulDisk(at, ALL, lambda: chance.random() < 0.7)), steps[at - 1]


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("stage", SCENARIOS, indirect=True)
def test_cut_at_every_step_in_many_ways(stage: Stage, request: pytest.FixtureRequest) -> None:
    act = SCENARIOS[request.node.callspec.params["stage"]].act
    chance = random.Random(11)
    for at in range(1, len(cuts(stage, act, ALL)) + 1):
        assert check_cut(stage, act, CutDisk(at, ALL))
        for share in (0.3, 1.0):
            assert check_cut(stage, act, ForgetfulDisk(at, ALL, lambda share=share: chance.random() < share))  # type: ignore[misc]


PROCESS = """
import sys
from pathlib import Path
from tests.ota.publisher.crashing import CutDisk
from tests.ota.publisher.site import Site
site = Site(Path(sys.argv[1]), CutDisk(int(sys.argv[2]), ("rename", "unlink"), kill=True))
site.publisher.publish()
"""


@pytest.mark.parametrize("stage", ["another root key, and a release"], indirect=True)
def test_a_real_process_is_killed(stage: Stage) -> None:
    steps = [path.name for _, path in cuts(stage, publish, NAMES)]
    places = [steps.index("state.json") + 1, steps.index("timestamp.json") + 1]
    for at in places:
        site, follower, url = stage.copy()
        done = subprocess.run([sys.executable, "-c", PROCESS, str(site.folder), str(at)], check=False, timeout=60)
        assert done.returncode == -9
        follower.refresh(url)
        site.publisher.publish()
        assert not site.publisher.verify().findings
        assert follower.fetch_all(follower.refresh(url)) == 10
        assert follower.seen == {"root": 2, "targets": 2, "snapshot": 2, "timestamp": 2}
