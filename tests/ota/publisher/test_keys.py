"""Key files, and what else signs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, CryptoSigner, Key, SecretsHandler, Signature, Signer, SSlibKey

from ota.publisher.disk import Disk
from ota.publisher.errors import KeyRefusedError
from ota.publisher.keys import PASSWORD_LEAST, make_key, read_private, read_public
from ota.publisher.signatures import owner
from ota.publisher.signers import open_signer
from ota.publisher.surroundings import nobody_asked

PHRASE = "lamp post market square"


def phrase(_: str) -> str:
    return PHRASE


def test_a_pair_is_made_encrypted_and_signs(tmp_path: Path) -> None:
    key = make_key(tmp_path / "keys", "alice", PHRASE, Disk())
    private = tmp_path / "keys/alice.pem"
    assert private.stat().st_mode & 0o777 == 0o600
    assert private.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert owner(key) == "alice"
    assert (key.keytype, key.scheme) == ("ed25519", "ed25519")
    signer = open_signer(str(private), [key], phrase)
    key.verify_signature(signer.sign(b"text"), b"text")


def test_openssl_reads_it_and_may_wrap_it_better(tmp_path: Path) -> None:
    """The way of the module's docstring to more rounds than the library gives."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")
    key = make_key(tmp_path, "alice", PHRASE, Disk())
    wrapped = tmp_path / "wrapped.pem"
    command = [openssl, "pkcs8", "-topk8", "-scrypt", "-in", str(tmp_path / "alice.pem"), "-out", str(wrapped)]
    subprocess.run(
        [*command, "-passin", "env:PHRASE", "-passout", "env:PHRASE"], env={**os.environ, "PHRASE": PHRASE}, check=True
    )
    assert b"ENCRYPTED PRIVATE KEY" in wrapped.read_bytes()
    key.verify_signature(open_signer(str(wrapped), [key], phrase).sign(b"text"), b"text")


def test_a_wrong_password_is_said_and_not_repeated(tmp_path: Path) -> None:
    key = make_key(tmp_path, "alice", PHRASE, Disk())
    with pytest.raises(
        KeyRefusedError, match=r"alice\.pem: the password is wrong, or the file is damaged; try again"
    ) as caught:
        open_signer(str(tmp_path / "alice.pem"), [key], lambda _: "not it at all, sorry")
    assert "not it at all" not in str(caught.value)
    with pytest.raises(KeyRefusedError, match=r"the password of .*alice\.pem is needed, and there is nobody to ask"):
        open_signer(str(tmp_path / "alice.pem"), [key], nobody_asked)


@pytest.mark.parametrize("name", ["../alice", "Alice", "", "a" * 33, "al ice", "-a"])
def test_names_that_are_no_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyRefusedError, match="owner name"):
        make_key(tmp_path, name, None, Disk())
    assert not list(tmp_path.iterdir())


def test_short_passwords_and_existing_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefusedError, match=f"the password has 15 characters; take {PASSWORD_LEAST} or more"):
        make_key(tmp_path, "alice", "p" * 15, Disk())
    make_key(tmp_path, "alice", None, Disk())
    before = (tmp_path / "alice.pem").read_bytes()
    with pytest.raises(KeyRefusedError, match="is there already; a key is never written over"):
        make_key(tmp_path, "alice", None, Disk())
    assert (tmp_path / "alice.pem").read_bytes() == before


def test_a_bare_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    make_key(tmp_path, "alice", None, Disk())
    path = tmp_path / "alice.pem"
    assert read_private(path, nobody_asked)
    for mode in (0o640, 0o604, 0o666):
        path.chmod(mode)
        with pytest.raises(KeyRefusedError, match=r"is not encrypted, and others can read it; chmod 600"):
            read_private(path, nobody_asked)


def pem(key: object) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)  # type: ignore[attr-defined, no-any-return]


KINDS: dict[str, tuple[Callable[[], object], str | None]] = {
    "ed25519": (ed25519.Ed25519PrivateKey.generate, "ed25519"),
    "P-256": (lambda: ec.generate_private_key(ec.SECP256R1()), "ecdsa-sha2-nistp256"),
    "P-384": (lambda: ec.generate_private_key(ec.SECP384R1()), "ecdsa-sha2-nistp384"),
    "P-224": (lambda: ec.generate_private_key(ec.SECP224R1()), None),
    "RSA 3072": (lambda: rsa.generate_private_key(65537, 3072), "rsassa-pss-sha256"),
    "RSA 2048": (lambda: rsa.generate_private_key(65537, 2048), None),
    "DSA": (lambda: dsa.generate_private_key(2048), None),
    "X25519": (x25519.X25519PrivateKey.generate, None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_keys(tmp_path: Path, kind: str) -> None:
    make, scheme = KINDS[kind]
    path = tmp_path / "alice.pub"
    path.write_bytes(pem(make()))
    if scheme is None:
        with pytest.raises(KeyRefusedError, match="keys are Ed25519, ECDSA on a NIST curve, or RSA with 3072 bits or more"):
            read_public(path)
    else:
        assert read_public(path).scheme == scheme


def test_what_is_no_public_key(tmp_path: Path) -> None:
    make_key(tmp_path, "alice", None, Disk())
    with pytest.raises(
        KeyRefusedError, match=r"is a private key; name the public half, alice\.pub, and keep this one to yourself"
    ):
        read_public(tmp_path / "alice.pem")
    with pytest.raises(KeyRefusedError, match="cannot be read"):
        read_public(tmp_path / "bob.pub")
    (tmp_path / "bob.pub").write_bytes(b"no key")
    with pytest.raises(KeyRefusedError, match="is no public key in PEM"):
        read_public(tmp_path / "bob.pub")
    (tmp_path / "bob.pub").write_bytes(bytes(20_000))
    with pytest.raises(KeyRefusedError, match="more than 16384 bytes; not a key"):
        read_public(tmp_path / "bob.pub")
    (tmp_path / "Bob.pub").write_bytes((tmp_path / "alice.pub").read_bytes())
    with pytest.raises(KeyRefusedError, match="a key's file is called by it"):
        read_public(tmp_path / "Bob.pub")


def test_what_is_no_private_key(tmp_path: Path) -> None:
    key = make_key(tmp_path, "alice", None, Disk())
    path = tmp_path / "x.pem"
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    path.chmod(0o600)
    with pytest.raises(KeyRefusedError, match=r"x\.pem: is no private key in PKCS#8"):
        open_signer(str(path), [key], nobody_asked)


def test_addresses(tmp_path: Path) -> None:
    key = make_key(tmp_path, "alice", PHRASE, Disk())
    text = (tmp_path / "alice.pem").read_text()
    for address in (str(tmp_path / "alice.pem"), f"file:{tmp_path / 'alice.pem'}", "envvar:KEY"):
        key.verify_signature(open_signer(address, [key], phrase, "", {"KEY": text}).sign(b"x"), b"x")
    with pytest.raises(KeyRefusedError, match="the environment variable KEY, which should hold a private key, is not set"):
        open_signer("envvar:KEY", [key], phrase, "", {})
    with pytest.raises(
        KeyRefusedError, match=r"there is no file 'magic:1' and no kind of signer 'magic'; there are: file, envvar"
    ):
        open_signer("magic:1", [key], phrase)
    with pytest.raises(KeyRefusedError, match="cannot be read"):
        open_signer(str(tmp_path / "bob.pem"), [key], phrase)


class Token(Signer):
    """A key service as others would add one: the private half stays in it, and it wants a PIN."""

    private = ed25519.Ed25519PrivateKey.generate()
    fails = False

    def __init__(self, key: Key) -> None:
        self._key = key

    @property
    def public_key(self) -> Key:
        return self._key

    @classmethod
    def from_priv_key_uri(cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None) -> Signer:
        if secrets_handler is None or secrets_handler("PIN") != "1234":
            msg = f"PIN refused for {priv_key_uri}"
            raise RuntimeError(msg)
        return cls(public_key)

    def sign(self, payload: bytes) -> Signature:
        if self.fails:
            msg = "token was pulled out"
            raise RuntimeError(msg)
        return Signature(self._key.keyid, self.private.sign(payload).hex())


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SSlibKey:
    monkeypatch.setitem(SIGNER_FOR_URI_SCHEME, "token", Token)
    (tmp_path / "alice.pub").write_bytes(pem(Token.private))
    return read_public(tmp_path / "alice.pub")


def test_a_service_signs_for_the_key_that_is_named(token: SSlibKey, tmp_path: Path) -> None:
    other = make_key(tmp_path, "bob", None, Disk())
    signer = open_signer("token:slot=1", [other, token], lambda _: "1234", "alice")
    token.verify_signature(signer.sign(b"x"), b"x")
    for name, said in (("", "it does not show itself"), ("carol", "'carol' has no key that may sign this")):
        with pytest.raises(KeyRefusedError, match=rf"whose key is the token: signer\? {said}; say --as with one of alice, bob"):
            open_signer("token:slot=1", [other, token], lambda _: "1234", name)


def test_a_service_that_refuses_gives_nothing_of_its_address_away(token: SSlibKey) -> None:
    with pytest.raises(KeyRefusedError, match=r"the token: signer of alice cannot be opened \(RuntimeError\)") as caught:
        open_signer("token:pin-value=9999", [token], lambda _: "0000", "alice")
    assert "9999" not in str(caught.value)


def test_a_key_of_somebody_else(tmp_path: Path) -> None:
    make_key(tmp_path, "mallory", None, Disk())
    key = make_key(tmp_path, "alice", None, Disk())
    with pytest.raises(KeyRefusedError, match=r"mallory\.pem: is none of the keys that may sign this, which are of alice"):
        open_signer(str(tmp_path / "mallory.pem"), [key], nobody_asked)


def test_the_root_decides_under_which_id_a_key_signs(tmp_path: Path) -> None:
    key = make_key(tmp_path, "alice", None, Disk())
    renamed = SSlibKey("f" * 64, key.keytype, key.scheme, key.keyval)
    signer = open_signer(str(tmp_path / "alice.pem"), [renamed], nobody_asked)
    assert isinstance(signer, CryptoSigner)
    assert signer.sign(b"x").keyid == "f" * 64
