"""A manager's lists over a store: people, the process of lists, boxes, and a clock that is set by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from sqlalchemy import Engine, insert, select, update

from fleet.accounts.accounts import Person, Role
from fleet.identity.authority import Authority
from fleet.ingest.quarantine import Quarantine
from fleet.ingest.standing import Standing
from fleet.lists import job
from fleet.lists.access import Access
from fleet.lists.authority import PASSWORD, ListAuthority, make_authority
from fleet.lists.decisions import Lists
from fleet.lists.drafting import Outcome, Wanted
from fleet.lists.files import ListFiles
from fleet.lists.ledger import Version, read_version
from fleet.lists.master import MASTER
from fleet.lists.pulse import Pulse, write_pulse
from fleet.lists.views import ListViews
from fleet.policy.policy import Policy, Purpose, read_policy
from fleet.rollouts.signer import OrderSigner
from fleet.store.database import writing
from fleet.store.tables import audit, device, outgoing
from protocol.codec import Message, encode_body
from protocol.commands import Command
from protocol.config import Anpr, Config, Source
from protocol.keys import packed
from protocol.topics import Channel, Topic
from protocol.twin import Desired
from tests.fleet.lists.box import PlateBox

FLEET = "north"
ANN, BOB = Person("ann", Role.OPERATOR), Person("bob", Role.OPERATOR)
ADMIN, VIK = Person("root", Role.ADMIN), Person("vik", Role.VIEWER)
DAY_MS = 86_400_000
PHRASE = "four words are enough"
STOLEN = "stolen-vehicles"
TRAVEL = "travel-times"


class Office:
    """See the module.

    Args:
        engine: a store with the schema.
        folder: for keys, the key store and files.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.ms = round(dt.datetime.now(dt.timezone.utc).timestamp() * 1000)
        self.environment = {MASTER: packed(b"m" * 32), PASSWORD: PHRASE}
        self.fleet_authority = Authority(folder / "keys", FLEET)
        make_authority(folder / "keys", PHRASE)
        self.ca = x509.load_pem_x509_certificate(self.fleet_authority.pem.encode())
        self.policy: Policy = read_policy()
        self.files = ListFiles(folder / "lists")
        self.signer = OrderSigner(folder / "keys", self.fleet_authority)
        self.standing = Standing(engine, Quarantine())
        self.boxes: dict[str, PlateBox] = {}
        self.views = ListViews(engine)
        self.begin()

    def begin(self) -> None:
        """As processes that were started anew."""
        keys, keystore = self.folder / "keys", self.folder / "keystore"
        self.access = Access(self.engine, keys, keystore, self.now, self.environment)
        self.people = Lists(self.engine, self.policy, self.access, self.now)
        self.job = job.Lists(
            self.engine, FLEET, self.policy, Access(self.engine, keys, keystore, self.now, self.environment),
            lambda: ListAuthority(keys, self.fleet_authority, self.environment), self.signer, self.files, self.now,
        )  # fmt: skip

    def now(self) -> int:
        return self.ms

    def later(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)

    def tick(self, seconds: float = 0) -> None:
        """Let the time pass, and the process of lists work."""
        self.later(seconds)
        self.job.tick()
        write_pulse(self.engine, Pulse(self.ms, self.job.locked))

    def draft(self, lines: str, who: Person = ANN, name: str = "stolen", **more: Any) -> Outcome:
        """Draft a list."""
        values: dict[str, Any] = {"purpose": STOLEN, "basis": "warrant 7", "expires": self.at(30)}
        if more.get("mode") == "change":
            values = {}
        drafting = self.people.begin(who, Wanted(name, **{**values, **more}))
        try:
            for at in range(0, len(lines), 1000):
                drafting.feed(lines[at : at + 1000].encode())
            return drafting.end()
        finally:
            drafting.leave()

    def publish(self, lines: str, name: str = "stolen", **more: Any) -> Version:
        """Draft, approve and publish a list."""
        self.tick()
        number = self.draft(lines, name=name, **more).version.number
        self.people.approve(BOB, number)
        self.tick()
        return self.version(number)

    def version(self, number: int) -> Version:
        with self.engine.connect() as connection:
            return read_version(connection, number)

    def at(self, days: float) -> dt.datetime:
        return dt.datetime.fromtimestamp((self.ms + days * DAY_MS) / 1000, dt.timezone.utc)

    def add_box(self, name: str = "box-1", *, lists: tuple[str, ...] = ("stolen",), purpose: str | None = None) -> PlateBox:
        """A box that was enrolled and whose sources read plates."""
        box = self.boxes[name] = PlateBox(FLEET, name, self.ca)
        public = box.key.public_key().public_bytes_raw()
        with writing(self.engine) as connection:
            connection.execute(insert(device).values(name=name, label=name, registered_at=1, changed=1, public_key=public))
        self.want(name, lists, purpose)
        return box

    def want(self, name: str, lists: tuple[str, ...], purpose: str | None = None) -> None:
        """What its sources should do with plates."""
        anpr = Anpr(lists=lists, others="pseudonym" if purpose else "nothing", purpose=purpose)
        version = self.twin(name).version + 1 if self.row(name).desired else 1
        kept = self.twin(name).lists if self.row(name).desired else ()
        payload = encode_body(Desired(version, Config((Source("cam", "street.mp4", anpr=anpr),)), lists=kept))
        self.put(name, desired=payload)

    def put(self, name: str, **values: Any) -> None:
        with writing(self.engine) as connection:
            connection.execute(update(device).where(device.c.name == name).values(**values, changed=device.c.changed + 1))

    def row(self, name: str) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(select(device).where(device.c.name == name)).one()

    def twin(self, name: str = "box-1") -> Desired:
        return msgspec.json.decode(self.row(name).desired, type=Desired)

    def birth(self, name: str = "box-1", **more: Any) -> None:
        """A box says what it holds."""
        state = self.boxes[name].state(**more)
        message = Message(str(Topic(FLEET, name, Channel.STATE)), encode_body(state), retain=True)
        self.standing.take([(message, None)])

    def letters(self, name: str = "box-1") -> list[Command]:
        """Keys that were sent to a box, oldest first."""
        query = select(outgoing.c.payload).where(outgoing.c.device == name, outgoing.c.command == "keys")
        with self.engine.connect() as connection:
            return [msgspec.json.decode(row, type=Command) for row in connection.scalars(query.order_by(outgoing.c.row))]

    def deliver(self, name: str = "box-1") -> PlateBox:
        """A box takes its last letter and what its twin names, and says so."""
        box = self.boxes[name]
        letters = self.letters(name)
        if letters and letters[-1].keys is not None:
            box.take_keys(letters[-1].keys)
        box.lists = {listed: box.lists[listed] for listed in box.lists if listed in {one.list for one in self.twin(name).lists}}
        for order in self.twin(name).lists:
            if order.list not in box.lists or box.lists[order.list][0].header.version != order.version:
                box.take_list(order, self.fetch)
        self.birth(name)
        return box

    def fetch(self, digest: str) -> bytes:
        path = self.files.path(digest)
        assert path is not None, "the file is served"
        return path.read_bytes()

    def actions(self, *kinds: str) -> list[tuple[str, str, str]]:
        """Of the audit log: who, what, on what."""
        query = select(audit.c.actor, audit.c.action, audit.c.subject).order_by(audit.c.row)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query) if not kinds or row.action in kinds]

    def allow(self, name: str, **more: Any) -> None:
        """Another policy."""
        purpose = Purpose("A", "B", **more)
        self.policy = replace_policy(self.policy, name, purpose)
        self.begin()


def replace_policy(policy: Policy, name: str, purpose: Purpose) -> Policy:
    return msgspec.structs.replace(policy, purposes={**policy.purposes, name: purpose})
