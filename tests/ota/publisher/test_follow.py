"""Whatever is done with a repository, in whatever order: readers that follow it are served, and no version falls."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ota.publisher.catalogue import catalogue
from ota.publisher.errors import PendingError, ReleaseRefusedError, SignatureError
from ota.publisher.live import Live
from ota.publisher.roles import OFFLINE, ROLES
from ota.publisher.signatures import keys_of, owner
from tests.ota.publisher.bundles import NAME
from tests.ota.publisher.crashing import Cut, CutDisk, LazyDisk
from tests.ota.publisher.site import NO_DELTAS, Site, published, serving


class Repository(RuleBasedStateMachine):
    """Engineers, owners of roots, a timer and a power cut, each at any time."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(tempfile.mkdtemp())
        self.stack.callback(shutil.rmtree, self.folder)
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        path = self.folder / "workshop/workshop.json"
        path.write_text(path.read_text().replace(str(self.template), str(self.folder)))
        self.site = Site(self.folder)
        self.url = self.stack.enter_context(serving(self.site.public))
        self.reader = self.site.reader()
        self.content = 1
        self.keys = 0
        self.readers = 0
        self.known: dict[int, str] = {}
        """What a number meant when it was out."""

    def teardown(self) -> None:
        self.stack.close()

    def live(self) -> Live:
        found = self.site.publisher._workshop.live()
        assert found is not None
        return found

    @initialize()
    def first(self) -> None:
        self.served()

    @rule(changed=st.booleans())
    def add(self, changed: bool) -> None:
        self.content += changed
        self.site.add(f"1.0.{self.content}", bytes([self.content % 256]) * 64)

    @rule(number=st.integers(1, 6))
    def again(self, number: int) -> None:
        with contextlib.suppress(ReleaseRefusedError):  # there is none of that number
            self.site.publisher.again(NAME, number, NO_DELTAS)

    @rule(number=st.integers(1, 6))
    def remove(self, number: int) -> None:
        with contextlib.suppress(ReleaseRefusedError):  # as above
            self.site.publisher.remove(NAME, number)

    @rule(role=st.sampled_from(OFFLINE))
    def renew(self, role: str) -> None:
        self.site.publisher.renew(role)

    @rule(role=st.sampled_from(ROLES), replace=st.booleans())
    def rotate(self, role: str, replace: bool) -> None:
        self.keys += 1
        name = f"{role}-new-{self.keys}"
        latest = self.site.publisher._workshop.pending_root() or self.live().root
        gone = [min(owner(key) for key in keys_of(latest.signed, role))] if replace else []
        signers = {} if role in OFFLINE else {name: self.site.signer(name)}
        self.site.publisher.rotate(role, self.site.role([name], 1).keys, gone, None, signers)

    @rule(role=st.sampled_from(OFFLINE))
    def discard(self, role: str) -> None:
        with contextlib.suppress(PendingError):  # nothing is
            self.site.publisher.discard(role)

    @rule(role=st.sampled_from(OFFLINE), most=st.integers(1, 6))
    def sign(self, role: str, most: int) -> None:
        for item in self.site.publisher.status().pending:
            if item.role == role:
                names = sorted({name for tally in item.signatures for name in tally.missing})
                self.site.sign(role, *names[:most])

    @rule(roles=st.sampled_from((OFFLINE, OFFLINE[:1], OFFLINE[1:])), at=st.none() | st.integers(1, 40))
    def everybody_signs_and_it_is_published(self, roles: tuple[str, ...], at: int | None) -> None:
        for role in roles:
            self.sign(role, 99)
        if at is None:
            self.publish()
        else:
            self.publish_and_lose_power(at)

    @rule()
    def publish(self) -> None:
        with contextlib.suppress(PendingError, SignatureError):  # nothing is pending, or too few have signed
            self.site.publisher.publish()
        self.served()

    @rule(at=st.integers(1, 40))
    def publish_and_lose_power(self, at: int) -> None:
        self.site.disk = CutDisk(at, ("rename", "unlink"))
        with contextlib.suppress(PendingError, SignatureError, Cut):
            self.site.publisher.publish()
        self.site.disk = LazyDisk()
        self.served()

    @rule(hours=st.integers(1, 60))
    def time_passes_and_the_timer_runs(self, hours: int) -> None:
        self.site.clock.advance(hours=hours)
        self.site.publisher.refresh()
        self.served()
        assert not self.site.publisher.verify().findings

    @invariant()
    def a_number_means_one_content_for_ever(self) -> None:
        out = {number: item.manifest.hashes["sha256"] for (_, number), item in catalogue(self.live().targets.signed).items()}
        for number, digest in out.items():
            assert self.known.setdefault(number, digest) == digest
        for gone in self.known.keys() - out.keys():
            self.known[gone] = "gone"

    def served(self) -> None:
        """A reader that follows, and one that is new and fetches everything."""
        now = self.site.clock()
        self.reader.refresh(self.url, now)
        self.readers += 1
        fresh = self.site.reader(f"fresh-{self.readers}")
        fresh.fetch_all(fresh.refresh(self.url, now))
        assert fresh.seen == self.reader.seen


@pytest.fixture
def repository(tmp_path: Path) -> type[Repository]:
    published(tmp_path)
    return type("Here", (Repository,), {"template": tmp_path})


def test_readers_are_served_whatever_is_done(repository: type[Repository]) -> None:
    run_state_machine_as_test(repository, settings=settings(max_examples=12, stateful_step_count=20, deadline=None))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_readers_are_served_whatever_is_done_at_length(repository: type[Repository]) -> None:
    run_state_machine_as_test(repository, settings=settings(max_examples=200, stateful_step_count=50, deadline=None))
