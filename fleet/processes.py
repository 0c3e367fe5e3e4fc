"""The manager's processes: ingest, rollouts, lists, fusion, gunshots, web beside the broker, watched, restarted with backoff.

Rules: each has a name that ``ps`` shows; each dies with its parent; a crash of one touches no other; waits before a restart
grow, and begin anew after a steady minute. They share the store and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import datetime as dt
import multiprocessing
import signal
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from fleet.broker.mosquitto import MANAGER
from fleet.interrupts import left_to_parent

_PR_SET_PDEATHSIG = 1
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked for, not bound
"""Addresses to listen on that mean all of this machine's, and the loopback that each includes."""
_FIRST_RESTART_S = 0.5
_LAST_RESTART_S = 30.0
_STEADY_S = 60.0
"""A process that ran this long did not fail at its start."""


@dataclass(frozen=True)
class ManagerConfig:
    """Everything that the processes need to know; travels to them whole.

    Attributes:
        profile: ``demo``, ``evaluation`` (accepts evaluation-only fields) or ``production``.
        plan: GeoJSON of the city for the map.
        advertise: broker's name or address as boxes reach it.
        updates: the signed repository of models, which the publisher fills; ``None`` = a folder of the data folder.
        policy: what may be done with plates; ``None`` = the one that comes with the manager.
        register: CSV of vehicles, for hints beside hits; ``None`` = there is none.
    """

    fleet: str
    data: Path
    store_url: str
    host: str
    port: int
    mqtt_host: str
    mqtt_port: int
    profile: str = "demo"
    plan: Path | None = None
    advertise: str = "127.0.0.1"
    tls: bool = False
    updates: Path | None = None
    policy: Path | None = None
    register: Path | None = None

    @property
    def repository(self) -> Path:
        """Folder of the signed repository; need not be there."""
        return self.data / "updates" if self.updates is None else self.updates

    @property
    def keys(self) -> Path:
        """Folder of the certificate authority."""
        return self.data / "keys"

    @property
    def keystore(self) -> Path:
        """Folder of the keys of plates; not to be copied where the store is copied."""
        return self.data / "keystore"

    @property
    def lists(self) -> Path:
        """Folder of the hit lists' files, as boxes fetch them."""
        return self.data / "lists"

    @property
    def url(self) -> str:
        """Address of the control room, as a person types it."""
        host = self.advertise if self.host in _EVERYWHERE else self.host
        return f"{'https' if self.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def broker_host(self) -> str:
        """Where this machine reaches its own broker: no certificate is for an address that means all of them."""
        return _EVERYWHERE.get(self.mqtt_host, self.mqtt_host)


@dataclass
class Child:
    """One process under watch."""

    name: str
    target: Callable[[ManagerConfig], None]
    process: Any = None
    failures: int = 0
    began_s: float = 0.0
    due_s: float = 0.0
    exits: list[int] = field(default_factory=list)


class Processes:
    """Starts the manager's processes and keeps them running."""

    def __init__(self, config: ManagerConfig) -> None:
        self._config = config
        self._context = multiprocessing.get_context("spawn")
        self.children = [
            Child("ingest", run_ingest),
            Child("rollouts", run_rollouts),
            Child("lists", run_lists),
            Child("fusion", run_fusion),
            Child("gunshots", run_gunshots),
            Child("web", run_web),
        ]
        for child in self.children:
            self._start(child)

    def watch(self) -> list[str]:
        """Restart what has ended; returns messages for people. Call a few times a second."""
        messages = []
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and not child.process.is_alive():
                child.exits.append(child.process.exitcode)
                child.process = None
                if now - child.began_s > _STEADY_S:
                    child.failures = 0
                delay = min(_LAST_RESTART_S, _FIRST_RESTART_S * 2**child.failures)
                child.failures += 1
                child.due_s = now + delay
                messages.append(f"{child.name} ended with status {child.exits[-1]}; it starts again in {delay:.1f} s")
            if child.process is None and now >= child.due_s:
                self._start(child)
        return messages

    def kill(self, name: str) -> None:
        """As the out-of-memory killer would; it starts again by itself."""
        for child in self.children:
            if child.name == name and child.process is not None:
                child.process.kill()
                child.process.join()

    def stop(self) -> None:
        """End all in order."""
        for child in self.children:
            if child.process is not None:
                child.process.terminate()
        for child in self.children:
            if child.process is not None:
                child.process.join(5)
                if child.process.is_alive():
                    child.process.kill()
                    child.process.join()

    def _start(self, child: Child) -> None:
        child.process = self._context.Process(target=child.target, args=(self._config,), name=child.name, daemon=True)
        resource_tracker.ensure_running()  # it would unblock what is blocked below
        with left_to_parent():
            child.process.start()
        child.began_s = time.monotonic()


def run_ingest(config: ManagerConfig) -> None:
    """The ingest process."""
    _become("lamplighter: ingest")
    ingest = build_ingest(config)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_until_terminated(ingest.run()))


def build_ingest(config: ManagerConfig, after_commit: Callable[[int], None] = lambda _n: None) -> Any:
    """The ingest of a manager.

    Args:
        config: of the manager.
        after_commit: as of :class:`fleet.ingest.service.Ingest`.
    """
    from fleet.identity.authority import Authority  # noqa: PLC0415 - each process loads what it needs
    from fleet.ingest.link import BrokerAddress  # noqa: PLC0415
    from fleet.ingest.service import Ingest  # noqa: PLC0415
    from fleet.store.database import open_engine  # noqa: PLC0415

    authority = Authority(config.keys, config.fleet)
    certificate, key = authority.client_files(MANAGER, dt.datetime.now(dt.timezone.utc))
    context = ssl.create_default_context(cafile=str(authority.certificate_path))
    context.load_cert_chain(str(certificate), str(key))
    return Ingest(
        config.fleet,
        BrokerAddress(config.broker_host, config.mqtt_port, context),
        open_engine(config.store_url),
        evaluation=config.profile == "evaluation",
        after_commit=after_commit,
    )


def _work(name: str, build: Callable[[ManagerConfig], Any], config: ManagerConfig) -> None:
    """Do a job until told to end."""
    _become(f"lamplighter: {name}")
    until = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: until.set())
    build(config).run(until)


def run_rollouts(config: ManagerConfig) -> None:
    """The process that moves rollouts forward."""
    _work("rollouts", build_rollouts, config)


def build_rollouts(config: ManagerConfig) -> Any:
    """The job that moves a manager's rollouts forward."""
    from fleet.identity.authority import Authority  # noqa: PLC0415 - each process loads what it needs
    from fleet.rollouts.job import Job  # noqa: PLC0415
    from fleet.rollouts.scheduler import Scheduler  # noqa: PLC0415
    from fleet.rollouts.signer import OrderSigner  # noqa: PLC0415
    from fleet.store.database import open_engine  # noqa: PLC0415

    engine = open_engine(config.store_url)
    signer = OrderSigner(config.keys, Authority(config.keys, config.fleet))
    scheduler = Scheduler(
        engine,
        config.fleet,
        lambda orders: signer.sign(orders, dt.datetime.now(dt.timezone.utc)),
        _now_ms,
    )
    return Job(engine, scheduler)


def run_lists(config: ManagerConfig) -> None:
    """The process that publishes hit lists and hands out keys."""
    _work("lists", build_lists, config)


def build_lists(config: ManagerConfig) -> Any:
    """The job of a manager's hit lists and keys."""
    from fleet.identity.authority import Authority  # noqa: PLC0415 - each process loads what it needs
    from fleet.lists.access import Access  # noqa: PLC0415
    from fleet.lists.authority import ListAuthority  # noqa: PLC0415
    from fleet.lists.files import ListFiles  # noqa: PLC0415
    from fleet.lists.job import Job, Lists  # noqa: PLC0415
    from fleet.policy.policy import DEFAULT, read_policy  # noqa: PLC0415
    from fleet.rollouts.signer import OrderSigner  # noqa: PLC0415
    from fleet.store.database import open_engine  # noqa: PLC0415

    engine = open_engine(config.store_url)
    authority = Authority(config.keys, config.fleet)
    lists = Lists(
        engine,
        config.fleet,
        read_policy(config.policy or DEFAULT),
        Access(engine, config.keys, config.keystore, _now_ms),
        lambda: ListAuthority(config.keys, authority),
        OrderSigner(config.keys, authority),
        ListFiles(config.lists),
        _now_ms,
    )
    return Job(engine, lists)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def run_fusion(config: ManagerConfig) -> None:
    """The process that joins what several boxes say, and erases what is over."""
    _work("fusion", build_fusion, config)


def build_fusion(config: ManagerConfig) -> Any:
    """The job that joins what several boxes say."""
    from fleet.fusion.job import Job  # noqa: PLC0415 - each process loads what it needs
    from fleet.lists.ledger import purpose_of  # noqa: PLC0415
    from fleet.policy.policy import DEFAULT, read_policy  # noqa: PLC0415
    from fleet.store.database import open_engine  # noqa: PLC0415

    return Job(open_engine(config.store_url), read_policy(config.policy or DEFAULT), purpose_of)


def run_gunshots(config: ManagerConfig) -> None:
    """The process that joins and locates shots."""
    _work("gunshots", build_gunshots, config)


def build_gunshots(config: ManagerConfig) -> Any:
    """The job that joins and locates shots."""
    from fleet.fusion.gunshot.job import Job  # noqa: PLC0415 - each process loads what it needs
    from fleet.policy.policy import DEFAULT, read_policy  # noqa: PLC0415
    from fleet.store.database import open_engine  # noqa: PLC0415

    return Job(open_engine(config.store_url), read_policy(config.policy or DEFAULT))


async def _until_terminated(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


def run_web(config: ManagerConfig) -> None:
    """The process of API and pages."""
    _become("lamplighter: web")
    import uvicorn  # noqa: PLC0415

    app = build_web(config)
    tls: dict[str, Any] = {}
    if config.tls:
        tls = {"ssl_certfile": config.keys / "web.crt", "ssl_keyfile": config.keys / "web.key"}
    server = uvicorn.Server(
        uvicorn.Config(
            app, host=config.host, port=config.port, log_level="warning", timeout_graceful_shutdown=3, loop="asyncio", **tls
        )
    )
    app.state.ending = lambda: server.should_exit
    server.run()


def build_web(config: ManagerConfig) -> Any:
    """The web application of a manager: API, and the control room on it."""
    from fleet import control_room  # noqa: PLC0415
    from fleet.api.app import make_app  # noqa: PLC0415
    from fleet.fusion.anpr.register import read_register  # noqa: PLC0415
    from fleet.fusion.anpr.search import Plates  # noqa: PLC0415
    from fleet.identity.authority import Authority  # noqa: PLC0415
    from fleet.identity.enrolment import BrokerAddress, Enrolment  # noqa: PLC0415
    from fleet.lists.access import Access  # noqa: PLC0415
    from fleet.lists.decisions import Lists  # noqa: PLC0415
    from fleet.lists.files import ListFiles  # noqa: PLC0415
    from fleet.lists.opening import PseudonymKeys  # noqa: PLC0415
    from fleet.policy.policy import DEFAULT, read_policy  # noqa: PLC0415
    from fleet.rollouts.repository import FolderCatalogue  # noqa: PLC0415
    from fleet.services import Services  # noqa: PLC0415
    from fleet.store.database import open_engine  # noqa: PLC0415

    engine = open_engine(config.store_url)
    authority = Authority(config.keys, config.fleet)
    broker = BrokerAddress(config.advertise, config.mqtt_port)
    enrolment = Enrolment(engine, authority, config.fleet, broker)
    policy = read_policy(config.policy or DEFAULT)
    access = Access(engine, config.keys, config.keystore, _now_ms)
    lists = Lists(engine, policy, access, _now_ms)
    register = None if config.register is None else read_register(config.register)
    plates = Plates(engine, policy, PseudonymKeys(engine, access), register)
    services = Services(engine, enrolment, config.fleet, config.profile, FolderCatalogue(config.repository), lists, plates)
    app = make_app(services, secure_cookie=config.tls, updates=config.repository, lists=ListFiles(config.lists))
    control_room.mount(app, services, plan=config.plan)
    return app


def _become(title: str) -> None:
    """Name the process, and die with the parent."""
    import setproctitle  # noqa: PLC0415

    setproctitle.setproctitle(title)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
