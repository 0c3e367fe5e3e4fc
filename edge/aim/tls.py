"""A key and certificate of one address for one page, in memory only. What is seen must not cross a network in clear.

Nobody has signed it, so the browser warns; its fingerprint stands on the terminal, to be compared.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = dt.timedelta(days=1)


def server_context(address: str, now: dt.datetime) -> tuple[ssl.SSLContext, str]:
    """Context of a server at an address.

    Args:
        address: an IP address of this machine.
        now: wall clock.

    Returns:
        The context, and the SHA-256 fingerprint of its certificate as browsers show it.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lamplighter aim")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - _DAY, now + _DAY)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    fd = os.memfd_create("lamplighter-aim", os.MFD_CLOEXEC)  # the library takes files only; this one is on no disk
    try:
        os.write(fd, pem)
        context.load_cert_chain(f"/proc/self/fd/{fd}")
    finally:
        os.close(fd)
    return context, certificate.fingerprint(hashes.SHA256()).hex(":").upper()
