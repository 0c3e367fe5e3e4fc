"""The page is made from what benches printed, and only that."""

from __future__ import annotations

import pytest

from benchmarks import page
from benchmarks.figure import Bench

LINE = '{"bench":"wear","name":"gb_per_year","value":3.25,"unit":"GB","n":9,"low":3,"high":4,"target":5,"reached":true}'
MISSED = '{"bench":"boot","name":"start_to_first_event_s","value":6.5,"unit":"s","n":5,"target":5,"reached":false}'


def test_a_bench_replaces_its_own_figures_only() -> None:
    record = page.merge({}, [LINE, MISSED], "2026-01-01", "a machine")
    record = page.merge(record, [LINE.replace("3.25", "2.5"), "\n"], "2026-02-02", "another")
    assert record["wear"].figures[0]["value"] == 2.5
    assert record["wear"].date == "2026-02-02"
    assert record["boot"].machine == "a machine"


def test_missed_and_unmeasured_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "load", lambda name: Bench(name, f"what {name} is", lambda _o: iter(())))
    text = page.render(page.merge({}, [LINE, MISSED], "2026-01-01", "a machine"))
    assert "| `gb_per_year` | 3.25 | GB | 9 | 3 to 4 | at most 5 | yes |" in text
    assert "| `start_to_first_event_s` | 6.5 | s | 5 |  | at most 5 | **no** |" in text
    assert "what uplink is\n\n`lamplighter bench uplink`\n\nNot measured yet." in text


def test_the_machine_is_described_without_its_name() -> None:
    import socket

    assert "Python 3." in page.machine()
    assert socket.gethostname() not in page.machine().split()
