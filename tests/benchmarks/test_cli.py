"""Benches: what is printed, when a target counts as missed, and that a skipped bench never passes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from benchmarks import cli
from benchmarks.figure import Figure, Options, Sense, Skipped


def figure(value: float, **more: object) -> Figure:
    return Figure(name="p95_ms", value=value, unit="ms", n=10, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sense", "value", "reached"),
    [
        (Sense.AT_MOST, 250.0, True),
        (Sense.AT_MOST, 250.1, False),
        (Sense.AT_LEAST, 250.0, True),
        (Sense.AT_LEAST, 249.9, False),
        (Sense.EXACTLY, 250.0, True),
        (Sense.EXACTLY, 251.0, False),
        (Sense.AT_MOST, float("nan"), False),
        (Sense.AT_LEAST, float("nan"), False),
    ],
)
def test_a_target_is_judged(sense: Sense, value: float, *, reached: bool) -> None:
    assert figure(value, target=250, sense=sense).reached is reached


def test_without_a_target_nothing_is_judged() -> None:
    assert figure(1.0).reached is None


def invoke(monkeypatch: pytest.MonkeyPatch, outcome: Figure | Exception, *arguments: str) -> tuple[int, str, str]:
    def run(_options: Options) -> Iterator[Figure]:
        if isinstance(outcome, Exception):
            raise outcome
        yield outcome

    monkeypatch.setattr(cli, "MODULES", {"probe": "probe"})
    monkeypatch.setitem(sys.modules, "probe", SimpleNamespace(DESCRIPTION="a probe", run=run))
    result = CliRunner().invoke(cli.app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = invoke(monkeypatch, figure(3.0, target=5.0, low=2.0, high=4.0, against="nothing"), "probe", "--json")
    assert code == 0
    assert json.loads(out) == {
        "bench": "probe",
        "name": "p95_ms",
        "value": 3.0,
        "unit": "ms",
        "n": 10,
        "low": 2.0,
        "high": 4.0,
        "against": "nothing",
        "target": 5.0,
        "reached": True,
    }


def test_a_missed_target_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    assert invoke(monkeypatch, figure(6.0, target=5.0), "probe")[0] == 1


def test_skipped_is_named_and_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = invoke(monkeypatch, Skipped("no data at ../x; give --data"), "--json")
    assert code == cli.ALL_SKIPPED
    assert "skipped probe: no data" in " ".join(err.split())


def test_an_unknown_bench_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = invoke(monkeypatch, figure(1.0), "nothing")
    assert code == 2
    assert "--list" in err


def test_every_bench_of_the_list_loads() -> None:
    for name in cli.MODULES:
        assert cli.load(name).description


def test_a_bench_that_fails_is_named_and_the_others_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_options: Options) -> Iterator[Figure]:
        yield figure(1.0, target=5.0)
        msg = "the agent has ended: [no reason]"
        raise RuntimeError(msg)

    def sound(_options: Options) -> Iterator[Figure]:
        yield figure(2.0, target=5.0)

    monkeypatch.setattr(cli, "MODULES", {"broken": "broken", "sound": "sound"})
    monkeypatch.setitem(sys.modules, "broken", SimpleNamespace(DESCRIPTION="a probe", run=broken))
    monkeypatch.setitem(sys.modules, "sound", SimpleNamespace(DESCRIPTION="a probe", run=sound))
    result = CliRunner().invoke(cli.app, ["--json"])
    assert result.exit_code == 1
    assert [json.loads(line)["value"] for line in result.stdout.splitlines()] == [1.0, 2.0]
    assert "failed broken: RuntimeError: the agent has ended: [no reason]" in " ".join(result.stderr.split())


def test_a_narrow_terminal_shows_every_name_and_value_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    against = "one of them that needs many more words than fit beside the value of a figure on a terminal of eighty columns"
    _, out, _ = invoke(monkeypatch, figure(6.0, target=5.0, low=5.5, high=6.5, against=against), "probe")
    row = next(line for line in out.splitlines() if "p95_ms" in line)
    assert row.split() == ["p95_ms", "6", "missed", "ms", "10", "5.5", "to", "6.5", "at", "most", "5"]
    assert against in " ".join(out.split())
