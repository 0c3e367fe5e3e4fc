"""Which terms may shape weights, be shipped, or only measure."""

from __future__ import annotations

import pytest

from protocol.licences import refusal

PERMISSIVE = (
    "Apache-2.0",
    "Apache License 2.0",
    "MIT",
    "MIT License",
    "MIT OR AGPL-3.0",
    "MIT/Apache-2.0",
    "BSD-3-Clause",
    "BSD 2-Clause",
    "Apache-2.0 AND BSD-3-Clause (OpenCV samples)",
    "CC0-1.0",
    "CC BY 3.0",
    "CC-BY-4.0",
    "OFL-1.1",
    "SIL OFL 1.1",
    "GPL-2.0-with-font-exception",
    "GPL-3.0-only WITH font exception",
    "Bitstream-Vera; OFL-1.1",
    "rendered by us",
)
REFUSED = (
    ("CC BY-NC 4.0", "allows no commercial use"),
    ("CC BY-NC-SA 3.0", "allows no commercial use"),
    ("CC-BY-ND-4.0", "allows no derived work"),
    ("CC BY-SA 4.0", "the same terms"),
    ("AGPL-3.0", "the same terms"),
    ("GPL-3.0-or-later", "the same terms"),
    ("MIT AND AGPL-3.0", "'agpl-3.0' asks"),
    ("MIT AND (AGPL-3.0 OR GPL-3.0)", "not on the list"),
    ("(AGPL-3.0) AND MIT", "not on the list"),
    ("research only", "allows no commercial use"),
    ("unknown", "not known to allow anything"),
    ("upstream: unclear", "not known to allow anything"),
    ("none", "not known to allow anything"),
    ("n/a", "not"),
    ("", "not known to allow anything"),
    ("(see the site)", "not known to allow anything"),
    ("UNLICENSED", "not known to allow anything"),
    ("MITX", "'mitx' are not on the list"),
    ("not Apache-2.0", "not on the list"),
    ("CC BY 4.0 (annotations); Flickr terms (pictures)", "'flickr terms' are not on the list"),
)


@pytest.mark.parametrize("use", ["train", "calibrate", "choose", "report", "ship"])
@pytest.mark.parametrize("licence", PERMISSIVE)
def test_free_terms_serve_every_use(licence: str, use: str) -> None:
    assert refusal(licence, use) is None


@pytest.mark.parametrize("use", ["train", "calibrate", "ship"])
@pytest.mark.parametrize(("licence", "reason"), REFUSED)
def test_other_terms_shape_no_weights_and_are_not_shipped(licence: str, use: str, reason: str) -> None:
    assert reason in (refusal(licence, use) or "")
    assert refusal(f"{licence}, not shipped", use) is not None, "saying so does not help what shapes weights"


@pytest.mark.parametrize("use", ["choose", "report"])
@pytest.mark.parametrize("licence", ["CC BY-NC-SA 3.0", "AGPL-3.0", "research only", "Flickr terms"])
def test_what_only_measures_needs_to_stay_out_of_the_bundle(licence: str, use: str) -> None:
    assert refusal(f"{licence}, not shipped", use) is None
    assert "write 'not shipped' behind the terms" in (refusal(licence, use) or "")


@pytest.mark.parametrize("licence", ["unknown, not shipped", "not shipped", "unclear (not shipped)"])
def test_terms_that_nobody_knows_do_not_even_measure(licence: str) -> None:
    assert "not known" in (refusal(licence, "report") or "")


@pytest.mark.parametrize(
    ("licence", "reason"),
    [
        ("CC BY 4.0 (annotations); Flickr terms (pictures)", None),
        ("MIT", None),
        ("unclear", "not known"),
        ("CC BY 4.0; CC BY-NC 4.0", "no commercial use"),
        ("AGPL-3.0", "the same terms"),
    ],
)
def test_what_upstream_trained_on_may_have_named_terms_of_its_own_that_forbid_nothing(licence: str, reason: str | None) -> None:
    found = refusal(licence, "train", by="upstream")
    assert found is None if reason is None else reason in (found or "")
