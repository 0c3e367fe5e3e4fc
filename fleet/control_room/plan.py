"""The base plan of the map: GeoJSON from a file, checked once, served as it is.

Rules: nothing of the plan is fetched from anywhere; features of unknown kind are left out by the page; a plan that is not one
is refused at start, not on the operator's screen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec

KINDS = frozenset({"building", "street", "square", "water", "green"})
_MOST_BYTES = 32 << 20
"""A plan of a large city's centre has a few MB; beyond this a browser would suffer."""


class PlanError(Exception):
    """A plan that cannot be shown; the message names the file, what is wrong and the remedy."""


class _Geometry(msgspec.Struct):
    type: str
    coordinates: list[Any]


class _Feature(msgspec.Struct):
    geometry: _Geometry | None
    properties: dict[str, Any] | None = None


class _Collection(msgspec.Struct):
    type: Annotated[str, msgspec.Meta(pattern="^FeatureCollection$")]
    features: list[_Feature]


def read_plan(path: Path) -> bytes:
    """Read and check a plan.

    Returns:
        The file's bytes.

    Raises:
        PlanError: it cannot be read, is too large, or is no GeoJSON with a feature of a known kind.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        msg = f"{path}: the plan cannot be read ({error.strerror}); name a GeoJSON file with --plan, or leave it out"
        raise PlanError(msg) from error
    if len(data) > _MOST_BYTES:
        msg = f"{path}: the plan is over {_MOST_BYTES >> 20} MB; simplify it or cut out the part that has boxes"
        raise PlanError(msg)
    try:
        collection = msgspec.json.decode(data, type=_Collection)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"{path}: not a GeoJSON FeatureCollection: {error}"
        raise PlanError(msg) from error
    if not any((feature.properties or {}).get("kind") in KINDS for feature in collection.features):
        msg = f"{path}: no feature has a property 'kind' of {', '.join(sorted(KINDS))}; nothing would be drawn"
        raise PlanError(msg)
    return data
