"""Twins follow the lists: other parts are kept, what does not fit is left as it is, and who uses what is known."""

from __future__ import annotations

import msgspec

from fleet.rollouts.orders import Desk
from fleet.twins import LARGEST, read_twin
from protocol.config import Config, Report
from protocol.orders import Order
from protocol.twin import Desired
from tests.fleet.lists.office import BOB, FLEET, Office


def _with_order(office: Office) -> bytes:
    row = office.row("box-1")
    sign = lambda orders: office.signer.sign(orders, office.at(0))  # noqa: E731 - one use
    made = Desk(FLEET, "box-1", read_twin(row.desired, row.reported), 0, office.ms, sign).with_order(
        Order("plate-reader", 4, "5f" * 16)
    )
    assert made is not None
    return made.payload


def test_orders_configuration_and_lists_keep_one_another(office: Office) -> None:
    office.add_box()
    office.publish("1ABC123\n")
    before = office.twin()
    assert len(before.lists) == 1
    office.put("box-1", desired=_with_order(office))
    assert office.twin().lists == before.lists
    office.publish("+2ABC123\n", mode="change")
    after = office.twin()
    assert after.orders is not None
    assert after.lists[0].version == 2
    other = read_twin(office.row("box-1").desired, None).next(config=Config(report=Report(30.0)))
    assert other is not None
    assert msgspec.json.decode(other, type=Desired).lists == after.lists


def test_a_box_that_names_no_list_is_told_of_none(office: Office) -> None:
    office.add_box("box-1", lists=("other",))
    office.add_box("box-2", lists=())
    office.publish("1ABC123\n")
    assert office.twin("box-1").lists == office.twin("box-2").lists == ()
    assert office.actions("list.tell") == []


def test_a_box_for_whose_twin_a_list_is_too_large_is_named_and_keeps_what_it_has(office: Office) -> None:
    """Approved while there was room; then somebody drew zones."""
    office.tick()
    number = office.draft("1ABC123\n").version.number
    office.people.approve(BOB, number)
    office.add_box()
    office.add_box("box-2")
    sources = [{"id": "cam", "uri": "", "anpr": {"lists": ["stolen"]}}]
    bare = len(msgspec.json.encode({"version": 1, "config": {"sources": sources}}))
    sources[0]["uri"] = "x" * (LARGEST - 40 - bare)
    full = msgspec.json.encode({"version": 1, "config": {"sources": sources}})
    office.put("box-1", desired=full)
    office.tick()
    assert office.row("box-1").desired == full
    assert office.job.faults == ["the twin of box-1 has no room for its lists: give it fewer zones, lines or lists"]
    assert len(office.twin("box-2").lists) == 1, "and holds up no other"


def test_changes_are_left_out_where_they_do_not_fit(office: Office) -> None:
    office.publish("".join(f"1-AAB-{number:03d}\n" for number in range(300)))
    for number in range(4):
        made = office.publish(f"+9-ZZZ-00{number}\n", mode="change")
    assert len(made.changes) == 4
    office.add_box()
    sources = [{"id": "cam", "uri": "", "anpr": {"lists": ["stolen"]}}]
    bare = len(msgspec.json.encode({"version": 1, "config": {"sources": sources}}))
    sources[0]["uri"] = "x" * (LARGEST - 350 - bare)
    office.put("box-1", desired=msgspec.json.encode({"version": 1, "config": {"sources": sources}}))
    office.tick()
    (order,) = msgspec.json.decode(office.row("box-1").desired)["lists"]
    assert len(order["changes"]) == 1
    assert order["digest"] == made.digest


def test_which_version_a_box_uses_and_since_when(office: Office) -> None:
    box = office.add_box()
    office.publish("1ABC123\n")
    office.birth()
    office.tick()
    office.deliver()
    office.tick(5)
    first = office.views.of("stolen")
    assert first is not None
    assert [(one.device, one.version, one.keys) for one in first.boxes] == [("box-1", 1, tuple(box.keys))]
    office.tick(60)
    office.birth()
    office.tick()
    again = office.views.of("stolen")
    assert again is not None
    assert again.boxes[0].since == first.boxes[0].since, "since it began, not since it last said so"
    office.publish("+2ABC123\n", mode="change")
    office.deliver()
    office.tick(5)
    later = office.views.of("stolen")
    assert later is not None
    assert later.boxes[0].version == 2
    assert later.boxes[0].since > first.boxes[0].since
