"""The page about publishing can be followed: its commands are run, in its order, by the people whom it names."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ota.publisher.cli import app
from ota.publisher.console import PASSWORD
from ota.publisher.publisher import Publisher
from tests.ota.publisher.bundles import make_bundle, nudged, weights

PAGE = Path(__file__).resolve().parents[3] / "docs" / "updates.md"
HELPERS = {"mkdir", "cp"}


def commands() -> list[list[str]]:
    """Every line of every block on publishing that is no file's content."""
    text = PAGE.read_text("utf-8").partition("\n## On the box\n")[0].replace("\\\n", " ")
    blocks = re.findall(r"^ *```\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks if "[Service]" not in block for line in block.splitlines()]


def test_the_page_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PASSWORD, "lamp post market square")
    first = weights(1, 20_000)
    make_bundle(tmp_path / "bundles/plate-reader-1.0.0", "1.0.0", first)
    make_bundle(tmp_path / "bundles/plate-reader-1.1.0", "1.1.0", nudged(first, 2))
    runner = CliRunner()
    done = []
    for words in commands():
        if words[0] in HELPERS:
            subprocess.run(words, check=True)
            continue
        assert words[:2] == ["lamplighter", "ota"], words
        found = runner.invoke(app, words[2:], input="y\n")
        assert found.exit_code == 0, f"{shlex.join(words)}\n{found.output}"
        done.append(words[2])
    assert {
        "keygen",
        "init",
        "sign",
        "publish",
        "verify",
        "add",
        "status",
        "again",
        "remove",
        "refresh",
        "renew",
        "rotate",
    } == {*done}
    state = Publisher(Path("var/updates/workshop")).status()
    assert [(item.release, item.version, bool(item.deltas)) for item in state.releases] == [
        (1, "1.0.0", True),
        (3, "1.0.0", True),
    ]
    assert state.releases[0].hardware == ("NVIDIA Jetson", "Raspberry Pi 5")
    assert [role.version for role in state.roles] == [3, 6, 8, 8]
    assert not state.pending
