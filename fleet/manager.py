"""The manager as a whole: store, authority, broker, processes. What ``lamplighter fleet serve`` and the demo start."""

from __future__ import annotations

import datetime as dt
import enum
import errno
import ipaddress
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from fleet.accounts.accounts import Accounts, Role
from fleet.broker.embedded import BrokerError, EmbeddedBroker, ServerFiles
from fleet.broker.mosquitto import Mosquitto
from fleet.control_room.plan import PlanError, read_plan
from fleet.fusion.anpr.errors import RegisterError
from fleet.fusion.anpr.register import read_register
from fleet.identity.authority import Authority, KeysError
from fleet.policy.policy import DEFAULT, PolicyError, read_policy
from fleet.processes import ManagerConfig, Processes
from fleet.rollouts.signer import OrderSigner
from fleet.store.database import StoreError, open_migrated, url_for
from protocol.errors import InvalidNameError
from protocol.identifiers import check_name

_BROKER_RETRY_S = 5.0
"""Between attempts to start a broker that ended."""
_LOOPBACK = ("127.0.0.1", "localhost")


class BrokerKind(str, enum.Enum):
    """Which broker the manager starts."""

    EMBEDDED = "embedded"
    MOSQUITTO = "mosquitto"


AnyBroker: TypeAlias = EmbeddedBroker | Mosquitto


class Profile(str, enum.Enum):
    """How strict the manager is."""

    DEMO = "demo"
    EVALUATION = "evaluation"
    PRODUCTION = "production"


class ManagerError(Exception):
    """The manager cannot start; the message names the thing, its value and the remedy."""


@dataclass(frozen=True)
class FirstAccount:
    """An account made at first start; its password is shown once."""

    name: str
    role: Role
    password: str


class Manager:
    """Starts everything; :meth:`watch` keeps it running; :meth:`stop` ends it.

    Args:
        config: what to start.
        broker: which broker.

    Raises:
        ManagerError: a port is in use, or the fleet's name, the data folder, its keys, the store, the plan or the register
            cannot be used.
        BrokerError: the broker does not start.
    """

    def __init__(self, config: ManagerConfig, broker: BrokerKind = BrokerKind.EMBEDDED) -> None:
        self.config = config
        _check_name(config.fleet)
        if config.port == config.mqtt_port:
            msg = f"port {config.port} cannot be both the control room's and the broker's; choose another with --mqtt-port"
            raise ManagerError(msg)
        if broker is BrokerKind.EMBEDDED and not is_loopback(config.mqtt_host):
            msg = f"the embedded broker asks nobody for a certificate and stays on loopback, not on {config.mqtt_host}"
            msg += ": use --broker mosquitto, or leave --mqtt-host out"
            raise ManagerError(msg)
        _check_port(config.host, config.port)
        try:
            config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            msg = f"{config.data}: the data folder cannot be made: {error.strerror}; choose another with --data"
            raise ManagerError(msg) from error
        if not os.access(config.data, os.W_OK):
            msg = f"{config.data}: the data folder is not writable; choose another with --data"
            raise ManagerError(msg)
        _check_files(config)
        try:
            engine = open_migrated(config.store_url)
        except StoreError as error:
            raise ManagerError(str(error)) from error
        try:
            self.broker = self._start_broker(broker)
            try:
                # Last of all that can fail: passwords are shown once, by whoever has a manager to show.
                self.first_accounts = _first_accounts(Accounts(engine))
            except BaseException:
                self.broker.stop()
                raise
        except KeysError as error:
            raise ManagerError(str(error)) from error
        finally:
            engine.dispose()
        self._broker_due_s = 0.0
        self.processes = Processes(config)

    def _start_broker(self, broker: BrokerKind) -> AnyBroker:
        config = self.config
        authority = Authority(config.keys, config.fleet)
        OrderSigner(config.keys, authority)  # made here once, not by two processes at once
        now = dt.datetime.now(dt.timezone.utc)
        hosts = tuple(dict.fromkeys((config.advertise, config.broker_host, *_LOOPBACK)))
        certificate, key = authority.server_files("broker", hosts, now)
        files = ServerFiles(certificate, key, authority.certificate_path)
        if config.tls:
            authority.server_files("web", tuple(dict.fromkeys((config.host, *hosts))), now)
        folder = config.data / "broker"
        try:
            if broker is BrokerKind.EMBEDDED:
                return EmbeddedBroker(folder, config.mqtt_port, files)
            return Mosquitto(folder, config.mqtt_port, config.mqtt_host, config.fleet, files)
        except OSError as error:
            msg = f"{error.filename or folder}: the broker's files cannot be written: {error.strerror}; move them away"
            raise ManagerError(msg) from error

    def watch(self) -> list[str]:
        """Restart what has ended; returns messages for people."""
        messages = self.processes.watch()
        if not self.broker.alive and time.monotonic() >= self._broker_due_s:
            self._broker_due_s = time.monotonic() + _BROKER_RETRY_S
            messages.append("the broker ended; it starts again")
            try:
                self.broker.start()
            except BrokerError as error:
                messages.append(f"{error}; it is tried again in {_BROKER_RETRY_S:g} s")
        return messages

    def stop(self) -> None:
        """End everything in order."""
        self.processes.stop()
        self.broker.stop()

    def serve(self, until: threading.Event, say: Callable[[str], object] = print) -> None:
        """Watch until told to stop."""
        try:
            while not until.wait(0.2):
                for message in self.watch():
                    say(message)
        finally:
            self.stop()


def make_config(  # noqa: PLR0913 - the command line's options
    data: Path,
    *,
    fleet: str = "city",
    host: str = "127.0.0.1",
    port: int = 8080,
    mqtt_port: int = 8883,
    mqtt_host: str = "127.0.0.1",
    profile: str = "demo",
    plan: Path | None = None,
    store_url: str = "",
    advertise: str = "127.0.0.1",
    tls: bool = False,
    updates: Path | None = None,
    policy: Path | None = None,
    register: Path | None = None,
) -> ManagerConfig:
    """Fill a configuration from what a person chose."""
    data = data.resolve()
    url = store_url or url_for(data)
    return ManagerConfig(
        fleet, data, url, host, port, mqtt_host, mqtt_port, profile, plan, advertise, tls, updates, policy, register
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on this address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_name(fleet: str) -> None:
    try:
        check_name(fleet, "fleet")
    except InvalidNameError as error:
        msg = f"{error}; choose another with --fleet"
        raise ManagerError(msg) from error


def _check_files(config: ManagerConfig) -> None:
    """Refuse at the start what a process would refuse again and again."""
    try:
        if config.plan is not None:
            read_plan(config.plan)
        read_policy(config.policy or DEFAULT)
        if config.register is not None:
            read_register(config.register)
    except (PlanError, PolicyError, RegisterError) as error:
        raise ManagerError(str(error)) from error


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            remedy = "stop what uses it, or choose another with --port"
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                remedy = "choose an address of this machine with --host"
            elif error.errno == errno.EACCES:
                remedy = "only root may use a port below 1024: choose another with --port"
            msg = f"port {port} on {host} cannot be used: {error.strerror}; {remedy}"
            raise ManagerError(msg) from error


def _first_accounts(accounts: Accounts) -> list[FirstAccount]:
    if accounts.count():
        return []
    made = []
    for name, role in (("admin", Role.ADMIN), ("operator", Role.OPERATOR)):
        first = FirstAccount(name, role, secrets.token_urlsafe(12))
        accounts.add(first.name, first.role, first.password)
        made.append(first)
    return made
