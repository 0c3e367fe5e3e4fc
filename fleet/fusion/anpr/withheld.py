"""What of an event about a plate is not shown with all events: the plate and its pseudonym.

Rule: who looks at the stream of events, or at one of them, has given neither a purpose nor a reason; whoever needs the plate
asks for it (:mod:`fleet.fusion.anpr.search`), or judges the alert in the control room. What cannot be decoded is withheld
whole.
"""

from __future__ import annotations

from typing import Any

from fleet.fusion.anpr.keeping import KINDS

WITHHELD = "withheld: ask for it with a purpose and a reason"
_FIELDS = ("plate", "alternates", "pseudonym")


def withhold(kind: str, schema_known: bool, body: Any) -> Any:  # noqa: FBT001 - of one event
    """An event's body as everybody who may see events sees it.

    Args:
        kind: type of the event.
        schema_known: whether it is of a contract that this manager knows.
        body: decoded.
    """
    if kind not in KINDS:
        return body
    if not schema_known or not isinstance(body, dict) or not isinstance(body.get("observed"), dict):
        return {"observed": WITHHELD}
    return body | {"observed": body["observed"] | {name: WITHHELD for name in _FIELDS if name in body["observed"]}}
