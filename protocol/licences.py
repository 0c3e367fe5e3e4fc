"""Which terms allow data and weights to be used, and for what (AI Act, article 10: data governance).

Rules:

- Terms are SPDX expressions or their usual spelling ("CC BY 4.0"); ``AND``, ``;`` and ``,`` ask for every part, ``OR`` and
  ``/`` for one. What stands in round brackets is a remark for people.
- What shapes weights (train, calibrate) and what is shipped must stand on the allow-list. What is neither known nor listed is
  refused: silence is not a licence.
- Data that only choose a threshold or report a figure may have any named terms as long as they are ``not shipped``.
- Data that only upstream had are not in our hands; what we hold are weights, whose own terms must be on the list. Upstream's
  data may have terms of their own, but neither unknown ones nor ones that forbid the use.
"""

from __future__ import annotations

import re

ALLOWED: tuple[tuple[str, str], ...] = (
    (r"apache(-license)?-2\.0", "permissive; keep notices"),
    (r"mit(-0)?|isc|zlib|unlicense|0bsd|x11|ncsa|bsl-1\.0", "permissive"),
    (r"bsd-[1-4]-clause|bsd", "permissive; keep notices"),
    (r"cc0(-1\.0)?|public-domain|pddl(-1\.0)?|cc-pddc", "no rights reserved"),
    (r"cc-by-[1-4]\.[05]|cc-by|odc-by(-1\.0)?|cdla-permissive-[12]\.0", "attribution, which the card gives"),
    (r"(sil-)?ofl(-1\.[01])?|bitstream-vera|gust-font-license", "fonts"),
    (r"gpl-[23]\.0(-only|-or-later)?-with-font-exception", "fonts; what is drawn with them is free"),
    (r"psf-2\.0|python-2\.0|hpnd|libpng(-2\.0)?|ijg|artistic-2\.0", "permissive"),
    (r"rendered-by-us|generated-by-us", "made here, from parts whose terms stand beside it"),
)
"""Terms under which data may shape weights and weights may be shipped; whole, in small letters, words joined by hyphens."""

FORBIDS: tuple[tuple[str, str], ...] = (
    (r"(^|-)nc(-|$)|non-?commercial|research|academic|personal-use", "allows no commercial use"),
    (r"(^|-)nd(-|$)|no-?deriv", "allows no derived work"),
    (r"agpl|gpl|sspl", "asks that what is derived from it comes under the same terms"),
    (r"(^|-)sa(-|$)|share-?alike|odbl", "asks that what is derived from it comes under the same terms"),
    (
        r"^(|none|n-?a|tbd|todo)$|unknown|unclear|unlicensed|proprietary|all-rights-reserved|\?",
        "are not known to allow anything",
    ),
)
"""Terms that are refused with a reason of their own."""

NOT_SHIPPED = "not shipped"
SHAPING = frozenset({"train", "calibrate"})
UPSTREAM = "upstream"


def refusal(licence: str, use: str, by: str = "us") -> str | None:
    """Why data under these terms may not be used so; ``None`` when they may.

    Args:
        licence: the terms, as the manifest says them.
        use: ``train``, ``calibrate``, ``choose``, ``report``, or ``ship`` for weights.
        by: ``us``, or ``upstream`` for data that only the makers of the weights had.
    """
    stays = NOT_SHIPPED in licence.casefold()
    terms = _words(licence)
    if by == UPSTREAM:
        faults = [_forbidden(part) for part in _parts(terms)]
        return next((fault for fault in faults if fault), None)
    if use not in SHAPING | {"ship"} and stays:
        return next((fault for part in _parts(terms) if (fault := _unnamed(part))), None)
    fault = _refused(terms)
    if fault is not None and use not in SHAPING | {"ship"}:
        return f"{fault}; write '{NOT_SHIPPED}' behind the terms if the data only measure and stay out of the bundle"
    return fault


def _refused(terms: str) -> str | None:
    """The first part of the terms that is not allowed, with the reason."""
    for part in re.split(r"\s+and\s+|;|,|\+", terms):
        faults = [_not_allowed(choice.strip()) for choice in re.split(r"\s+or\s+|/", part)]
        if all(fault is not None for fault in faults):
            return faults[0]
    return None


def _not_allowed(part: str) -> str | None:
    name = _joined(part)
    if any(re.fullmatch(pattern, name) for pattern, _ in ALLOWED):
        return None
    return _forbidden(part) or f"the terms {part!r} are not on the list of those that allow it"


def _forbidden(part: str) -> str | None:
    name = _joined(part)
    if any(re.fullmatch(pattern, name) for pattern, _ in ALLOWED):
        return None
    return next((f"the terms {part!r} {reason}" for pattern, reason in FORBIDS if re.search(pattern, name)), None)


def _unnamed(part: str) -> str | None:
    pattern, reason = FORBIDS[-1]
    return f"the terms {part!r} {reason}" if re.search(pattern, _joined(part)) else None


def _words(licence: str) -> str:
    """Small letters, without remarks in brackets and without saying where the data stay."""
    text = licence.casefold().replace(NOT_SHIPPED, " ")
    text = re.sub(r"\([^()]*\)", " ", text)
    return re.sub(r"\s+", " ", text.replace("(", " ").replace(")", " ")).strip(" ,;")


def _parts(terms: str) -> list[str]:
    return [part.strip() for part in re.split(r"\s+and\s+|\s+or\s+|[;,+/]", terms)]


def _joined(part: str) -> str:
    return re.sub(r"[\s_]+", "-", part.strip().removesuffix(" license").removesuffix(" licence"))
