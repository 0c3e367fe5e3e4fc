"""The sign-in page: what is typed or sent along is text, and nobody is sent to another site."""

from __future__ import annotations

import pytest

from fleet.control_room.login import NOTICES, login_page, safe_next


@pytest.mark.parametrize("path", ["/", "/alerts", "/device/market-1", "/audit?only=verdict", "/a#b"])
def test_a_path_on_this_host_is_gone_to(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        "",
        "alerts",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/a\\..\\b",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "\x00/",
        " //evil.example",
    ],
)
def test_anything_else_leads_to_the_front_page(elsewhere: str) -> None:
    assert safe_next(elsewhere) == "/"


def test_all_that_is_shown_is_escaped() -> None:
    hostile = "\"><script>x</script>'"
    page = login_page(fleet=hostile, assets="/a", fonts="/f", after=hostile, name=hostile, error=hostile, notice=hostile)
    assert "<script" not in page
    assert page.count("&lt;script&gt;x&lt;/script&gt;") == 5


def test_who_typed_a_name_goes_on_with_the_password() -> None:
    fresh, again = (login_page(fleet="north", assets="/a", fonts="/f", name=name) for name in ("", "ada"))
    assert fresh.count(" autofocus") == again.count(" autofocus") == 1
    assert fresh.index(" autofocus") < fresh.index('id="password"') < again.index(" autofocus")


def test_a_notice_and_an_error_are_said_to_those_who_cannot_see() -> None:
    page = login_page(fleet="north", assets="/a", fonts="/f", error="no", notice=NOTICES["ended"])
    assert '<p class="notice" role="status">Your session has ended' in page
    assert '<p class="error" role="alert">no</p>' in page
    assert "role=" not in login_page(fleet="north", assets="/a", fonts="/f")
