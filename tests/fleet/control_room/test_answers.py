"""What pages ask for beyond the live line, from a real store."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import Engine, text

from fleet.accounts.accounts import Person, Role
from fleet.control_room.answers import MOST_PAGE, RECENT_EVENTS, Answers, incident_page
from fleet.control_room.board import Board
from fleet.oversight.verdicts import Decision
from fleet.services import Services
from protocol.commands import CommandName
from protocol.events import CrowdCount, Phase
from tests.fleet.control_room.box import Box
from tests.fleet.control_room.town import Town, now_ms

ADA = Person("ada", Role.OPERATOR)
TIM = Person("tim", Role.TECHNICIAN)


@pytest.fixture
def answers(services: Services) -> Answers:
    return Answers(services, {})


def raise_alerts(town: Town, box: Box, count: int) -> list[str]:
    raised = []
    for i in range(count):
        raised.append(town.alert(box, Phase.NEW, now_ms() - 1000 * (count - i)))
        town.alert(box, Phase.END)
    town.flush()
    return raised


def test_an_event_is_shown_whole_and_only_by_its_own_row(town: Town, answers: Answers, box: Box) -> None:
    town.count(box)
    town.flush()
    found = answers.event(1)
    assert found is not None
    assert (found["device"], found["body"]["observed"]["zone"], found["body"]["clock"]["synchronised"]) == (
        "market-1",
        "place",
        True,
    )
    assert (answers.event(0), answers.event(2)) == (None, None), "the next event is not this one"


def test_pages_of_incidents_follow_each_other_without_gap_or_repeat(town: Town, answers: Answers, box: Box) -> None:
    raised = raise_alerts(town, box, 7)
    seen: list[str] = []
    before: int | None = None
    sizes = []
    while True:
        page = answers.incidents("", before, 3)
        sizes.append(len(page.incidents))
        seen += [incident.id for incident in page.incidents]
        if (before := page.next) is None:
            break
    assert (seen, sizes) == (raised[::-1], [3, 3, 1])
    assert all(incident.phase == "end" for incident in answers.incidents("", None, MOST_PAGE).incidents)


def test_incidents_are_found_by_the_verdict_that_stands(town: Town, services: Services, answers: Answers, box: Box) -> None:
    first, second, third = raise_alerts(town, box, 3)
    services.verdicts.give(ADA, first, Decision.CONFIRM)
    services.verdicts.give(ADA, second, Decision.CONFIRM)
    services.verdicts.give(ADA, second, Decision.DISMISS, "looked again: a queue")

    def listed(state: str) -> list[str]:
        return [incident.id for incident in answers.incidents(state, None, 50).incidents]

    assert (listed("unjudged"), listed("confirmed"), listed("dismissed")) == ([third], [first], [second])
    assert listed("") == [third, second, first]


def test_incidents_carry_the_names_that_people_know(town: Town, answers: Answers, box: Box) -> None:
    raise_alerts(town, box, 1)
    board = Board()
    board.device(box.name, "<b>Grote Markt</b>", None)
    board.config(box.name, box.config())
    (shown,) = incident_page(answers.incidents("", None, 1), board, plates=True)["incidents"]
    assert (shown["device_label"], shown["zone_label"]) == ("<b>Grote Markt</b>", "Grote Markt")


def test_a_box_is_shown_with_what_is_missing_of_it_and_what_it_was_asked(
    town: Town, services: Services, answers: Answers, box: Box
) -> None:
    town.wake()
    town.count(box)
    box.seq += 2
    town.count(box)
    town.flush()
    services.command(TIM, box.name, CommandName.PING)
    found = answers.device(box.name)
    assert found is not None
    assert (found["label"], found["boots"], found["awaited"], found["missing"]) == ("Grote Markt 1", 1, 2, 0)
    assert found["state"]["versions"]["agent"] == "0.1.0"
    assert found["twin"]["desired"] is None
    assert found["twin"]["reported"]["config"]["sources"][0]["id"] == "cam"
    assert [(one["name"], one["reply"]) for one in found["commands"]] == [("ping", None)]
    assert msgspec.json.encode(found)
    assert answers.device("nobody") is None


def test_recent_events_of_a_box_are_its_own_and_bounded(town: Town, answers: Answers, box: Box) -> None:
    for _ in range(RECENT_EVENTS + 5):
        town.count(box)
        town.count(town.boxes["fish-1"])
    town.flush()
    found = answers.recent(box.name)
    assert [item.event.seq for item in found] == list(range(6, RECENT_EVENTS + 6))
    assert all(item.event.device == box.name and isinstance(item.event.body.observed, CrowdCount) for item in found)


def test_verdicts_and_log_come_newest_first_in_pages(town: Town, services: Services, answers: Answers, box: Box) -> None:
    raised = raise_alerts(town, box, 5)
    for incident in raised:
        services.verdicts.give(ADA, incident, Decision.DISMISS, f"of {incident}")
    first = answers.verdicts(None, 3)
    rest = answers.verdicts(first["next"], 3)
    assert [one["incident"] for one in first["verdicts"] + rest["verdicts"]] == raised[::-1]
    assert rest["next"] is None
    log = answers.audit(None, 3, "verdict")
    assert [(one["actor"], one["action"], one["subject"]) for one in log["entries"]] == [
        ("ada", "verdict.dismiss", incident) for incident in raised[:1:-1]
    ]
    assert "chain" not in answers.audit(log["next"], 3, "verdict"), "the whole chain is walked once, not for every page"
    assert answers.audit(None, 3, "%")["entries"] == [], "a filter is text, not a pattern"


def test_the_log_says_whether_it_was_touched(
    engine: Engine, town: Town, services: Services, answers: Answers, box: Box
) -> None:
    for incident in raise_alerts(town, box, 3):
        services.verdicts.give(ADA, incident, Decision.CONFIRM)
    assert answers.audit(None, 10, "")["chain"] == {"checked": 3, "broken_at": None}
    with engine.begin() as connection:
        triggers = connection.scalars(text("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='audit'")).all()
        for name in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE audit SET actor='nobody' WHERE row=2"))
    assert answers.audit(None, 10, "")["chain"]["broken_at"] == 2
