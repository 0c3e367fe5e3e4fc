"""Bad input at the command line of a box: each fault names the thing, its value and the remedy; nothing is a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LAMPLIGHTER = [sys.executable, "-m", "lamplighter"]
BOX = '[box]\nfleet = "city"\ndevice = "box"\nstate = "state"\n'


def source(**parts: str) -> str:
    lines = {"id": '"square"', "uri": '"square.mp4"', **parts}
    return "[[sources]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ("box.toml", "no such file", "lamplighter edge example")),
        ("[box", ("not valid TOML",)),
        (BOX.replace("device", "devise"), ("devise", "did you mean 'device'")),
        (BOX.replace('"box"', '"Bad Name"'), ("box.device", "Bad Name")),
        (BOX + source(zonez="[]"), ("zonez", "did you mean 'zones'")),
        (BOX + source(zones='[{ id = "z", polygon = [[0, 0], [1.5, 0], [1, 1]] }]'), ("zone 'z'", "1.5")),
        (BOX + source(zones='[{ id = "z", polygon = [[0, 0], [1, 1], [1, 0], [0, 1]] }]'), ("zone 'z'", "cross")),
        (BOX + source(fps="-3"), ("fps", "-3")),
        (BOX + '[manager]\nurl = "http://127.0.0.1:1"\ncode = "ABC"\n', ("manager.code", "XXXX-XXXX-XXXX")),
        (BOX + '[manager]\nurl = "http://10.0.0.1:8080"\n', ("manager.url http://10.0.0.1:8080", "use https://")),
        (BOX + source(kind='"usb"'), ("kind", "give one of", "v4l2", "'usb'")),
        (BOX + source() + source(), ("square", "twice")),
        (
            BOX + source(zones='[{ id = "z", polygon = [[0,0],[1,0],[1,1]], alarm = { enter_at = 3, leave_at = 4 } }]'),
            ("leave_at", "below enter_at"),
        ),
    ],
)
def test_a_box_file_with_a_fault(text: str | None, words: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    if text is not None:
        file.write_text(text)
    done = subprocess.run(
        [*LAMPLIGHTER, "edge", "check", "--config", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def test_the_example_is_a_box_file_without_a_fault(tmp_path: Path) -> None:
    example = subprocess.run([*LAMPLIGHTER, "edge", "example"], capture_output=True, text=True, timeout=60, check=True)
    (tmp_path / "box.toml").write_text(example.stdout)
    done = subprocess.run(
        [*LAMPLIGHTER, "edge", "check", "--config", str(tmp_path / "box.toml")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "nothing to object to" in done.stdout


def test_a_state_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    (tmp_path / "box.toml").write_text(BOX)
    done = subprocess.run(
        [*LAMPLIGHTER, "edge", "run", "--config", str(tmp_path / "box.toml")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "state" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["demo", "edge", "watch", "fleet", "models", "bench"])
def test_every_command_explains_itself(command: str) -> None:
    done = subprocess.run([*LAMPLIGHTER, command, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert "Usage" in done.stdout
    assert len(done.stdout.splitlines()) > 5


def test_an_unknown_command_is_named(tmp_path: Path) -> None:
    done = subprocess.run([*LAMPLIGHTER, "fleeet"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "fleeet" in done.stderr


def test_watch_says_when_no_agent_runs(tmp_path: Path) -> None:
    (tmp_path / "box.toml").write_text(BOX)
    done = subprocess.run(
        [*LAMPLIGHTER, "watch", "--once", "--config", str(tmp_path / "box.toml")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "status.sock" in done.stderr
    assert "Traceback" not in done.stderr
