"""Text from outside cannot become markup."""

from __future__ import annotations

from models.factory.markup import element, join, trusted


def test_markup_is_made_in_one_place_only() -> None:
    assert element("p", "a < b & c", title='"', class_=None) == '<p title="&quot;">a &lt; b &amp; c</p>'
    assert element("p", element("b", "x"), trusted("<i>y</i>")) == "<p><b>x</b><i>y</i></p>"
    assert element("img", src="a", aria_label="<") == '<img src="a" aria-label="&lt;">'
    assert join("a\x00b\x1b", "\n") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}\n"
