"""Enrolling the demo's boxes as a technician would: a code from the manager, traded for a certificate by each box's own key."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.identity.enrol import enrol
from edge.identity.files import IdentityFiles
from edge.uplink.config import TlsFiles, UplinkConfig
from edge.uplink.tls import client_context

_AT_ONCE = 4


@dataclass(frozen=True)
class Enrolled:
    """A box that may connect."""

    config: UplinkConfig
    tls: ssl.SSLContext
    key: Ed25519PrivateKey
    authority: x509.Certificate


def sign_in(url: str, name: str, password: str) -> str:
    """Sign in; returns the session's token."""
    answer = httpx.post(f"{url}/api/v1/login", json={"name": name, "password": password}, timeout=20.0, trust_env=False)
    answer.raise_for_status()
    return str(answer.json()["token"])


def make_codes(url: str, token: str, labels: dict[str, str]) -> dict[str, str]:
    """Ask the manager for a one-time code per device.

    Args:
        url: of the manager.
        token: of a session that may enrol.
        labels: of the devices, by name.
    """
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(timeout=20.0, headers=headers, trust_env=False) as client:
        codes = {}
        for device, label in labels.items():
            answer = client.post(f"{url}/api/v1/codes", json={"device": device, "label": label})
            answer.raise_for_status()
            codes[device] = str(answer.json()["code"])
    return codes


async def enrol_all(url: str, fleet: str, codes: dict[str, str], folder: Path) -> dict[str, Enrolled]:
    """Trade codes for certificates, a few at once; each box's key stays in its own folder."""
    loop = asyncio.get_running_loop()

    def one(device: str, code: str) -> Enrolled:
        own = IdentityFiles(folder / device)
        identity = enrol(own, fleet, device, url, code, None)
        files = TlsFiles(identity.ca, identity.certificate, identity.key)
        config = UplinkConfig(fleet, device, identity.broker_host, identity.broker_port)
        return Enrolled(config, client_context(files), own.key(), x509.load_pem_x509_certificate(identity.ca.read_bytes()))

    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        waits = {device: loop.run_in_executor(pool, one, device, code) for device, code in codes.items()}
        return {device: await wait for device, wait in waits.items()}
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)  # none writes into a folder that is gone
