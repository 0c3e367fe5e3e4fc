"""The demo's manager: the real one, on loopback, in a folder of its own, with what a scenario may break."""

from __future__ import annotations

import json
import secrets
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleet.accounts.accounts import Accounts, Role
from fleet.ingest.link import BrokerAddress
from fleet.manager import FirstAccount, Manager, make_config
from fleet.store.database import open_engine
from simulator.lists.ceremony import Ceremony
from simulator.loopback import HOST, NotReadyError, free_port, wait_ready
from simulator.worlds.city import City

FLEET = "city"


@dataclass(frozen=True)
class People:
    """The accounts of a fresh manager; whoever drafts a hit list does not approve it."""

    admin: FirstAccount
    operator: FirstAccount
    engineer: FirstAccount
    drafter: FirstAccount
    approver: FirstAccount

    def all(self) -> tuple[FirstAccount, ...]:
        """Whoever looks most, first."""
        return self.operator, self.admin, self.engineer, self.drafter, self.approver


class TownHall:
    """Starts a manager with the town's plan and the keys for hit lists; :meth:`watch` keeps it running.

    Args:
        folder: for everything it keeps.
        city: whose plan the map shows.
        port: of the page; 0 = any free one.

    Raises:
        ManagerError: the port is in use, or the folder cannot be used.
        HitListError: the keys for hit lists cannot be made.
        BrokerError: the broker does not start.
    """

    def __init__(self, folder: Path, city: City, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        plan = folder / "plan.geojson"
        plan.write_text(json.dumps(city.geojson()), "utf-8")
        config = make_config(
            folder / "fleet",
            fleet=FLEET,
            host=HOST,
            port=port or free_port(),
            mqtt_port=free_port(),
            plan=plan,
            updates=folder / "updates",
        )
        self.url, self.store_url, self.repository = config.url, config.store_url, config.repository
        self._broker_away = False
        self._ceremony = Ceremony(config.keys, folder / "passwords")
        try:
            self._manager = Manager(config)
            try:
                self.people = _people(self._manager.first_accounts, config.store_url)
            except BaseException:
                self._manager.stop()
                raise
        except BaseException:
            self._ceremony.forget()
            raise

    @property
    def broker(self) -> BrokerAddress:
        """Its broker, for whoever listens to all that it passes on."""
        config = self._manager.config
        tls = ssl.create_default_context(cafile=str(config.keys / "ca.crt"))
        return BrokerAddress(config.broker_host, config.mqtt_port, tls, client_id="witness")

    def wait_ready(self, say: Callable[[str], None], ended: Callable[[], bool]) -> None:
        """Wait until the page answers.

        Args:
            say: takes messages for people.
            ended: whether nobody waits any more.

        Raises:
            NotReadyError: it does not in time, or nobody waits any more.
        """

        def meanwhile() -> None:
            for message in self.watch():
                say(message)
            if ended():
                msg = "ended before the page was up"
                raise NotReadyError(msg)

        wait_ready(self.url, meanwhile)

    def watch(self) -> list[str]:
        """Restart what has ended and should not have; returns messages for people."""
        return self._manager.processes.watch() if self._broker_away else self._manager.watch()

    def kill(self, name: str) -> None:
        """Kill a process of the manager."""
        self._manager.processes.kill(name)

    def kill_broker(self) -> None:
        """Kill the broker; it stays away."""
        self._broker_away = True
        self._manager.broker.kill()

    def start_broker(self) -> None:
        """Start it again, with nothing remembered."""
        self._broker_away = False
        self._manager.broker.start()

    def stop(self) -> None:
        """End everything."""
        self._manager.stop()
        self._ceremony.forget()


def _people(first: Sequence[FirstAccount], store_url: str) -> People:
    """The first accounts and three more, as `lamplighter fleet account` makes them."""
    roles = {account.role: account for account in first}
    more = [
        FirstAccount(name, role, secrets.token_urlsafe(12))
        for name, role in (("engineer", Role.ENGINEER), ("drafter", Role.OPERATOR), ("approver", Role.OPERATOR))
    ]
    engine = open_engine(store_url)
    try:
        accounts = Accounts(engine)
        for made in more:
            accounts.add(made.name, made.role, made.password)
    finally:
        engine.dispose()
    return People(roles[Role.ADMIN], roles[Role.OPERATOR], *more)
