"""Lists and keys on a running agent: what it lacks it says, what it is given it uses, what is taken away is gone."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from edge.agent.commands import Commands
from edge.identity.files import IdentityFiles
from edge.watch import draw
from models.bundle.reading import Reading
from protocol.commands import Command
from protocol.config import Config
from protocol.keys import KeysError, SealedKeys, offer_bytes, unpacked
from protocol.state import State
from tests.edge.agent.offline import Offline, source
from tests.edge.agent.plated import Plated, Wire, reason
from tests.edge.lists.desk import OTHERS, STOLEN, Desk, Made, digest_of

DESK = Desk()
MADE = Made(DESK, 3, ["1ABC123", "2XY?99"])
SEEN = [Reading("1ABC128", 0.8), Reading("1ABC123", 0.1)]


def now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def test_from_a_lock_to_a_hit_and_to_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Plated(tmp_path, DESK)
    site.publish(MADE.file)
    with site.running(monkeypatch) as box:
        matching = box.agent._plates._opened().matching
        state = site.state(lambda s: reason(s, "keys-missing"), "it has no keys")
        assert "pseudonyms of travel-times" in reason(state, "keys-missing")
        assert "manager orders none" in reason(state, "list-missing")
        assert state.lock is not None
        key = IdentityFiles(tmp_path / "state" / "identity").key().public_key()
        key.verify(unpacked(state.lock.signature), offer_bytes("city", "box", state.boot, state.lock.lock))

        began = time.monotonic()
        site.want(MADE.order())
        state = site.state(lambda s: s.lists == {"stolen": 3}, "the list is used")
        assert time.monotonic() - began < 10, "from the twin to active"
        state = site.state(lambda s: "list stolen (list-1)" in reason(s, "keys-missing"), "and its key is missing")
        assert reason(state, "list-missing") == ""
        assert matching.match(SEEN, ["stolen"], now()) == []
        assert matching.of("travel-times", "1ABC128", now()) is None

        assert site.give(STOLEN, OTHERS).message == "holds 2 keys"
        state = site.state(lambda s: s.keys == ("list-1", "travel-1") and not reason(s, "keys-missing"), "keys are held")
        (match,) = matching.match(SEEN, ["stolen"], now())
        assert (match.plate, match.version) == ("1ABC123", 3)
        assert matching.of("travel-times", "1ABC128", now()) is not None

        longer = msgspec.structs.replace(OTHERS, ends=OTHERS.ends + dt.timedelta(days=1))
        assert site.give(STOLEN, longer).ok
        assert "it took others meanwhile" in site.give(STOLEN, OTHERS, state=state).message, "which somebody had held back"
        offered = state.lock
        site.state(lambda s: s.lock not in {None, offered}, "another lock is told, though keys have the same names")

        after = Made(DESK, 4, ["2XY?99"])
        change = after.change(MADE)
        site.publish(after.file, change)
        began = time.monotonic()
        site.want(after.order((3, change)))
        site.state(lambda s: s.lists == {"stolen": 4}, "a change is active")
        assert time.monotonic() - began < 10
        assert matching.match(SEEN, ["stolen"], now()) == [], "who was taken off is off"

        assert not site.give(STOLEN, state=msgspec.structs.replace(state, boot="b" * 12)).ok
        assert site.give(OTHERS).ok
        site.state(lambda s: s.keys == ("travel-1",), "what a bundle does not name is forgotten")

        site.want(config=Config())
        state = site.state(lambda s: s.lock is None and not s.keys and not s.lists, "nothing reads plates any more")
        assert reason(state, "keys-missing") == reason(state, "list-missing") == ""
        box.until(lambda _: not list((tmp_path / "state" / "lists" / "objects").iterdir()), "no list is left on the disk")
        assert "nothing on this box reads plates" in site.command(Command(now(), keys=_nonsense())).message


def test_after_a_power_cut_there_is_a_new_lock_and_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Plated(tmp_path, DESK)
    site.publish(MADE.file)
    with site.running(monkeypatch):
        site.want(MADE.order())
        site.state(lambda s: s.lists == {"stolen": 3}, "the list is used")
        site.give(STOLEN, OTHERS)
        before = site.state(lambda s: len(s.keys) == 2, "keys are held")
    site.files.clear()
    with site.running(monkeypatch):
        state = site.state(lambda s: s.lists == {"stolen": 3}, "the list is here without the network")
        assert state.keys == ()
        assert state.lock is not None
        assert before.lock is not None
        assert state.lock.lock != before.lock.lock
        site.state(lambda s: "list stolen (list-1), pseudonyms of travel-times" in reason(s, "keys-missing"), "it says so")
        assert "no longer has" in site.give(STOLEN, state=before).message, "what was sealed for the old lock opens nothing"
        assert site.give(STOLEN, OTHERS).ok
        site.state(lambda s: len(s.keys) == 2 and not reason(s, "keys-missing"), "the manager answers")
        assert site.give(STOLEN, OTHERS, msgspec.structs.replace(OTHERS, id="travel-2")).ok
        site.state(lambda s: len(s.keys) == 3, "the manager is told of a key that was not missing")


def test_what_is_refused_is_said_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Plated(tmp_path, DESK)
    foreign = Made(Desk(), 4, ["9ZZZ999"])
    site.publish(MADE.file, foreign.file)
    with site.running(monkeypatch) as box:
        site.want(MADE.order())
        site.state(lambda s: s.lists == {"stolen": 3}, "the list is used")
        site.give(STOLEN)
        site.want(foreign.order())
        state = site.state(lambda s: reason(s, "list-refused"), "the foreign one is refused")
        assert "was not made by this fleet's authority" in reason(state, "list-refused")
        assert state.lists == {"stolen": 3}
        console = Console(width=100, file=io.StringIO(), record=True)
        console.print(draw(box.agent.status()))
    shown = " ".join(console.export_text().split())
    assert f"stolen 3: 2 entries, until {MADE.header.expires:%Y-%m-%d %H:%M}" in shown
    assert "keys list-1; missing: pseudonyms of travel-times; in memory;" in shown
    assert digest_of(MADE.file) in {path.name for path in (tmp_path / "state" / "lists" / "objects").iterdir()}


def test_a_box_that_reads_no_plates_offers_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.agent.link.Uplink", Wire)
    box = Offline(tmp_path, '[broker]\nhost = "127.0.0.1"\nport = 1\ntls = false\n', source("gate"))
    with box.running():
        status = box.until(lambda s: s.models, "it looks")
        state: State = box.agent.birth()
        assert (state.lock, state.keys, state.lists, status.plates) == (None, (), {}, None)
        assert "nothing on this box reads plates" in _refusal(box)
        assert not (tmp_path / "state" / "lists").exists()
    del Wire.made


def test_a_start_that_reads_no_plates_imports_nothing_for_them(tmp_path: Path) -> None:
    """It is 25 ms of a start in the dark: lists, keys, and what opens them."""
    box = tmp_path / "box.toml"
    box.write_text('[box]\nfleet = "city"\ndevice = "box"\nstate = "state"\n' + source("gate"), "utf-8")
    code = """
import sys
from pathlib import Path
from edge.agent.agent import Agent
from edge.boxfile import read_box_file
from edge.clock import SystemClock
agent = Agent(read_box_file(Path(sys.argv[1])), SystemClock())
agent.stop()
agent.run()
agent.birth(), agent.status()
print([name for name in sys.modules if name.startswith("edge.lists") or name in {"edge.agent.holding", "protocol.sealing"}])
"""
    done = subprocess.run([sys.executable, "-c", code, str(box)], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_lists_that_were_left_on_the_disk_go_though_nothing_reads_plates_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration has changed while the box had no power."""
    monkeypatch.setattr("edge.agent.link.Uplink", Wire)
    left = tmp_path / "state" / "lists" / "objects" / digest_of(MADE.file)
    left.parent.mkdir(parents=True)
    left.write_bytes(MADE.file)
    box = Offline(tmp_path, '[broker]\nhost = "127.0.0.1"\nport = 1\ntls = false\n', source("gate"))
    with box.running():
        box.until(lambda _: not left.exists(), "it is gone")
    del Wire.made


def _refusal(box: Offline) -> str:
    with pytest.raises(KeysError) as refused:
        box.agent.take_keys(_nonsense())
    return str(refused.value)


def _nonsense() -> SealedKeys:
    return SealedKeys("A" * 43, "A" * 43, "AAAA", "A" * 86, "no certificate")


def commands(message: str = "") -> Commands:
    def take(_sealed: SealedKeys) -> str:
        if message:
            raise KeysError(message)
        return "holds 1 keys"

    return Commands("0.1.0", lambda: 1.0, lambda: True, list, lambda _source: None, take)


def test_a_command_without_keys_or_with_refused_ones_is_answered() -> None:
    assert commands().answer("keys", Command(now(), keys=_nonsense())).ok
    assert commands().answer("keys", Command(now())).message == "no keys came with the command"
    refused = commands("x" * 300).answer("keys", Command(now(), keys=_nonsense()))
    assert (refused.ok, len(refused.message)) == (False, 200)


@given(st.text(max_size=30), st.text("AB-_", min_size=43, max_size=43), st.text(max_size=60))
def test_any_command_is_answered(name: str, point: str, pem: str) -> None:
    keys = SealedKeys(point, point, "AAAA", "A" * 86, pem)
    assert commands().answer(name, Command(now(), keys=keys)).command == name
