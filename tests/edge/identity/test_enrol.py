"""First contact over HTTP with a real manager: every refusal and every failure says what to do next."""

from __future__ import annotations

import datetime as dt
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from sqlalchemy import update

from edge.identity.enrol import EnrolmentRefusedError, enrol
from edge.identity.files import Identity, IdentityError, IdentityFiles
from fleet.api.app import make_app
from fleet.identity.authority import Authority
from fleet.identity.enrolment import BrokerAddress, Enrolment
from fleet.services import Services
from fleet.store.database import migrate, open_engine, writing
from fleet.store.tables import code, device
from protocol.enrolment import normalise_code
from tests.edge.identity.answering import answering
from tests.fleet.site import web_of

FLEET = "town"
BROKER = BrokerAddress("broker.town.example", 8883)


class Manager:
    """The fleet's side, and the address at which it answers."""

    def __init__(self, enrolment: Enrolment, authority: Authority, url: str) -> None:
        self.enrolment, self.authority, self.url = enrolment, authority, url

    def code(self, name: str = "box-1") -> str:
        return self.enrolment.make_code(name, "tessa")


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("store") / "fleet.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path.read_bytes()


@pytest.fixture
def manager(tmp_path: Path, empty_store: bytes) -> Iterator[Manager]:
    (tmp_path / "fleet.sqlite").write_bytes(empty_store)
    engine = open_engine(f"sqlite:///{tmp_path / 'fleet.sqlite'}")
    authority = Authority(tmp_path / "keys", FLEET)
    enrolment = Enrolment(engine, authority, FLEET, BROKER)
    with web_of(make_app(Services(engine, enrolment, FLEET))) as url:
        yield Manager(enrolment, authority, url)
    engine.dispose()


def trade(tmp_path: Path, url: str, one_time: str, name: str = "box-1", fleet: str = FLEET, ca: Path | None = None) -> Identity:
    return enrol(IdentityFiles(tmp_path / name), fleet, name, url, one_time, ca)


def refusal(tmp_path: Path, url: str, one_time: str, name: str = "box-1", fleet: str = FLEET) -> str:
    with pytest.raises(EnrolmentRefusedError) as caught:
        trade(tmp_path, url, one_time, name, fleet)
    assert one_time not in str(caught.value), "a code is no text for a screen"
    return str(caught.value)


def failure(tmp_path: Path, url: str, ca: Path | None = None) -> str:
    """What is worth another try; it must not be a refusal."""
    with pytest.raises(IdentityError) as caught:
        trade(tmp_path, url, "AAAA-BBBB-CCCC", ca=ca)
    assert not isinstance(caught.value, EnrolmentRefusedError), "this must be tried again"
    assert "AAAA-BBBB-CCCC" not in str(caught.value)
    assert IdentityFiles(tmp_path / "box-1").load() is None
    return str(caught.value)


def test_a_code_is_traded_for_a_certificate_of_the_box_s_own_key(manager: Manager, tmp_path: Path) -> None:
    identity = trade(tmp_path, manager.url + "/", manager.code())
    assert (identity.fleet, identity.broker_host, identity.broker_port) == (FLEET, BROKER.host, BROKER.port)
    certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
    assert certificate.subject.rfc4514_string() == "CN=box-1"
    assert certificate.public_key() == IdentityFiles(tmp_path / "box-1").key().public_key()
    authority = x509.load_pem_x509_certificate(identity.ca.read_bytes())
    certificate.verify_directly_issued_by(authority)
    assert certificate.not_valid_before_utc <= dt.datetime.now(dt.timezone.utc) < certificate.not_valid_after_utc
    for path in sorted((tmp_path / "box-1").iterdir()):
        assert path.stat().st_mode & 0o777 == 0o600, path.name
    context = ssl.create_default_context(cafile=str(identity.ca))
    context.load_cert_chain(str(identity.certificate), str(identity.key))
    assert IdentityFiles(tmp_path / "box-1").load() == identity, "known at the next start, without asking anyone"


def test_the_private_key_never_leaves_the_box(manager: Manager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    real = socket.socket.sendall

    def listening(self: socket.socket, data: bytes, flags: int = 0) -> None:
        sent.append(bytes(data))
        real(self, data, flags)

    monkeypatch.setattr(socket.socket, "sendall", listening)
    identity = trade(tmp_path, manager.url, manager.code())
    key = serialization.load_pem_private_key(identity.key.read_bytes(), None)
    raw = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    everything = b"".join(sent)
    assert b"CERTIFICATE REQUEST" in everything
    assert b"PRIVATE" not in everything
    assert raw[-32:] not in everything


def test_a_code_used_by_another_box_is_refused_with_the_remedy(manager: Manager, tmp_path: Path) -> None:
    """Row 36: a copied card brings the same code; the second box is told to get its own."""
    one_time = manager.code()
    first = trade(tmp_path, manager.url, one_time)
    with pytest.raises(EnrolmentRefusedError, match="used already; make a new one at the manager"):
        enrol(IdentityFiles(tmp_path / "copy"), FLEET, "box-1", manager.url, one_time, None)
    assert IdentityFiles(tmp_path / "copy").load() is None
    assert IdentityFiles(tmp_path / "box-1").load() == first


def test_a_wrong_code_is_refused_with_the_remedy(manager: Manager, tmp_path: Path) -> None:
    manager.code()
    assert "read it again, or make a new one" in refusal(tmp_path, manager.url, "0000-1111-2222")


def test_a_code_of_another_box_is_as_good_as_unknown(manager: Manager, tmp_path: Path) -> None:
    assert "not known for this device" in refusal(tmp_path, manager.url, manager.code("box-2"))


def test_an_old_code_is_refused_with_the_remedy(manager: Manager, tmp_path: Path) -> None:
    one_time = manager.code()
    with writing(manager.enrolment._engine) as connection:
        connection.execute(update(code).values(expires_at=1))
    assert "or make a new one at the manager" in refusal(tmp_path, manager.url, one_time)


def test_what_is_no_code_is_refused_by_the_manager_too(manager: Manager, tmp_path: Path) -> None:
    assert "code" in refusal(tmp_path, manager.url, "let me in please")


def test_a_withdrawn_box_comes_back_with_a_new_code_only(manager: Manager, tmp_path: Path) -> None:
    """Row 37: the old code stays used; a new one gives a new certificate to the same key, or to a new box."""
    one_time = manager.code()
    before = trade(tmp_path, manager.url, one_time).certificate.read_bytes()
    with writing(manager.enrolment._engine) as connection:
        connection.execute(update(device).values(withdrawn_at=5))
    assert "make a new one" in refusal(tmp_path, manager.url, one_time)
    assert trade(tmp_path, manager.url, manager.code()).certificate.read_bytes() != before
    with manager.enrolment._engine.connect() as connection:
        assert connection.execute(device.select()).one().withdrawn_at is None


def test_another_fleet_is_named_on_both_sides(manager: Manager, tmp_path: Path) -> None:
    text = refusal(tmp_path, manager.url, manager.code(), fleet="village")
    assert "'town'" in text
    assert "'village'" in text
    assert "correct box.fleet or manager.url" in text
    assert IdentityFiles(tmp_path / "box-1").load() is None


def test_too_many_wrong_codes_are_something_to_try_later(manager: Manager, tmp_path: Path) -> None:
    """A neighbour's wrong codes behind the same address must not end this box's enrolment for good."""
    for _ in range(10):
        refusal(tmp_path, manager.url, "0000-1111-2222")
    assert "wait a minute" in failure(tmp_path, manager.url)


@pytest.mark.parametrize("one_time", ["abcd efgh jkmn", "abcd-efgh-jkmn", "ABCDEFGHJKMN", " abcdefgh-jkmn\n"])
def test_a_code_is_read_as_a_person_types_it(one_time: str) -> None:
    assert normalise_code(one_time) == "ABCD-EFGH-JKMN"


# not a manager


def test_nobody_there_is_named_with_the_remedy(tmp_path: Path) -> None:
    """Row 31, at first contact: tried again until the manager answers."""
    with socket.socket() as taken:  # bound and not listening: refuses
        taken.bind(("127.0.0.1", 0))
        text = failure(tmp_path, f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert "does not answer" in text
    assert "check manager.url and the network" in text


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, b"<html>Bad gateway</html>"),
        (503, b""),
        (403, b"<html>Please log in to the town's free network</html>"),
        (404, b"[]"),
        (500, b'{"error": "internal", "message": "the store is locked; try again"}'),
        (429, b'{"error": "too-many", "message": "wait a minute"}'),
    ],
)
def test_a_proxy_a_portal_or_a_busy_manager_is_tried_again(tmp_path: Path, status: int, body: bytes) -> None:
    """Only the manager's own refusal ends enrolment: a second visit for a proxy that was restarting helps nobody."""
    with answering(status, body) as url:
        text = failure(tmp_path, url)
    assert url in text
    assert "check manager.url" in text or json.loads(body)["message"] in text


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>welcome</html>", b"{}", b"[1, 2]", b"\xff" * 100, b"a" * 200_000, b'{"fleet": "town"}', b'{"fleet": "\xff"}'],
)
def test_an_answer_that_is_no_certificate_is_named(tmp_path: Path, body: bytes) -> None:
    with answering(200, body) as url:
        assert "not a manager's" in failure(tmp_path, url)


@pytest.mark.parametrize("certificate", ["", "rubbish", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "Ω"])
def test_an_answer_with_a_rotten_certificate_leaves_the_box_as_it_was(tmp_path: Path, certificate: str) -> None:
    answer = {
        "fleet": FLEET, "certificate_pem": certificate, "ca_pem": certificate, "broker_host": "b", "broker_port": 8883,
    }  # fmt: skip
    with answering(200, json.dumps(answer).encode()) as url:
        assert "no certificate" in failure(tmp_path, url)


def test_a_certificate_for_another_key_is_not_taken(manager: Manager, tmp_path: Path) -> None:
    other = trade(tmp_path, manager.url, manager.code("box-2"), "box-2")
    answer = (other.certificate.parent / "enrolled.json").read_bytes()
    with answering(200, answer) as url:
        assert "for another key" in failure(tmp_path, url)


def test_a_body_that_ends_early_is_named(tmp_path: Path) -> None:
    with answering(200, b'{"fleet"', {"Content-Length": "5000"}) as url:
        assert url in failure(tmp_path, url)


def test_the_manager_s_certificate_must_be_signed_by_the_named_authority(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "one", FLEET), Authority(tmp_path / "two", FLEET)
    files = authority.server_files("pages", ("127.0.0.1",), dt.datetime.now(dt.timezone.utc))
    with answering(200, b"{}", tls=files) as url:
        assert "is not trusted" in (text := failure(tmp_path, url, other.certificate_path))
        assert "set manager.ca" in text
        assert "not a manager's" in failure(tmp_path, url, authority.certificate_path), "trusted, and then not a manager"
        assert "is not trusted" in failure(tmp_path, url), "the system's authorities do not know it"


def test_https_where_only_http_is_spoken_is_named(tmp_path: Path) -> None:
    with answering(200, b"{}") as url:
        assert "does not answer" in failure(tmp_path, url.replace("http:", "https:"))


@pytest.mark.parametrize("text", ["", "not a certificate", None])
def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path, text: str | None) -> None:
    ca = tmp_path / "manager-ca.crt"
    if text is not None:
        ca.write_text(text)
    words = failure(tmp_path, "https://127.0.0.1:1", ca)
    assert "manager.ca" in words
    assert "manager-ca.crt" in words


@pytest.mark.parametrize("url", ["http://manager.example", "http://192.0.2.7:8080", "http://127.0.0.1.example:1"])
def test_a_code_never_travels_in_clear_over_a_network(tmp_path: Path, url: str) -> None:
    assert "use https://" in failure(tmp_path, url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "manager",
        "file:///etc/passwd",
        "ftp://manager",
        "https://",
        "http://[::1",
        "https://127.0.0.1:x",
        "https://manager..city",
    ],
)
def test_an_address_that_is_none_is_named(tmp_path: Path, url: str) -> None:
    assert "manager.url" in failure(tmp_path, url)
