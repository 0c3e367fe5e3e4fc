"""The policy file holds to the law's limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.policy.policy import PolicyError, read_policy

GOOD = '[purposes.a]\nlabel = "A"\nreference = "B"\n'


def test_the_policy_that_comes_with_the_fleet_is_one() -> None:
    policy = read_policy()
    assert policy.purpose("stolen-vehicles").lists
    assert not policy.purpose("stolen-vehicles").pseudonyms
    assert policy.purpose("travel-times").period_days <= 28


def test_a_purpose_that_is_not_in_it_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(GOOD)
    with pytest.raises(PolicyError, match="'revenge' is not in the fleet's policy; there are: a"):
        read_policy(tmp_path / "policy.toml").purpose("revenge")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + "period_days = 29\n", "period_days"),
        (GOOD + "read_days = 29\n", "read_days"),
        (GOOD + "hit_days = 366\n", "hit_days"),
        (GOOD + "free_days = 31\n", "free_days"),
        (GOOD + "unconfirmed_hours = 73\n", "unconfirmed_hours"),
        (GOOD + "forever = true\n", "forever"),
        ('[purposes.a]\nlabel = ""\nreference = "B"\n', "label"),
        ("[purposes\n", "mend the file"),
        ("", "purposes"),
    ],
)
def test_a_policy_beyond_the_law_is_refused_by_its_field(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(PolicyError, match=words):
        read_policy(path)


def test_a_policy_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="No such file"):
        read_policy(tmp_path / "none.toml")
