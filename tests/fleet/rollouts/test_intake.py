"""Reports from the store into rollouts (row 12): forged, foreign, doubled and late ones are kept, flagged, and move nothing."""

from __future__ import annotations

import os
import random

from sqlalchemy import func, select

from fleet.rollouts.plan import Filter, Group
from fleet.rollouts.states import FINAL, RANK, BoxState, RolloutState
from fleet.rollouts.verification import Flag
from fleet.store.tables import device_release, event, rollout_report, setting
from protocol.events import Reason, UpdateStep
from tests.fleet.rollouts.city import City
from tests.fleet.rollouts.fleet import BUNDLE

S = UpdateStep
LAX = Group("all", budget_percent=100, success_percent=1)


def runs(city: City, name: str) -> int | None:
    with city.engine.connect() as connection:
        query = select(device_release.c.release).where(device_release.c.device == name, device_release.c.bundle == BUNDLE)
        return connection.execute(query).scalar()


def test_what_a_report_says_is_kept_with_its_box(each: City) -> None:
    city = each
    city.begin(LAX)
    city.run()
    city.report("box-000", S.ACCEPTED)
    city.report("box-000", S.FETCHED, fetched_bytes=123_456)
    city.report("box-000", S.ON_PROBATION, agreement=0.97, latency_ratio=1.2, running=4)
    city.run(1)
    city.report("box-000", S.ROLLED_BACK, reason=Reason("too-slow", "model", "twice the time"), latency_ratio=2.4, running=3)
    city.report("box-001", S.REFUSED, reason=Reason("disk-full"))
    city.run(1)
    box = city.box("box-000")
    assert (box.state, box.reason, box.detail) == ("failed", "too-slow", "twice the time")
    assert (box.fetched_bytes, box.agreement, box.latency_ratio) == (123_456, 0.97, 2.4)
    assert box.ended_at == box.accepted_at + 1000
    assert runs(city, "box-000") == 3
    refused = city.box("box-001")
    assert (refused.state, refused.reason, refused.accepted_at) == ("failed", "disk-full", city.ms - 1000)


def test_a_report_of_another_box_or_signed_by_another_moves_nothing(city: City) -> None:
    city.begin(LAX)
    city.run()
    order = city.order("box-001")
    assert order is not None
    city.report("box-000", S.SUCCEEDED, by="box-001")
    city.report("box-000", S.SUCCEEDED, nonce=order.nonce)
    city.report("box-000", S.SUCCEEDED, release=9, running=9)
    city.report("box-000", S.SUCCEEDED, counter=2**52)
    city.report("box-000", S.SUCCEEDED, running=3)
    city.run(1)
    assert city.flags() == ["forged", "foreign", "foreign", "foreign", "foreign"]
    assert set(city.states().values()) == {"ordered"}
    assert runs(city, "box-000") is None, "who contradicts the order is not believed in the rest either"


def test_what_was_recorded_is_not_counted_when_it_is_played_again(city: City) -> None:
    city.begin(LAX, where=Filter(devices=("box-000", "box-001")))
    city.run()
    city.succeed("box-000")
    city.run(1)
    recorded = city.order("box-000")
    assert recorded is not None
    for _ in range(3):
        city.report("box-000", S.SUCCEEDED)
    city.report("box-000", S.ACCEPTED)
    city.report("box-000", S.ROLLED_BACK)
    city.run(1)
    assert city.flags()[4:] == ["doubled", "doubled", "doubled", "overtaken", "late"]
    assert city.states() == {"box-000": "succeeded", "box-001": "ordered"}
    city.succeed("box-001")
    city.run(1)
    city.catalogue.add(5, "1.4.0")
    city.begin(LAX, release=5)
    city.run(1)
    city.report("box-000", S.SUCCEEDED, nonce=recorded.nonce, release=4, running=4)
    city.run(1)
    assert city.flags()[-1] == "doubled"
    assert city.states(2)["box-000"] == "ordered", "an old success is none of the new order"


def test_who_reports_after_its_time_is_late_and_what_it_runs_is_known(city: City) -> None:
    city.begin(LAX, timeout_s=60)
    city.run()
    city.report("box-000", S.ACCEPTED)
    city.run()
    city.run(60)
    assert city.box("box-000").reason == "timeout"
    city.report("box-000", S.SUCCEEDED)
    city.run(1)
    assert city.flags() == ["counted", "late"]
    assert (city.states()["box-000"], runs(city, "box-000")) == ("failed", 4)


def test_an_update_from_a_stick_is_recorded_when_the_box_is_back_and_moves_no_rollout(city: City) -> None:
    city.begin(LAX)
    city.run()
    city.report("box-000", S.SUCCEEDED, counter=0, nonce="ab" * 16, running=4)
    city.run(1)
    assert city.flags() == ["stick"]
    assert (city.states()["box-000"], runs(city, "box-000")) == ("ordered", 4)


def test_of_a_report_that_a_later_contract_wrote_nothing_is_made(city: City) -> None:
    city.begin(LAX)
    city.run()
    city.report("box-000", S.ACCEPTED)
    city.flush()
    with city.engine.begin() as connection:
        connection.execute(event.update().values(body=b'{"observed": {"of": "tomorrow"}}'))
    city.report("box-001", S.ACCEPTED)
    city.run(1)
    assert city.flags() == ["counted"]
    assert city.states()["box-001"] == "accepted"


def test_whatever_comes_in_whatever_order_every_report_leaves_a_row_and_every_box_ends_once(city: City) -> None:
    seed = int(os.environ.get("ROLLOUT_SEED", "7"))
    rng = random.Random(seed)
    city.begin(LAX)
    city.run()
    names = sorted(city.keys)
    before = city.states()
    for _ in range(40):
        for _ in range(rng.randrange(12)):
            name = rng.choice(names)
            order = city.order(rng.choice([name, name, name, rng.choice(names)]))
            more = {"nonce": order.nonce} if order is not None else {}
            by = rng.choice([name, name, name, name, rng.choice(names)])
            counter = {"counter": rng.choice([0, 1, 2**50])} if rng.random() < 0.1 else {}
            city.report(name, rng.choice(list(S)), by=by, **more, **counter)
        if rng.random() < 0.3:
            city.scheduler = city.new_scheduler()
        city.run(rng.randrange(5))
        after = city.states()
        for name in names:
            assert RANK[BoxState(after[name])] >= RANK[BoxState(before[name])], seed
            if BoxState(before[name]) in FINAL:
                assert after[name] == before[name], seed
        before = after
    with city.engine.connect() as connection:
        events = connection.execute(select(func.count()).select_from(event)).scalar_one()
        assert connection.execute(select(func.count()).select_from(rollout_report)).scalar_one() == events
        counted = select(rollout_report.c.device).where(rollout_report.c.flag == Flag.COUNTED.value)
        ends = counted.where(rollout_report.c.step.in_([S.SUCCEEDED.value, S.ROLLED_BACK.value, S.REFUSED.value]))
        ended = list(connection.scalars(ends))
        assert len(ended) == len(set(ended)), seed
        last = connection.execute(select(func.max(event.c.row))).scalar_one()
        assert connection.execute(select(setting.c.value).where(setting.c.name == "rollout-reports")).scalar() == str(last)
    assert set(city.flags()) == {flag.value for flag in Flag} - {Flag.LATE.value} | ({"late"} & set(city.flags())), seed
    assert city.read(1).state in {RolloutState.RUNNING, RolloutState.COMPLETED}
