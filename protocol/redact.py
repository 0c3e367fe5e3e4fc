"""Credentials in addresses: found, so that no configuration carries them, and hidden in texts that may repeat an address."""

from __future__ import annotations

import re

_USERINFO = re.compile(r"([a-z][a-z0-9+.-]*:/+)[^\s/?#]*@", re.IGNORECASE)
"""The whole authority before its last ``@``: passwords contain ``@`` and ``:`` themselves (RFC 3986 notwithstanding). One slash
is enough, because paths lose one when they are joined."""

_QUERY = re.compile(
    r"([?&;/_][^=&;/\s]*(?:user|pass|pwd|token|key(?!_?frame)|secret|auth|sig(?!nal)|credential)[^=&;/\s]*=)[^&;\s'\"]*",
    re.IGNORECASE,
)
"""Cameras take credentials as query parameters too, under many names; how often they send a key frame is none."""


def redact(text: str) -> str:
    """Replace user names, passwords and tokens in every address within a text by ``***``."""
    return _QUERY.sub(r"\1***", _USERINFO.sub(r"\1***@", text))
