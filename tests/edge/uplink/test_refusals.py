"""Refused is not connected, and the reason is in words for a technician (FAULTS.md, rows 36, 37 and 40)."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.uplink.config import TlsFiles
from edge.uplink.reasons import REASONS, error_text, reason_text
from fleet.identity.authority import Authority
from simulator.faults.proxy import Proxy
from tests.edge.bodies import ALERT
from tests.edge.uplink.town import BROKERS, FLEET, HOST, Box, Town, open_town, plain_mosquitto
from tests.fleet.site import free_port, until


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(tmp_path_factory.mktemp("mosquitto"), "mosquitto") as made:
        yield made


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(tmp_path_factory.mktemp("embedded"), "embedded") as made:
        yield made


@pytest.fixture(scope="module", params=BROKERS)
def town(request: pytest.FixtureRequest) -> Town:
    made: Town = request.getfixturevalue(request.param)
    return made


def refused(box: Box) -> str:
    """Wait for the reason."""
    box.say(ALERT)
    until(lambda: box.error, "a reason is given", 6)
    assert not box.uplink.connected
    assert box.uplink.status().connections == 0
    assert box.pending == 1, "nothing is lost by it"
    return box.error


# a broker with passwords, as a city may have one already


@pytest.fixture(scope="module")
def with_passwords(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A mosquitto that knows one user; yields its port."""
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed: apt-get install mosquitto")
    folder = tmp_path_factory.mktemp("with-passwords")
    subprocess.run([tool, "-b", "-c", str(folder / "users"), "lamp", "light"], check=True, capture_output=True)
    (folder / "users").chmod(0o600)
    with plain_mosquitto(folder, f"allow_anonymous false\npassword_file {folder / 'users'}\n") as port:
        yield port


def test_the_right_password_connects(mosquitto: Town, with_passwords: int) -> None:
    with mosquitto.box("lamp", port=with_passwords, tls=None, username="lamp", password="light") as box:
        until(lambda: box.uplink.connected, "connected")
        assert box.error == ""


@pytest.mark.parametrize(("user", "password"), [("lamp", "dark"), ("nobody", "light"), ("lamp", ""), ("", "")])
def test_a_wrong_password_is_named(mosquitto: Town, with_passwords: int, user: str, password: str) -> None:
    """Row 40."""
    with mosquitto.box("lamp", port=with_passwords, tls=None, username=user, password=password) as box:
        text = refused(box)
    assert "broker.username and broker.password_file" in text
    assert f"{HOST}:{with_passwords}" in text
    assert password not in text or not password


def test_a_refused_subscription_is_a_refusal(mosquitto: Town, tmp_path: Path) -> None:
    """Row 40: connected, and deaf: no acknowledgement would ever come. It does not count as connected."""
    plugin = next(Path("/usr/lib").glob("**/mosquitto_dynamic_security.so"), None)
    if plugin is None:
        pytest.skip("mosquitto's plugin for dynamic security is not installed")
    access = {"publishClientSend": True, "publishClientReceive": True, "subscribe": False, "unsubscribe": True}
    rules = {"defaultACLAccess": access, "clients": [], "groups": [{"groupname": "all"}], "anonymousGroup": "all", "roles": []}
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    lines = f"allow_anonymous true\nplugin {plugin}\nplugin_opt_config_file {tmp_path / 'rules.json'}\n"
    with plain_mosquitto(tmp_path, lines) as port, mosquitto.box("deaf", port=port, tls=None) as box:
        assert "a subscription was refused: not authorised" in refused(box)


def test_a_password_does_not_show(mosquitto: Town) -> None:
    with mosquitto.box("silent", port=free_port(), tls=None, username="lamp", password="s3cret") as box:
        assert "s3cret" not in repr(box.uplink._config)


# certificates


def test_a_broker_of_another_authority_is_not_trusted(town: Town, tmp_path: Path) -> None:
    """Row 40: neither is anything sent to it."""
    other = Authority(tmp_path / "other", FLEET)
    identity = town.identity("wrong-ca")
    tls = TlsFiles(other.certificate_path, identity.certificate, identity.key)
    with town.box("wrong-ca", identity, tls=tls) as box:
        assert "the broker's certificate is not trusted" in refused(box)


def test_a_broker_under_another_name_is_not_trusted(town: Town) -> None:
    with town.box("wrong-name", host="ip6-localhost") as box:
        text = refused(box)
    assert "not trusted" in text or "not known" in text or "connection refused" in text


def test_a_box_of_another_authority_is_refused(mosquitto: Town, tmp_path: Path) -> None:
    """Row 37: a certificate that the broker does not take never counts as connected."""
    other = Authority(tmp_path / "other", FLEET)
    identity = mosquitto.identity("stranger", other)
    with mosquitto.box("stranger", identity) as box:
        assert refused(box)


def test_a_box_whose_certificate_has_expired_is_refused(mosquitto: Town) -> None:
    """Row 37."""
    name = "expired"
    identity = mosquitto.identity(name)
    from cryptography.hazmat.primitives import serialization

    from edge.identity.files import IdentityFiles

    files = IdentityFiles(identity.key.parent)
    then = dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=200)
    certificate, _ = mosquitto.authority.sign_device(files.request(name), name, then)
    identity.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    with mosquitto.box(name, identity) as box:
        assert refused(box)


@pytest.mark.parametrize("what", ["certificate", "key", "ca"])
def test_a_file_that_is_gone_is_named_and_the_link_goes_on_trying(town: Town, what: str) -> None:
    """Row 57: a card that lost a file; nothing ends for good."""
    identity = town.identity(f"lost-{what}")
    path: Path = getattr(identity, what)
    kept = path.read_bytes()
    path.unlink()
    with town.box(f"lost-{what}", identity) as box:
        assert path.name in refused(box)
        path.write_bytes(kept)
        until(lambda: box.uplink.connected, "connected when it is there again")


# no broker, or none that answers


def test_nobody_listening_is_named(town: Town) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
        with town.box("alone", port=port) as box:
            text = refused(box)
    assert "connection refused; is the broker running, and the port right?" in text
    assert f"{HOST}:{port}" in text


def test_a_name_that_is_not_known_is_named(town: Town) -> None:
    with town.box("nowhere", host="broker.invalid") as box:
        assert "this name is not known" in refused(box)


@pytest.mark.parametrize(
    ("tls", "words"), [(True, "does the broker speak TLS on this port?"), (False, "port right?")], ids=["tls", "plain"]
)
def test_a_port_that_speaks_something_else_is_named(town: Town, tls: bool, words: str) -> None:
    """Somebody's web server, or a broker's other port."""
    with _server(_talk_http) as port:
        more = {} if tls else {"tls": None}
        with town.box("astray", port=port, connect_timeout_s=1.0, **more) as box:
            text = refused(box)
    assert words in text


def test_a_port_that_says_nothing_is_given_up(town: Town) -> None:
    """A black hole: the attempt ends and the next one begins."""
    with Proxy(town.port) as link:
        link.silence()
        with town.box("hole", port=link.port, connect_timeout_s=0.5) as box:
            assert "no answer" in refused(box)
            link.restore()
            until(lambda: box.uplink.connected and not box.pending, "all is well again")
            assert box.error == ""


def _talk_http(link: socket.socket) -> None:
    link.recv(100)
    link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    link.recv(1)


@contextlib.contextmanager
def _server(talk: Callable[[socket.socket], object]) -> Iterator[int]:
    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(OSError):
                    link, _ = listener.accept()
                    with link:
                        link.settimeout(2.0)
                        talk(link)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join(10)


def test_attempts_leave_no_descriptor_and_no_thread_behind(town: Town) -> None:
    """Row 56: a broker that is away for weeks."""
    with Proxy(town.port) as link:
        link.cut()
        with town.box("patient", port=link.port, longest_wait_s=0.001) as box:
            tried = _counted(box)
            until(lambda: tried() > 10, "some attempts")
            before, threads = len([*Path("/proc/self/fd").iterdir()]), threading.active_count()
            until(lambda: tried() > 150, "many attempts")
            until(lambda: len([*Path("/proc/self/fd").iterdir()]) <= before + 3, "descriptors are given back")
            until(lambda: threading.active_count() <= threads + 2, "threads end")


def _counted(box: Box) -> Callable[[], int]:
    """Count attempts."""
    count = [0]
    real = box.uplink._make_client

    def making(state: object) -> object:
        count[0] += 1
        return real(state)  # type: ignore[arg-type]

    box.uplink._make_client = making  # type: ignore[assignment, method-assign]
    return lambda: count[0]


# words


def test_every_reason_is_in_words() -> None:
    for code, text in REASONS.items():
        assert 0x80 <= code <= 0xFF
        assert reason_text(code) == text
        assert len(f"{HOST}:65535: {text}") <= 120, "it must fit where it is shown"
    assert reason_text(0xEE) == "the broker answered with reason code 0xEE"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(), "connection refused"),
        (TimeoutError(), "no answer"),
        (socket.gaierror(), "this name is not known"),
        (OSError(101, "Network is unreachable"), "Network is unreachable"),
    ],
)
def test_errors_of_the_network_are_in_words(error: Exception, words: str) -> None:
    assert words in error_text(error)
