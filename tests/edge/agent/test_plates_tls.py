"""Lists over HTTPS: from a manager whose certificate the fleet's own authority has signed, and from no other."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest

from fleet.identity.authority import Authority
from tests.edge.agent.plated import Plated, reason
from tests.edge.lists.desk import Desk, Made

DESK = Desk()
MADE = Made(DESK, 3, ["1ABC123"])


def serving_as(authority: Authority) -> ssl.SSLContext:
    certificate, key = authority.server_files("web", ("127.0.0.1",), dt.datetime.now(dt.timezone.utc))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_a_list_comes_over_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path / "fleet", "city")
    site = Plated(tmp_path, DESK)
    site.publish(MADE.file)
    with site.running(monkeypatch, serving_as(authority), authority.certificate_path):
        site.want(MADE.order())
        site.state(lambda state: state.lists == {"stolen": 3}, "the list is used")


def test_a_manager_that_another_authority_vouches_for_is_asked_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger, ours = Authority(tmp_path / "stranger", "city"), Authority(tmp_path / "fleet", "city")
    site = Plated(tmp_path, DESK)
    site.publish(MADE.file)
    with site.running(monkeypatch, serving_as(stranger), ours.certificate_path):
        site.want(MADE.order())
        state = site.state(lambda state: "certificate is not trusted" in reason(state, "list-fetch"), "it says why")
        assert state.lists == {}
