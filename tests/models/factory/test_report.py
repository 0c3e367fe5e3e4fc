"""The report as data: it comes back as it was written, and holds no number that is none."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path

import msgspec
import pytest

from models.factory.report import Report, read_report, write_report
from models.factory.statistics import EvaluationError


def test_what_is_written_is_read_again_and_is_the_same_each_time(report: Report, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    write_report(first, report)
    write_report(second, read_report(first))
    assert read_report(first) == report
    assert first.read_bytes() == second.read_bytes()


def test_operating_points_say_whether_the_promise_held_elsewhere(report: Report) -> None:
    assert [point.kept for point in report.operating] == [True, True]
    broken = msgspec.structs.replace(report.operating[0], limit=0.01)
    assert not broken.kept
    assert not msgspec.structs.replace(broken, reported=()).kept


def test_a_number_that_is_none_is_not_written(report: Report, tmp_path: Path) -> None:
    figure = report.figures[0]
    broken = msgspec.structs.replace(figure, metric=msgspec.structs.replace(figure.metric, low=math.nan))
    path = tmp_path / "report.json"
    with pytest.raises(EvaluationError, match=r"plate-reader.*/plate-reader\.top1\.low: not a finite number"):
        write_report(path, msgspec.structs.replace(report, figures=(broken,)))
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file"),
        (b"", "no evaluation report"),
        (b"\xff", "no evaluation report"),
        (b"[" * 100_000, "no evaluation report"),
        (b'{"bundle": "x"}', "missing required field"),
        (b'{"bundle": "x", "more": 1}', "no evaluation report"),
    ],
)
def test_what_is_no_report_is_refused_with_what_to_do(tmp_path: Path, text: bytes | None, message: str) -> None:
    path = tmp_path / "report.json"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(EvaluationError, match=f"{message}.*lamplighter models evaluate"):
        read_report(path)


def test_another_format_is_refused(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(report, format=2)))
    with pytest.raises(EvaluationError, match="format 2, and this version reads 1"):
        read_report(path)


def test_without_matplotlib_the_page_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "models.factory.drawing", raising=False)
    with pytest.raises(
        ModuleNotFoundError, match=r"make setup-models in a checkout, or pip install 'lamplighter\[models\]'"
    ) as caught:
        importlib.import_module("models.factory.drawing")
    assert caught.value.name == "matplotlib", "as the command line expects it"
