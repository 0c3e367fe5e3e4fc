"""Whether a watchdog has bitten."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.watchdog import caused_start


@pytest.mark.parametrize(
    ("texts", "bitten"),
    [((), False), (("0\n",), False), (("0", "32\n"), True), (("0x21",), True), (("1",), False), (("?",), False)],
)
def test_one_that_says_so_is_believed(tmp_path: Path, texts: tuple[str, ...], bitten: bool) -> None:
    for number, text in enumerate(texts):
        folder = tmp_path / f"watchdog{number}"
        folder.mkdir()
        (folder / "bootstatus").write_text(text)
    (tmp_path / "watchdog9").mkdir()
    assert caused_start(tmp_path) is bitten
