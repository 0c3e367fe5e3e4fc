"""What is not an event: births, wills, telemetry, twins, commands, and two boxes under one name; on real brokers."""

from __future__ import annotations

import datetime as dt
import time

import msgspec
import pytest
from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.exc import OperationalError

from fleet.accounts.accounts import Person, Role
from fleet.ingest.outgoing import TWIN, Outgoing, ask
from fleet.ingest.quarantine import Quarantine
from fleet.ingest.standing import Conflicts, Standing
from fleet.store.database import writing
from fleet.store.tables import audit, device, outgoing, quarantine
from protocol.codec import Message, encode_body
from protocol.commands import EXPIRY_S, CommandName, Reply
from protocol.config import Config, Report
from protocol.identifiers import new_boot
from protocol.state import State, Status, Telemetry
from protocol.twin import Reported
from tests.fleet.events import BOOT, FLEET, NOW, OTHER_BOOT, known
from tests.fleet.running import Running
from tests.fleet.site import Site, until

TECHNICIAN = Person("tessa", Role.TECHNICIAN)


def _state(site: Site, name: str) -> State | None:
    found = site.device(name).state
    return None if found is None else msgspec.json.decode(found, type=State)


def _status(site: Site, name: str) -> Status | None:
    found = _state(site, name)
    return None if found is None else found.status


def _topic(name: str, channel: str) -> str:
    return f"lamplighter/v1/{FLEET}/{name}/{channel}"


def _birth(boot: str, name: str, status: Status = Status.ONLINE) -> Message:
    return Message(_topic(name, "state"), encode_body(State(status, boot, dt.datetime.now(dt.timezone.utc))), retain=True)


def test_birth_telemetry_and_an_orderly_farewell(running: Running) -> None:
    site, box = running.site, running.box("steady")
    until(lambda: _status(site, "steady") is Status.ONLINE, "its birth is known")
    at = dt.datetime.now(dt.timezone.utc)
    box.uplink.publish_telemetry(Telemetry(at, 12.5, temperature_c=41.0))
    until(lambda: site.device("steady").telemetry, "its telemetry is known")
    told = msgspec.json.decode(site.device("steady").telemetry or b"", type=Telemetry)
    assert (told.at, told.uptime_s, told.temperature_c) == (at, 12.5, 41.0)
    box.say(3)
    running.settled(box, 3)
    box.uplink.stop()
    until(lambda: _status(site, "steady") is Status.OFFLINE, "its farewell is known")
    last = _state(site, "steady")
    assert last is not None
    assert (last.boot, last.last_seq) == (box.outbox.boot, 3)


def test_a_box_that_vanishes_is_shown_offline(running: Running) -> None:
    """The broker says what the box no longer can."""
    will = encode_body(State(Status.OFFLINE, BOOT))
    client = running.raw(running.identity("vanishing"), "vanishing", (_topic("vanishing", "state"), will))
    client.send(_birth(BOOT, "vanishing"))
    until(lambda: _status(running.site, "vanishing") is Status.ONLINE, "its birth is known")
    heard = running.site.device("vanishing").last_word
    client.vanish()
    until(lambda: _status(running.site, "vanishing") is Status.OFFLINE, "its will is known")
    assert running.site.device("vanishing").last_word == heard, "a will is not the box's word"


def test_a_late_will_does_not_hide_the_boot_that_followed(running: Running) -> None:
    client = running.raw(running.identity("risen"), "risen")
    client.send(_birth(OTHER_BOOT, "risen"))
    until(lambda: _status(running.site, "risen") is Status.ONLINE, "its birth is known")
    client.send(Message(_topic("risen", "state"), encode_body(State(Status.OFFLINE, BOOT))))
    client.send(Message(_topic("risen", "telemetry"), encode_body(Telemetry(NOW, 1.0))))
    until(lambda: running.site.device("risen").telemetry, "what followed is known")
    assert _status(running.site, "risen") is Status.ONLINE


def test_a_command_is_answered(running: Running) -> None:
    box = running.box("obeying")
    services = running.site.services
    box.reply = lambda command: Reply(command, ok=command == "ping", message="as asked")
    first = services.command(TECHNICIAN, "obeying", CommandName.PING)
    second = services.command(TECHNICIAN, "obeying", CommandName.RESTART_SOURCE, "cam")
    assert until(lambda: services.reply(first), "the answer") == Reply("ping", ok=True, message="as asked")
    assert until(lambda: services.reply(second), "the answer") == Reply("restart-source", ok=False, message="as asked")
    assert [(name, asked.subject) for name, asked in box.commands] == [("ping", None), ("restart-source", "cam")]


def test_only_the_box_that_was_asked_can_answer(running: Running) -> None:
    services = running.site.services
    one, other = running.identity("asked"), running.raw(running.identity("nosy"), "nosy")
    correlation = services.command(TECHNICIAN, "asked", CommandName.PING)
    lie = Message(_topic("nosy", "reply"), encode_body(Reply("ping", ok=True, message="a lie")))
    other.send(lie, CorrelationData=correlation.encode())
    other.send(Message(_topic("nosy", "reply"), encode_body(Reply("ping", ok=True))))
    until(lambda: running.site.reasons("nosy") == [("malformed", None)], "a reply to nothing is set aside")
    assert services.reply(correlation) is None
    truth = running.raw(one, "asked")
    truth.send(
        Message(_topic("asked", "reply"), encode_body(Reply("ping", ok=True, message="here"))),
        CorrelationData=correlation.encode(),
    )
    answer = until(lambda: services.reply(correlation), "the answer")
    assert answer.message == "here"
    again = Message(_topic("asked", "reply"), encode_body(Reply("ping", ok=False, message="changed my mind")))
    truth.send(again, CorrelationData=correlation.encode())
    truth.send(_birth(BOOT, "asked"))
    until(lambda: _status(running.site, "asked") is Status.ONLINE, "what followed is known")
    assert services.reply(correlation) == answer


def test_the_twin_travels_and_what_runs_is_reported(running: Running) -> None:
    box, services = running.box("twin"), running.site.services
    wanted = services.want(TECHNICIAN, "twin", Config((), Report(count_interval_s=7)))
    assert wanted.version == 1
    until(lambda: wanted in box.desired, "the box has its twin")
    box.uplink.publish_reported(Reported(1, wanted.config))
    told = until(lambda: running.site.device("twin").reported, "what runs is known")
    assert msgspec.json.decode(told, type=Reported) == Reported(1, wanted.config)
    assert services.want(TECHNICIAN, "twin", Config()).version == 2


def test_a_box_that_is_born_gets_its_twin_and_its_acknowledgements(running: Running) -> None:
    """A broker may have forgotten both."""
    identity = running.identity("reborn")
    box = running.box("reborn", identity)
    box.say(2)
    running.settled(box, 2)
    wanted = running.site.services.want(TECHNICIAN, "reborn", Config())
    until(lambda: box.desired, "the box has its twin")
    box.uplink.stop()
    client = running.raw(identity, "reborn")
    client.listen(_topic("reborn", "ack"))
    client.listen(_topic("reborn", "twin/desired"))
    before = len(client.heard)
    client.send(_birth(new_boot(), "reborn"))
    until(lambda: len({topic for topic, _ in client.heard[before:]}) == 2, "both come again")
    assert client.said(_topic("reborn", "twin/desired"))[-1] == encode_body(wanted)
    assert msgspec.json.decode(client.said(_topic("reborn", "ack"))[-1])["seq"] == 2


def test_what_is_not_a_state_is_set_aside(running: Running) -> None:
    """Rows 34 and 39: everything else is as strict as events are."""
    client = running.raw(running.identity("odd"), "odd")
    for channel in ("state", "telemetry", "twin/reported"):
        client.send(Message(_topic("odd", channel), b'{"picture":"' + b"A" * 9000 + b'"}'))
    client.send(_birth(BOOT, "odd"))
    until(lambda: _status(running.site, "odd") is Status.ONLINE, "the good one passes")
    assert running.site.reasons("odd") == [("malformed", None)] * 3
    assert max(len(row.data) for row in running.site.services.quarantined(1000) if row.device == "odd") <= 2048


def test_two_boxes_with_one_identity_are_an_alarm(running: Running) -> None:
    """Row 36: the manager says so, once it is certain; a box that only restarts is not accused."""
    site, identity = running.site, running.identity("shared")
    client = running.raw(identity, "shared")
    for boot in (BOOT, OTHER_BOOT, BOOT):
        client.send(_birth(boot, "shared"))
    client.send(Message(_topic("shared", "telemetry"), encode_body(Telemetry(NOW, 1.0))))
    until(lambda: site.device("shared").telemetry, "all births are known")
    assert _conflict_at(site, "shared") is None
    client.send(_birth(OTHER_BOOT, "shared"))
    until(lambda: _conflict_at(site, "shared"), "the alarm")
    with site.engine.connect() as connection:
        query = select(audit.c.actor, audit.c.subject).where(audit.c.action == "identity.conflict")
        assert [tuple(row) for row in connection.execute(query)] == [("system", "shared")]


def _conflict_at(site: Site, name: str) -> int | None:
    with site.engine.connect() as connection:
        return connection.scalar(select(device.c.conflict_at).where(device.c.name == name))


def test_two_real_boxes_with_one_identity_are_noticed(running: Running) -> None:
    """Row 36: by the box where the broker gives the reason (then it stays away), else by the manager, within a few returns."""
    identity = running.identity("double")
    first, second = running.box("double", identity), running.box("double", identity)

    def noticed() -> bool:
        told = [fault.code for box in (first, second) for fault in box.uplink.faults()]
        return "identity-conflict" in told or _conflict_at(running.site, "double") is not None

    until(noticed, "somebody says that two boxes have one identity")


@pytest.mark.parametrize(
    ("boots", "conflict"),
    [
        ("aaaa", False),
        ("abcd", False),
        ("aabbccdd", False),
        ("aba", False),
        ("abab", True),
        ("aabbaabb", True),
        ("abcabc", False),
        ("abacad", True),
    ],
)
def test_restarts_go_on_only_two_boxes_come_back(boots: str, conflict: bool) -> None:
    noticed = Conflicts()
    assert (True in [noticed.saw("box", boot) for boot in boots]) == conflict


def test_a_command_nobody_could_send_in_time_is_not_sent(engine: Engine) -> None:
    """A restart that comes an hour late would surprise whoever stands on the ladder."""
    known(engine, "late")
    queue = Outgoing(engine)
    with writing(engine) as connection:
        ask(connection, "late", "ping", b"{}")
        ask(connection, "late", TWIN, b'{"version":1}')
        ask(connection, "late", TWIN, b'{"version":2}')
    assert [item.payload for item in queue.waiting()] == [b"{}", b'{"version":2}'], "of several twins the last"
    past = time.time_ns() // 1_000_000 - EXPIRY_S * 1000 - 1
    with writing(engine) as connection:
        connection.execute(update(outgoing).values(asked_at=past, sent_at=None))
    assert [item.command for item in queue.waiting()] == [TWIN], "a twin does not go stale"
    queue.mark_sent([item.row for item in queue.waiting()])
    assert queue.waiting() == []
    old = {"device": "late", "command": "ping", "payload": b"", "correlation": "old", "asked_at": past - 24 * 3600 * 1000}
    with writing(engine) as connection:
        connection.execute(insert(outgoing).values(**old))
    assert queue.waiting() == []
    with engine.connect() as connection:
        assert connection.scalar(select(outgoing.c.row).where(outgoing.c.correlation == "old")) is None, "kept a day"


def _reasons(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        query = select(quarantine.c.device, quarantine.c.reason).order_by(quarantine.c.row)
        return [tuple(row) for row in connection.execute(query)]


@pytest.mark.parametrize(
    "correlation", [b"\x00", b"", b"\xff" * 36, b"a" * 37, None], ids=["nul", "empty", "high", "long", "none"]
)
def test_a_reply_to_what_nobody_asked_stops_nobody(either: Engine, correlation: bytes | None) -> None:
    """PostgreSQL takes no U+0000 even to look for it: one such reply would end ingest, with the births beside it."""
    known(either, "box-1", "box-2")
    reply = Message(_topic("box-1", "reply"), encode_body(Reply("ping", ok=True)))
    taken = Standing(either, Quarantine()).take([(reply, correlation), (_birth(BOOT, "box-2"), None)])
    assert (taken.born, taken.quarantined) == (["box-2"], 1)
    assert _reasons(either) == [("box-1", "malformed")]


def test_strangers_are_set_aside_and_not_remembered(either: Engine) -> None:
    """A box without a certificate, or whose certificate was withdrawn: nothing of it is kept, none of it is answered."""
    known(either, "gone")
    with writing(either) as connection:
        connection.execute(update(device).values(withdrawn_at=5))
    standing = Standing(either, Quarantine())
    births = [_birth(boot, name) for boot in (BOOT, OTHER_BOOT) * 2 for name in ("gone", "stranger")]
    taken = standing.take([(birth, None) for birth in births])
    assert (taken.born, taken.conflicts, taken.quarantined) == ([], {}, 8)
    assert set(_reasons(either)) == {("gone", "unknown-device"), ("stranger", "unknown-device")}
    assert standing._conflicts._boots == {}
    with either.connect() as connection:
        row = connection.execute(select(device.c.state, device.c.last_word)).one()
        assert tuple(row) == (None, None)
        assert connection.scalar(select(func.count()).select_from(audit)) == 0


def test_a_batch_that_is_taken_again_accuses_nobody(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 36: while the store cannot be written a restarted box's two births are tried again and again."""
    known(engine, "box-1")
    standing = Standing(engine, Quarantine())
    births = [(_birth(boot, "box-1"), None) for boot in (BOOT, OTHER_BOOT)]
    with monkeypatch.context() as patch:

        def refuse(*_: object) -> int:
            statement = "INSERT"
            raise OperationalError(statement, {}, Exception("disk full"))

        patch.setattr(Quarantine, "add", refuse)
        for _ in range(3):
            with pytest.raises(OperationalError):
                standing.take(births)
    assert standing.take(births).conflicts == {}
    assert standing.take(births).conflicts == {"box-1": OTHER_BOOT}, "and two that do alternate are found all the same"
