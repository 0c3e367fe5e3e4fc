"""``lamplighter ota`` as people type it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner, Result

from ota.publisher.cli import app
from ota.publisher.console import PASSWORD
from ota.publisher.keys import make_key
from tests.ota.publisher.bundles import make_bundle
from tests.ota.publisher.crashing import LazyDisk
from tests.ota.publisher.site import ENGINEERS, ROOT_KEYS

PHRASE = "lamp post market square"
PEOPLE = (*ROOT_KEYS, *ENGINEERS)


def ota(*words: str | Path, input: str = "", status: int = 0) -> Result:  # noqa: A002 - typer's own word
    found = CliRunner().invoke(app, [str(word) for word in words], input=input)
    assert found.exit_code == status, found.output
    assert found.exception is None or isinstance(found.exception, SystemExit)
    return found


INIT = (
    *(word for name in ROOT_KEYS for word in ("--root-key", f"keys/{name}.pub")),
    *(word for name in ENGINEERS for word in ("--targets-key", f"keys/{name}.pub")),
    *("--snapshot-key", "keys/online.pub", "--timestamp-key", "keys/online.pub"),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys, and a workshop whose root is signed; the online key is not encrypted, as a timer's may be."""
    folder = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv(PASSWORD, PHRASE)
        for name in PEOPLE:
            make_key(folder / "keys", name, PHRASE, LazyDisk())
        make_key(folder / "keys", "online", None, LazyDisk())
        ota("init", *INIT)
        for name in ROOT_KEYS[:2]:
            ota("sign", "root", "--key", f"keys/{name}.pem", "--yes")
    return folder


def copied(template: Path, folder: Path) -> Path:
    shutil.copytree(template, folder, dirs_exist_ok=True)
    settings = folder / "var/updates/workshop/workshop.json"
    settings.write_text(settings.read_text().replace(str(template), str(folder)))
    return folder


@pytest.fixture
def begun(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in: keys, and a workshop whose root is signed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv(PASSWORD, PHRASE)
    return copied(template, tmp_path)


@pytest.fixture
def here(begun: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same without a workshop, and without a password in the environment."""
    monkeypatch.delenv(PASSWORD)
    shutil.rmtree(begun / "var")
    return begun


def release(folder: Path) -> Path:
    """Have one release published."""
    ota("add", make_bundle(folder / "bundle", size=600))
    for name in ENGINEERS:
        ota("sign", "targets", "--key", f"keys/{name}.pem", "--yes")
    ota("publish")
    return folder


@pytest.fixture
def out(begun: Path) -> Path:
    """A repository with one release."""
    return release(begun)


@pytest.fixture(scope="module")
def still(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with one release, for commands that change nothing."""
    folder = tmp_path_factory.mktemp("still")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv(PASSWORD, PHRASE)
        patch.setenv("COLUMNS", "200")
        yield release(copied(template, folder))


def test_keygen_asks_twice_and_writes_a_pair(here: Path) -> None:
    found = ota("keygen", "carol", "--folder", "keys", input=f"{PHRASE}\n{PHRASE}\n")
    assert "private: keys/carol.pem, keep it and a copy of it" in found.stdout
    assert (here / "keys/carol.pem").read_bytes().startswith(b"-----BEGIN ENCRYPTED")
    assert PHRASE not in found.output
    ota("keygen", "online-2", "--folder", "keys", "--no-password")
    assert (here / "keys/online-2.pem").read_bytes().startswith(b"-----BEGIN PRIVATE")


def test_init_says_what_comes_next(here: Path) -> None:
    found = ota("init", *INIT)
    assert "note it on paper; whoever signs compares it" in found.stdout
    assert "pending: root 1, to be signed by 2 of root-1, root-2, root-3" in found.stdout
    assert "pending: targets 1, to be signed by 2 of engineer-1, engineer-2" in found.stdout
    assert "carry to them: var/updates/workshop/pending/root.json" in found.stdout
    assert list((here / "var/updates/public").iterdir()) == []


def test_sign_shows_what_changes_and_asks(begun: Path) -> None:
    ota("add", make_bundle(begun / "bundle", size=600))
    before = Path("var/updates/workshop/pending/targets.json").read_bytes()
    shown = ota("sign", "targets", "--key", "keys/engineer-1.pem", input="n\n", status=1)
    assert "+ plate-reader 1 (version 1.0.0), for all boards, agent 0.1 or later" in shown.stdout
    assert "golden.npz: 206 bytes, SHA-256 " in shown.stdout
    assert "sign this? [y/N]" in shown.stderr
    assert Path("var/updates/workshop/pending/targets.json").read_bytes() == before
    ota("sign", "targets", "--key", "keys/engineer-1.pem", input="", status=1)
    signed = ota("sign", "targets", "--key", "keys/engineer-1.pem", input="y\n")
    assert "signed by engineer-1: targets" in signed.stdout
    assert "1 of 2 needed under root 1 (engineer-1); missing: 1 of engineer-2" in signed.stdout


def test_the_password_is_asked_for_where_no_variable_has_it(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD)
    wrong = ota("sign", "targets", "--key", "keys/engineer-1.pem", "--yes", input="something else then\n", status=1)
    assert "engineer-1.pem: the password is wrong, or the file is damaged" in wrong.stderr
    ota("sign", "targets", "--key", "keys/engineer-1.pem", "--yes", input=f"{PHRASE}\n")
    monkeypatch.setenv("MINE", PHRASE)
    monkeypatch.setenv("LAMPLIGHTER_OTA_KEY", "keys/engineer-2.pem")
    ota("sign", "targets", "--yes", "--password-env", "MINE")
    found = ota("sign", "targets", "--key", "keys/engineer-2.pem", "--yes", "--password-env", "YOURS", status=1)
    assert "the environment variable YOURS, which should hold the password of keys/engineer-2.pem, is not set" in found.stderr


def test_carried_copies_are_signed_elsewhere_and_come_together(begun: Path, tmp_path: Path) -> None:
    ota("add", make_bundle(begun / "bundle", size=600))
    root = begun / "trusted.json"
    copies = []
    for name in ENGINEERS:
        copy = begun / f"stick-{name}.json"
        copy.write_bytes(Path("var/updates/workshop/pending/targets.json").read_bytes())
        found = ota(
            "sign", copy, "--key", f"keys/{name}.pem", "--yes", "--json", "--compare", "bundle", "--workshop", "nowhere"
        )
        assert json.loads(found.stdout)["by"] == name
        assert "release 1 is the bundle in bundle, byte for byte" in found.stderr
        copies.append(copy)
    found = ota("publish", copies[0], status=1)
    assert "targets 1: 1 of 2 needed under root 1 (engineer-1); missing: 1 of engineer-2" in found.stderr
    assert "live: targets 1" in ota("publish", copies[1]).stdout
    root.write_bytes(Path("var/updates/public/metadata/1.root.json").read_bytes())
    ota("add", make_bundle(begun / "bundle-2", "1.0.1", size=600))
    copies[0].write_bytes(Path("var/updates/workshop/pending/targets.json").read_bytes())
    found = ota("sign", copies[0], "--key", "keys/engineer-1.pem", "--yes", "--root", root)
    assert "fingerprint" not in found.stdout, "the root is known"


def test_what_is_shown_moves_no_cursor(begun: Path) -> None:
    """Whoever signs sees all of it, whatever somebody wrote into it."""
    ota("add", make_bundle(begun / "bundle", size=600), "--hardware", "\x1b[2J\u202epi\r")
    found = ota("sign", "targets", "--key", "keys/engineer-1.pem", "--yes")
    assert "for \\x1b[2J\\x202epi\\x0d, agent 0.1 or later" in found.stdout


def test_a_release_and_back(out: Path) -> None:
    added = json.loads(ota("add", make_bundle(out / "bundle-2", "1.0.1", size=600), "--hardware", "pi", "--json").stdout)
    assert (added["release"]["release"], added["release"]["hardware"], added["targets"]) == (2, ["pi"], 2)
    for name in ENGINEERS:
        ota("sign", "targets", "--key", f"keys/{name}.pem", "--yes")
    assert json.loads(ota("publish", "--json").stdout)["targets"] == 2
    assert "plate-reader 3 (version 1.0.0)" in ota("again", "plate-reader", "1").stdout
    removed = ota("remove", "plate-reader", "2")
    assert "pending: targets 3, to be signed by 2 of engineer-1, engineer-2" in removed.stdout
    ota("sign", "targets", "--key", "keys/engineer-1.pem", "--yes")
    assert "signatures that were given before no longer count" in ota("renew", "targets").stdout
    assert "nothing of targets is pending any more" in ota("discard", "targets").stdout


def test_status_and_verify_and_refresh(out: Path) -> None:
    shown = ota("status").stdout
    for text in ("root-1", "engineer-2", "plate-reader", "plate-reader.int8.onnx", "warning: every key of targets has to sign"):
        assert text in shown
    state = json.loads(ota("status", "--json").stdout)
    assert [role["version"] for role in state["roles"]] == [1, 1, 1, 1]
    assert "fresh enough; nothing to do" in ota("refresh").stdout
    fresh = json.loads(ota("refresh", "--force", "--json").stdout)
    assert fresh["refreshed"] == ["snapshot", "timestamp"]
    assert set(fresh["expires"]) == {"root", "targets", "snapshot", "timestamp"}
    looked = json.loads(ota("verify", "--json").stdout)
    assert looked.pop("bytes") > 8000
    assert looked == {"roots": 1, "releases": 1, "files": 5, "findings": []}
    root = out / "1.root.json"
    root.write_bytes((out / "var/updates/public/metadata/1.root.json").read_bytes())
    ota("verify", "--public", "var/updates/public", "--root", root, "--workshop", "nowhere")
    next((out / "var/updates/public/targets").rglob("*.onnx")).unlink()
    found = ota("verify", "--public", "var/updates/public", "--root", root, status=1)
    assert ".onnx: is missing, or is not what is signed" in found.stdout


def test_rotate_an_online_key_finds_its_private_half(out: Path) -> None:
    ota("keygen", "online-2", "--folder", "keys", "--no-password")
    for role in ("snapshot", "timestamp"):
        found = ota("rotate", role, "--add", "keys/online-2.pub", "--remove", "online")
    assert "pending: root 2, to be signed by 2 of root-1, root-2, root-3" in found.stdout
    for name in ROOT_KEYS[1:]:
        ota("sign", "root", "--key", f"keys/{name}.pem", "--yes")
    published = ota("publish").stdout
    assert "live: root 2" in published
    assert "refused for a moment" not in published
    ota("verify")


def test_rotating_engineers_asks_for_both_signatures(out: Path) -> None:
    make_key(out / "keys", "engineer-3", PHRASE, LazyDisk())
    found = ota("rotate", "targets", "--add", "keys/engineer-3.pub", "--remove", "engineer-2")
    assert "the releases that are out are not signed by enough of the new keys" in found.stdout
    assert "pending: targets 2" in found.stdout


def test_a_lost_workshop(out: Path) -> None:
    root = out / "1.root.json"
    root.write_bytes((out / "var/updates/public/metadata/1.root.json").read_bytes())
    (out / "var/updates/workshop").rename(out / "gone")
    found = ota("restore", "--root", root, "--signer", "online=keys/online.pem")
    assert found.stdout.split() == ["root", "1", "targets", "1", "snapshot", "1", "timestamp", "1"]
    ota("refresh", "--force")


FAULTS: dict[str, tuple[tuple[str, ...], str]] = {
    "no workshop": (("status", "--workshop", "nowhere"), "nowhere: there is no workshop; make one with `lamplighter ota init`"),
    "a workshop again": (("init", *INIT, "--public", "other"), "var/updates/workshop: is a workshop already"),
    "a public folder that is not empty": (
        ("init", *INIT, "--workshop", "other"),
        "is not empty; name a new folder with --public, or `lamplighter ota restore`",
    ),
    "a role without enough keys": (
        ("init", "--root-key", "keys/root-1.pub", *INIT[6:], "--workshop", "w", "--public", "p"),
        "root has 1 keys, and 2 have to sign; name more keys, or a lower threshold",
    ),
    "a key that is not there": (
        ("init", "--root-key", "keys/nobody.pub", *INIT, "--workshop", "w", "--public", "p"),
        "keys/nobody.pub: cannot be read (No such file or directory); name the key's file",
    ),
    "a private key for a public one": (
        ("rotate", "root", "--add", "keys/root-1.pem"),
        "is a private key; name the public half",
    ),
    "a signer without a name": (("rotate", "timestamp", "--signer", "hsm:"), "a signer is given as NAME=ADDRESS"),
    "nothing to rotate": (("rotate", "root"), "nothing of root would change; say --add, --remove or --threshold"),
    "no bundle": (("add", "nowhere"), "nowhere: not a bundle (No such file or directory: manifest.json)"),
    "a bundle again": (("add", "bundle", "--release", "1"), "release 1 of plate-reader was given already"),
    "no release": (("remove", "plate-reader", "7"), "there is no release 7 of 'plate-reader'"),
    "nothing to sign": (("sign", "root", "--key", "keys/root-1.pem"), "nothing of root is pending in var/updates/workshop"),
    "nothing to publish": (("publish",), "nothing is pending"),
    "a file that is none": (("publish", "keys/root-1.pub"), "keys/root-1.pub: is no pending file"),
    "a file that is not there": (("sign", "x.json", "--key", "k"), "x.json: cannot be read (No such file or directory)"),
    "nothing to discard": (("discard", "targets"), "nothing of targets is pending"),
    "no root to trust": (
        ("verify", "--public", "var/updates/public"),
        "somebody has to say which root is trusted: --root FILE",
    ),
    "a root that is none": (("verify", "--root", "keys/root-1.pub"), "keys/root-1.pub: cannot be read as signed metadata"),
    "a root that is not there": (
        ("verify", "--root", "x"),
        "x: cannot be read (No such file or directory); name the file of a root",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line_and_status_1(still: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.chdir(still)
    words, message = FAULTS[fault]
    before = {path: path.read_bytes() for path in (still / "var").rglob("*") if path.is_file() and path.name != "lock"}
    found = ota(*words, status=1)
    assert message in found.stderr
    assert "Traceback" not in found.output
    assert len(found.stderr.strip().splitlines()) == 1
    assert before == {path: path.read_bytes() for path in (still / "var").rglob("*") if path.is_file() and path.name != "lock"}


def test_a_timer_is_never_asked_for_a_password(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = out / "keys/online.pem"
    private.unlink()
    (out / "keys/online.pub").unlink()
    make_key(out / "keys", "online", PHRASE, LazyDisk())
    monkeypatch.delenv(PASSWORD)
    found = ota("refresh", "--force", status=1)
    assert "online.pem is needed, and there is nobody to ask; put it into an environment variable" in found.stderr


def test_every_command_explains_itself() -> None:
    group = typer.main.get_command(app)
    commands: dict[str, object] = getattr(group, "commands", {})
    assert {*commands} == {
        *("keygen", "init", "restore", "rotate", "renew", "discard", "sign"),
        *("add", "again", "remove", "publish", "refresh", "status", "verify"),
    }
    for name in commands:
        assert ota(name, "--help").stdout
