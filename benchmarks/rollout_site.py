"""A manager with many boxes: enrolled in bulk, each with a certificate of its own, behind a real broker."""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives import serialization
from sqlalchemy import insert, select

from benchmarks.real_box import cpu_s
from benchmarks.real_manager import FLEET, RealManager, real_manager
from benchmarks.rollout_boxes import HARDWARE, Work
from benchmarks.uplink_site import broker_kind
from edge.identity.files import IdentityFiles
from fleet.accounts.accounts import Accounts, Role
from fleet.identity.authority import Authority
from fleet.store.database import open_engine, writing
from fleet.store.tables import device, rollout_box
from hardware.system import memory_mb
from simulator.devices.updates import UpdateModel
from simulator.enrolment import sign_in
from simulator.loopback import HOST
from simulator.updates.bundles import files_of
from simulator.updates.repository import Repository

BUNDLE = "person-vehicle-fast"
SECOND = "second"
_PASSWORD = "a second person looks at it"
_CONNECT_S = 180.0
_OVER = {"completed", "stopped", "aborted"}
_LOOK_S = 0.25
_AT_ONCE = 500
_STOP_S = 30.0


@dataclass(frozen=True)
class Ended:
    """How a rollout went.

    Attributes:
        seconds: from its start to its end.
        cpu_s: that the manager's processes (ingest, rollouts, web) used meanwhile.
        memory_mb: their proportional set size at the end.
        counts: boxes by how they ended.
        failed: names of those that failed.
        ordered: boxes that were given the order at all, by group.
    """

    state: str
    reason: str
    seconds: float
    cpu_s: float
    memory_mb: float
    counts: dict[str, int]
    failed: frozenset[str]
    ordered: dict[str, int]


class Site:
    """Use :func:`open_site`."""

    def __init__(self, manager: RealManager, folder: Path, count: int) -> None:
        self._manager, self._folder = manager, folder
        self.names = tuple(f"box-{number:05d}" for number in range(count))
        self._engine = open_engine(manager.config.store_url)
        Accounts(self._engine).add(SECOND, Role.ENGINEER, _PASSWORD, "bench")
        self._tokens = {"first": manager.token, SECOND: sign_in(manager.config.url, SECOND, _PASSWORD)}
        self._enrol()

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()

    def publish(self, *releases: int) -> None:
        """Publish releases of ``BUNDLE`` for the boxes' hardware, where the manager reads them."""
        repository = Repository(dt.datetime.now(dt.timezone.utc))
        for release in releases:
            repository.add(files_of(BUNDLE, release), release, hardware=(HARDWARE,))
        repository.publish()
        repository.write_to(self._manager.config.repository)

    @contextlib.contextmanager
    def boxes(self, model: UpdateModel, seed: int, bad: frozenset[str]) -> Iterator[None]:
        """All boxes up, until the block ends.

        Args:
            model: how they update.
            seed: of all that is drawn.
            bad: boxes on which every release goes wrong.

        Raises:
            TimeoutError: not all of them connect in time.
            RuntimeError: their process ended, with the end of what it said.
        """
        config = self._manager.config
        work = Work(str(self._folder), FLEET, self.names, HOST, config.mqtt_port, BUNDLE, model, seed, tuple(sorted(bad)))
        (self._folder / "work.json").write_bytes(msgspec.json.encode(work))
        with (self._folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.rollout_boxes", str(self._folder / "work.json")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        connected = [0]
        reader = threading.Thread(target=_read, args=(process, connected), daemon=True)
        reader.start()
        try:
            self._wait(lambda: connected[0] == len(self.names), _CONNECT_S, process, lambda: f"{connected[0]} are connected")
            self._wait(self._all_heard, _CONNECT_S, process, lambda: "not all were born")
            yield
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            reader.join()
            assert process.stdout is not None
            process.stdout.close()

    def roll_out(self, plan: dict[str, Any], limit_s: float) -> Ended:
        """Plan, approve by another, start, and wait for the end.

        Raises:
            TimeoutError: it does not end in time.
        """
        with httpx.Client(base_url=f"{self._manager.config.url}/api/v1/", timeout=60.0, trust_env=False) as client:
            number = self._ask(client, "first", "POST", "rollouts", plan)["number"]
            self._ask(client, SECOND, "POST", f"rollouts/{number}/approve", {})
            before_s, began_s = self._cpu_s(), time.monotonic()
            self._ask(client, "first", "POST", f"rollouts/{number}/start", {})
            while True:
                shown = self._ask(client, "first", "GET", f"rollouts/{number}")["rollout"]
                seconds = time.monotonic() - began_s
                if shown["state"] in _OVER:
                    break
                if seconds > limit_s:
                    msg = f"rollout {number} is not over after {limit_s:g} s: {shown['counts']}"
                    raise TimeoutError(msg)
                time.sleep(_LOOK_S)
        used_s, memory = self._cpu_s() - before_s, memory_mb(self._pids())
        groups = [group["name"] for group in plan["groups"]]
        b = rollout_box.c
        with self._engine.connect() as connection:
            stages = list(connection.scalars(select(b.stage).where(b.rollout == number, b.ordered_at.is_not(None))))
            failed = frozenset(connection.scalars(select(b.device).where(b.rollout == number, b.state == "failed")))
        ordered = {name: stages.count(stage) for stage, name in enumerate(groups)}
        return Ended(shown["state"], shown["reason"], seconds, used_s, memory or 0.0, shown["counts"], failed, ordered)

    def placed(self, number: int, stage: int) -> int:
        """Boxes of one group of a rollout."""
        with self._engine.connect() as connection:
            query = select(rollout_box.c.device).where(rollout_box.c.rollout == number, rollout_box.c.stage == stage)
            return len(connection.execute(query).all())

    def _enrol(self) -> None:
        authority, now = Authority(self._manager.config.keys, FLEET), dt.datetime.now(dt.timezone.utc)
        self._folder.mkdir()
        (self._folder / "ca.crt").write_text(authority.pem, "utf-8")
        rows = []
        for name in self.names:
            files = IdentityFiles(self._folder / name)
            certificate, public_key = authority.sign_device(files.request(name), name, now)
            (self._folder / name / "device.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
            rows.append({"name": name, "label": "", "registered_at": 1, "public_key": public_key, "changed": 1})
        for start in range(0, len(rows), _AT_ONCE):
            with writing(self._engine) as connection:
                connection.execute(insert(device), rows[start : start + _AT_ONCE])

    def _all_heard(self) -> bool:
        with self._engine.connect() as connection:
            query = select(device.c.name).where(device.c.birth.is_not(None), device.c.reported.is_not(None))
            return len(connection.execute(query).all()) == len(self.names)

    def _ask(self, client: httpx.Client, who: str, method: str, path: str, json: Any = None) -> Any:
        answer = client.request(method, path, json=json, headers={"Authorization": f"Bearer {self._tokens[who]}"})
        if not answer.is_success:
            msg = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
            raise RuntimeError(msg)
        return answer.json()

    def _pids(self) -> list[int]:
        children = self._manager.manager.processes.children
        return [child.process.pid for child in children if child.process is not None]

    def _cpu_s(self) -> float:
        return sum(cpu_s(pid) for pid in self._pids())

    def _wait(
        self, condition: Callable[[], bool], limit_s: float, process: subprocess.Popen[str], words: Callable[[], str]
    ) -> None:
        deadline_s = time.monotonic() + limit_s
        while not condition():
            if process.poll() is not None:
                said = (self._folder / "log").read_text("utf-8", "replace")[-1000:]
                msg = f"the boxes' process ended with {process.returncode}: {said}"
                raise RuntimeError(msg)
            if time.monotonic() > deadline_s:
                msg = f"after {limit_s:g} s {words()} of {len(self.names)}"
                raise TimeoutError(msg)
            time.sleep(_LOOK_S)


@contextlib.contextmanager
def open_site(folder: Path, count: int) -> Iterator[Site]:
    """A manager that knows so many boxes; they are not up yet."""
    with real_manager(folder, broker_kind()) as manager:
        site = Site(manager, folder / "many", count)
        try:
            yield site
        finally:
            site.close()


def _read(process: subprocess.Popen[str], connected: list[int]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        connected[0] = int(line)
