"""Series of plates: what an authority issues, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from models.synthesis import series as table
from models.synthesis.series import Series, SeriesError, draw_inscription, draw_series, expression, inscribe, number_of, series

L = "[A-NP-Z]"
"""Letters of European plates in Belgium: O is not issued."""
OLD = "[A-HJ-NPR-Z]"
"""Letters before 2010: neither I, O nor Q."""
BELGIUM = {
    "be-car": rf"[1-7]-{L}{{3}}-\d{{3}}|[12]-\d{{3}}-{L}{{3}}|{L}{{3}}-\d{{3}}-[12]",
    "be-car-square": rf"[12]-{L}{{3}}/\d{{3}}|[12]-\d{{3}}/{L}{{3}}|[12]-{L}{{2}}/{L}\d{{3}}",
    "be-car-1973": rf"{OLD}{{3}}[-. ]\d{{3}}|\d{{3}}[-. ]{OLD}{{3}}",
    "be-car-1951": rf"{OLD}[-.]\d{{4}}|\d{{4}}-{OLD}|{OLD}{{2}}[-.]\d{{3}}|\d{{3}}-{OLD}{{2}}|{OLD}-\d{{3}}-{OLD}",
    "be-motorcycle": rf"M-{L}{{3}}/\d{{3}}|M-\d{{3}}/{L}{{3}}|1-[MW]{L}{{2}}/\d{{3}}",
    "be-motorcycle-1973": rf"[MW]{OLD}{{2}}/\d{{3}}|\d{{3}}/[MW]{OLD}{{2}}",
    "be-moped": rf"S-[ABPU]{L}{{2}}/\d{{3}}|S-\d{{3}}/[ABP]{L}{{2}}",
    "be-old-timer": rf"O-({L}{{3}}-\d{{3}}|\d{{3}}-{L}{{3}})",
    "be-trailer": rf"Q-({L}{{3}}-\d{{3}}|\d{{3}}-{L}{{3}})|1-[QU]{L}{{2}}-\d{{3}}",
    "be-taxi": rf"T-[XL]{L}{{2}}-\d{{3}}|(1-)?TX{L}-\d{{3}}",
    "be-commercial": rf"[YZV]-{L}{{3}}[-|]\d{{3}}|[YZV]-\d{{3}}-{L}{{3}}|(1-)?Z{L}{{2}}-\d{{3}}",
    "be-diplomatic": rf"CD[- ]({L}{{2}}-?\d{{3}}|\d{{4}}|\d{{3}}{L})",
    "be-international": rf"8-({L}{{3}}-\d{{3}}|\d{{3}}-{L}{{3}})",
    "be-temporary": rf"[WX]{L}-\d\d[-|]{L}{{3}}|[WX]{L}{{2}}-\d{{3}}",
    "be-agricultural": rf"G-L{L}{{2}}-\d{{3}}",
    "be-authority": r"[AEP]-\d{1,3}|\d{1,3}",
}


@pytest.mark.parametrize("name", BELGIUM)
def test_belgian_inscriptions(name: str) -> None:
    chosen = next(row for row in series() if row.name == name)
    random = np.random.default_rng(1)
    for _ in range(200):
        assert re.fullmatch(BELGIUM[name], draw_inscription(chosen, random))


@pytest.mark.parametrize(
    ("prefix", "never"),
    [("nl-", "AEIOUCQWY"), ("fr-", "IOU"), ("it-", "IOQU"), ("es-car", "AEIOUQ"), ("gb-", "IQ"), ("cz-car", "GOQW")],
)
def test_letters_that_an_authority_does_not_issue(prefix: str, never: str) -> None:
    random = np.random.default_rng(2)
    for row in (row for row in series() if row.name.startswith(prefix)):
        for _ in range(100):
            assert not set(draw_inscription(row, random)) & set(never), row.name


@pytest.mark.parametrize("row", series(), ids=lambda row: row.name)
def test_every_series_is_whole(row: Series) -> None:
    random = np.random.default_rng(3)
    assert row.source.strip()
    assert row.weight > 0
    for pattern in row.patterns:
        inscription = inscribe(pattern, row.letters, random)
        assert re.fullmatch(expression(pattern, row.letters), inscription)
        assert re.fullmatch(r"[A-Z0-9]{1,12}", number_of(inscription))
        assert all(re.search(r"[A-Z0-9]", line) for line in inscription.split("/"))


def test_weights_decide_how_often() -> None:
    random = np.random.default_rng(4)
    drawn = [draw_series(random) for _ in range(4000)]
    whole = sum(row.weight for row in series())
    for region in ("be-", "us-"):
        expected = sum(row.weight for row in series() if row.name.startswith(region)) / whole
        assert np.mean([row.name.startswith(region) for row in drawn]) == pytest.approx(expected, abs=0.03)


def test_the_same_state_draws_the_same() -> None:
    first, second = (np.random.default_rng(5) for _ in range(2))
    for _ in range(50):
        assert draw_inscription(draw_series(first), first) == draw_inscription(draw_series(second), second)


@pytest.mark.parametrize("pattern", ["@@?", "[1-7]@", "@/@/@", "[12"])
def test_a_pattern_that_cannot_be(pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "series.toml"
    file.write_text(f'[[series]]\nname = "x"\nsource = "y"\nweight = 1\nsize = [520, 110]\npatterns = ["{pattern}"]\n')
    monkeypatch.setattr(table, "TABLE", file)
    with pytest.raises(SeriesError, match=re.escape(repr(pattern))):
        table.series.__wrapped__()


def test_two_series_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "series.toml"
    file.write_text('[[series]]\nname = "x"\nsource = "y"\nweight = 1\nsize = [520, 110]\npatterns = ["@"]\n' * 2)
    monkeypatch.setattr(table, "TABLE", file)
    with pytest.raises(SeriesError, match="one name"):
        table.series.__wrapped__()
