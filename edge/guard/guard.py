"""The allow-list: what may leave the box, field by field.

Rules:

- What is not on the list does not leave: a type that is not listed, a field that is not listed, a value of another kind.
- Numbers are finite, whole ones at most 2^53. Texts are the short ones of the wire contract, of characters that can be encoded
  and stored. Nothing is trimmed silently: it is refused and counted.
- The whole body is looked at, not the observation alone: also who, where and which model.
- Track boxes leave only in evaluation; otherwise they are taken out.
- The types of :mod:`protocol.events` are the first guard, this is the second, the size cap the third.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
from typing import Any

import msgspec

from protocol.basis import Estimate, Struct
from protocol.events import (
    BODY,
    Alternate,
    AnprHit,
    AnprRead,
    Assessed,
    Clock,
    CrowdAlert,
    CrowdCount,
    CrowdDensity,
    CrowdFlow,
    Cue,
    DeviceHealth,
    EventBody,
    EventType,
    ModelRef,
    OtaReport,
    OutboxEvicted,
    Passage,
    Pseudonym,
    Reason,
    Sensor,
    TrackBox,
    Where,
)
from protocol.gunshot import Bearing, Confuser, GunshotDetected, Hearing

ALLOWED: dict[EventType, type[Struct]] = {
    EventType.CROWD_COUNT: CrowdCount,
    EventType.CROWD_DENSITY: CrowdDensity,
    EventType.CROWD_FLOW: CrowdFlow,
    EventType.CROWD_ALERT: CrowdAlert,
    EventType.DEVICE_HEALTH: DeviceHealth,
    EventType.OUTBOX_EVICTED: OutboxEvicted,
    EventType.OTA_REPORT: OtaReport,
    EventType.ANPR_READ: AnprRead,
    EventType.ANPR_HIT: AnprHit,
    EventType.GUNSHOT_DETECTED: GunshotDetected,
}
"""What each event type may carry as its observation."""

FIELDS: dict[type[Struct], frozenset[str]] = {
    EventBody: frozenset(
        {"captured_at", "clock", "observed", "sensor", "where", "model", "incident", "phase", "assessed"},
    ),
    Clock: frozenset({"source", "synchronised", "offset_ms", "sigma_ms"}),
    Sensor: frozenset({"id", "reference", "frame"}),
    Where: frozenset({"lat", "lon", "alt", "heading", "accuracy", "frame"}),
    ModelRef: frozenset({"name", "version", "digest", "operating_point"}),
    CrowdCount: frozenset(
        {"zone", "people", "window_s", "pictures", "minimum", "maximum", "missed", "tracks", "trusted_to", "moved"}
    ),
    CrowdDensity: frozenset(
        {
            "zone",
            "density",
            "densest",
            "service",
            "area_m2",
            "window_s",
            "pictures",
            "trusted_to",
            "trend",
            "speed",
            "pressure",
            "missed",
        }
    ),
    CrowdFlow: frozenset({"line", "forward", "backward", "window_s", "pictures", "missed", "moved"}),
    CrowdAlert: frozenset({"zone", "people", "peak", "enter_at", "leave_at", "duration_s", "density", "trusted_to", "moved"}),
    DeviceHealth: frozenset({"status", "raised", "cleared"}),
    OutboxEvicted: frozenset({"boot", "reason", "ranges", "by_type"}),
    OtaReport: frozenset(
        {
            "bundle",
            "release",
            "running",
            "step",
            "counter",
            "nonce",
            "reason",
            "fetched_bytes",
            "agreement",
            "latency_ratio",
            "signature",
        }
    ),
    AnprRead: frozenset({"pseudonym", "posterior", "passage"}),
    AnprHit: frozenset({"list", "version", "plate", "posterior", "through", "alternates", "passage"}),
    Alternate: frozenset({"plate", "probability"}),
    Pseudonym: frozenset({"purpose", "key", "value"}),
    Passage: frozenset(
        {
            "pictures",
            "duration_s",
            "plate_px",
            "direction",
            "direction_probability",
            "lane",
            "lane_probability",
            "kind",
            "kind_probability",
            "colour",
            "colour_probability",
        }
    ),
    GunshotDetected: frozenset(
        {
            "shots",
            "onsets_ms",
            "onset_sigma_ms",
            "mode",
            "hearing",
            "confuser",
            "cadence_rpm",
            "shock",
            "shock_lead_ms",
            "bearing",
        }
    ),
    Hearing: frozenset({"level_db", "snr_db", "clipped", "wind_db", "spl_db", "microphones", "faulty"}),
    Confuser: frozenset({"name", "probability"}),
    Bearing: frozenset({"azimuth_deg", "sigma_deg", "elevation_deg"}),
    Assessed: frozenset({"what", "probability", "cues"}),
    Cue: frozenset({"name", "value", "unit"}),
    Estimate: frozenset({"value", "low", "high", "level"}),
    Reason: frozenset({"code", "subject", "detail"}),
    TrackBox: frozenset({"track", "left", "top", "width", "height"}),
}
"""Every field that may leave, by the struct that holds it. A new field is not here until someone decides."""

EVALUATION_ONLY: dict[type[Struct], frozenset[str]] = {CrowdCount: frozenset({"tracks"})}

_LARGEST = 2**53 - 1

_UNFIT = re.compile("[\x00\ud800-\udfff]")
"""U+0000, which databases refuse, and halves of characters, which cannot be encoded."""


class GuardError(Exception):
    """Something that may not leave the box; the message names it without repeating its value."""


def guard(kind: EventType, body: EventBody[Any], *, evaluation: bool) -> EventBody[Any]:
    """Let the body of an event pass, or refuse it.

    Args:
        kind: type of the event.
        body: all of it.
        evaluation: whether evaluation-only fields may leave.

    Returns:
        The body, without evaluation-only fields unless ``evaluation``.

    Raises:
        GuardError: naming the type and the field.
    """
    expected = ALLOWED.get(kind)
    if expected is None or type(body.observed) is not expected:
        msg = f"{kind.value}: {type(body.observed).__name__} may not leave the box in this event"
        raise GuardError(msg)
    if not evaluation:
        body = msgspec.structs.replace(body, observed=_without(body.observed, EVALUATION_ONLY.get(expected, frozenset())))
    _check(body, kind.value)
    try:
        msgspec.convert(msgspec.to_builtins(body), BODY[kind])
    except (msgspec.ValidationError, RecursionError) as error:
        msg = f"{kind.value}: outside the wire contract: {_words(error)}"
        raise GuardError(msg) from None
    return body


def _without(observed: Struct, fields: frozenset[str]) -> Struct:
    return msgspec.structs.replace(observed, **_defaults(type(observed), fields)) if fields else observed


@functools.cache
def _defaults(kind: type[Struct], fields: frozenset[str]) -> dict[str, Any]:
    """What stands in these fields when nothing is said; kept, because msgspec reads every annotation for it (0.5 ms)."""
    return {f.name: f.default for f in msgspec.structs.fields(kind) if f.name in fields}


def _check(part: Struct, path: str) -> None:
    allowed = FIELDS.get(type(part))
    if allowed is None:
        msg = f"{path}: {type(part).__name__} may not leave the box"
        raise GuardError(msg)
    for field in part.__struct_fields__:
        if field not in allowed:
            msg = f"{path}.{field} is not on the list of what may leave the box"
            raise GuardError(msg)
        _check_value(getattr(part, field), f"{path}.{field}")


def _check_value(value: Any, path: str) -> None:
    match value:
        case Struct():
            _check(value, path)
        case tuple():
            for item in value:
                _check_value(item, path)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str) or not isinstance(item, int):
                    msg = f"{path} holds something else than counts by name"
                    raise GuardError(msg)
                _check_value(key, path)
                _check_value(item, path)
        case _:
            fault = _fault(value)
            if fault is not None:
                msg = f"{path}: {fault}"
                raise GuardError(msg)


def _fault(value: Any) -> str | None:
    match value:
        case None | bool() | dt.datetime():
            return None
        case int():
            return "a whole number over 2^53" if abs(value) > _LARGEST else None
        case float():
            return None if math.isfinite(value) else "not a finite number"
        case str():
            return "characters that cannot be stored" if _UNFIT.search(value) else None
    return f"a {type(value).__name__} may not leave the box"


def _words(error: Exception) -> str:
    """What is wrong and where, without the value: msgspec quotes it for enumerations."""
    return re.sub(r"^Invalid enum value .*?(?= - at `\$|\Z)", "not one of the values allowed", str(error), flags=re.DOTALL)
