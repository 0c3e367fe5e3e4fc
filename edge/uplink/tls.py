"""Mutual TLS with the broker."""

from __future__ import annotations

import contextlib
import ssl

from edge.uplink.config import TlsFiles


class IdentityFilesError(OSError):
    """A file that TLS needs; the message names it and the remedy."""


class _Socket(ssl.SSLSocket):
    """Closes itself when it is forgotten, as Python and the MQTT library do when a handshake fails: a box tries for months."""

    def __del__(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self.close()


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Trusts the fleet's authority alone and shows the box's certificate.

    Raises:
        IdentityFilesError: a file cannot be read, or is not what it should be.
    """
    for path in (files.ca, files.certificate, files.key):
        try:
            path.read_bytes()
        except OSError as error:
            msg = f"{path.name} cannot be read ({error.strerror}); enrol the box again with a new code"
            raise IdentityFilesError(msg) from error
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(files.ca))
        context.load_cert_chain(str(files.certificate), str(files.key))
    except ssl.SSLError as error:
        msg = f"{files.certificate.name}, {files.key.name} or {files.ca.name} is damaged; enrol the box again with a new code"
        raise IdentityFilesError(msg) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _Socket
    return context
