"""Another release beside the one that counts, and in its place: no picture is lost for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.infer.outcome import Dropped, DropReason, NothingSeen, Seen
from edge.runtime.casting import RehearsalError
from edge.runtime.rehearsal import Rehearsal
from tests.edge.infer import puppet
from tests.edge.runtime.box import Box, source


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Folder of another release of the puppet."""
    puppet.make_bundle(tmp_path / "release")
    return tmp_path / "release" / puppet.NAME


@pytest.fixture
def looking(box: Box, control: Path, clip: Path) -> Box:
    """A box that looks at a picture every thirtieth of a second."""
    assert control.exists()
    box.run(source("gate", clip, pace="real-time", fps=30, repeat=True))
    box.until(lambda: sum(isinstance(outcome, Seen) for outcome in box.outcomes()) >= 10)
    return box


def rehearse(box: Box, release: Path, *, compare: bool = False) -> Rehearsal:
    planner = box.planner.replaced(puppet.NAME, release)
    rehearsal = box.runtime.rehearse(puppet.NAME, planner, compare=compare)
    box.until(lambda: rehearsal.ready or bool(rehearsal.fault))
    return rehearsal


def switch(box: Box, folder: Path | None) -> bool:
    return box.runtime.switch(puppet.NAME, box.planner.replaced(puppet.NAME, folder))


def test_a_switch_loses_no_picture_and_each_names_the_model_that_looked(looking: Box, release: Path) -> None:
    assert rehearse(looking, release).ready
    first = len(looking.results)
    assert switch(looking, release)
    looking.until(lambda: len(looking.results) >= first + 30)
    after = looking.results[first:]
    assert [result.number for result in after] == list(range(after[0].number, after[0].number + len(after)))
    assert all(isinstance(result.outcome, Seen) for result in after)
    digests = [result.model.digest for result in looking.results if result.model]
    (new,) = {result.model.digest for result in after[5:] if result.model}
    assert digests[0] != new
    assert digests == sorted(digests, key=lambda digest: digest == new)  # never back
    looking.until(lambda: not looking.runtime._crew.succession.units)


def test_what_was_asked_before_the_switch_is_answered_by_the_old_one(
    make_box: Any, control: Path, clip: Path, release: Path
) -> None:
    control.write_text("slow")
    (release / "control").write_text("slow")
    box: Box = make_box()
    box.run(source("gate", clip, repeat=True))  # as fast as it is looked at: two pictures are always under way
    box.until(lambda: len(box.results) >= 5)
    assert rehearse(box, release).ready
    first = len(box.results)
    assert switch(box, release)
    box.until(lambda: len(box.results) >= first + 10)
    after = box.results[first:]
    assert all(isinstance(result.outcome, Seen) for result in after)
    old, new = (result.model.digest if result.model else "" for result in (box.results[0], after[-1]))
    assert [result.model.digest for result in after if result.model][:2] == [old, old]
    assert old != new


def test_one_that_is_not_ready_takes_over_nothing(looking: Box, release: Path) -> None:
    looking.runtime.rehearse(puppet.NAME, looking.planner.replaced(puppet.NAME, release), compare=False)
    assert not switch(looking, release)
    seen = len(looking.results)
    looking.until(lambda: any(isinstance(outcome, Seen) for outcome in looking.outcomes()[seen:]))


def test_what_is_compared_is_what_both_say_of_the_same_picture(looking: Box, release: Path) -> None:
    rehearsal = rehearse(looking, release, compare=True)
    looking.until(lambda: rehearsal.looks >= 3)
    assert rehearsal.agreed == rehearsal.looks
    (release / "control").write_text("nothing")
    agreed, looks = rehearsal.agreed, rehearsal.looks
    looking.until(lambda: rehearsal.looks >= looks + 4)
    assert rehearsal.agreed <= agreed + 1  # one was under way


@pytest.mark.parametrize("does", ["hang", "crash", "error"])
def test_whatever_a_rehearsed_release_does_the_one_that_counts_looks_on(looking: Box, release: Path, does: str) -> None:
    rehearsal = rehearse(looking, release, compare=True)
    first = len(looking.results)
    (release / "control").write_text(does)
    looking.until(lambda: bool(rehearsal.fault))
    looking.until(lambda: len(looking.results) >= first + 30)
    assert looking.made_of(first) == {Seen}
    assert looking.codes("accelerator cpu") == ()


def test_a_release_with_other_golden_answers_is_not_ready(looking: Box, tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path / "wrong", golden=0.4)
    rehearsal = rehearse(looking, tmp_path / "wrong" / puppet.NAME)
    assert not rehearsal.ready
    assert "deviation" in rehearsal.fault


def test_without_a_rehearsal_it_switches_all_the_same_and_says_what_it_cost(looking: Box, release: Path) -> None:
    first = len(looking.results)
    assert not switch(looking, release)
    looking.until(lambda: sum(isinstance(outcome, Seen) for outcome in looking.outcomes()[first:]) >= 20)
    assert {type(outcome) for outcome in looking.outcomes()[first:]} <= {Seen, Dropped}


def test_the_way_back_is_the_same(looking: Box, release: Path) -> None:
    assert rehearse(looking, release).ready
    assert switch(looking, release)
    rehearsal = looking.runtime.rehearse(puppet.NAME, looking.planner, compare=False)
    looking.until(lambda: rehearsal.ready)
    first = len(looking.results)
    assert switch(looking, None)
    looking.until(lambda: len(looking.results) >= first + 20)
    assert looking.made_of(first) == {Seen}


def test_what_it_comes_to_is_counted_from_the_switch_on(looking: Box, release: Path) -> None:
    assert looking.runtime.tally(puppet.NAME).answered >= 10
    assert rehearse(looking, release).ready
    switch(looking, release)
    assert looking.runtime.tally(puppet.NAME).answered == 0
    (release / "control").write_text("nothing")
    looking.until(lambda: any(isinstance(outcome, NothingSeen) for outcome in looking.outcomes()))
    tally = looking.runtime.tally(puppet.NAME)
    assert tally.asked >= tally.answered > 0 == tally.failures
    (release / "control").write_text("error")
    looking.until(lambda: looking.runtime.tally(puppet.NAME).failures > 0)


def test_what_is_not_there_or_does_not_suit_who_uses_it_is_not_rehearsed(looking: Box, tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="not a bundle") as missing:
        looking.runtime.rehearse("plate-reader", looking.planner, compare=False)
    assert not missing.value.blame
    puppet.make_bundle(tmp_path / "other", labels=("car", "person"))
    with pytest.raises(RehearsalError, match="needs 'person' first") as unfit:
        rehearse(looking, tmp_path / "other" / puppet.NAME)
    assert unfit.value.blame


def test_what_nothing_uses_is_proven_and_takes_nobodys_place(looking: Box, tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path / "other", "spare")
    planner = looking.planner.replaced("spare", tmp_path / "other" / "spare")
    rehearsal = looking.runtime.rehearse("spare", planner, compare=True)
    looking.until(lambda: rehearsal.ready)
    assert rehearsal.warm_ms is not None
    first = len(looking.results)
    assert not looking.runtime.switch("spare", planner)
    looking.until(lambda: len(looking.results) >= first + 20)
    assert looking.made_of(first) == {Seen}
    assert rehearsal.looks == 0


def test_a_rehearsal_sees_rings_that_come_later(make_box: Any, control: Path, clip: Path, release: Path) -> None:
    assert control.exists()
    box: Box = make_box()
    gate = source("gate", clip, pace="real-time", fps=30, repeat=True)
    box.run(gate)
    rehearsal = rehearse(box, release, compare=True)
    box.run(gate, source("yard", clip, pace="real-time", fps=30, repeat=True))
    box.until(lambda: any(result.source == "yard" for result in box.results))
    box.run(source("yard", clip, pace="real-time", fps=30, repeat=True))
    looks = rehearsal.looks
    box.until(lambda: rehearsal.looks >= looks + 3)
    assert not rehearsal.failures


def test_beside_a_second_process_a_look_that_is_late_costs_no_picture(
    make_box: Any, control: Path, clip: Path, release: Path
) -> None:
    box: Box = make_box()
    box.run(source("gate", clip, pace="real-time", fps=4, repeat=True))  # the late look takes more than three of them
    box.until(lambda: len(box.results) >= 3)

    def late() -> set[object]:
        first = len(box.results)
        control.write_text("late")
        box.until(lambda: len(box.results) >= first + 7)
        assert control.read_text() == "see"
        return {outcome for outcome in box.outcomes()[first:] if isinstance(outcome, Dropped)}

    assert late() == {Dropped(DropReason.SUPERSEDED)}
    assert rehearse(box, release).ready
    assert late() == set()
    box.runtime.end_rehearsal()
    assert late() == {Dropped(DropReason.SUPERSEDED)}
