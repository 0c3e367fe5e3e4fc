"""The bodies of events: what each field admits, at its bound and one step beyond."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from protocol.codec import decode_event, encode_event
from protocol.errors import MalformedError
from protocol.events import BODY, OBSERVED, PRIORITY, EventType, Priority
from protocol.examples import EVENTS
from protocol.limits import TEXT_CHARACTERS

TOP = 2**53 - 1
NAME = "a" * 32
BOX = {"track": 1, "left": 0, "top": 0, "width": 1, "height": 1}
ESTIMATE = {"value": 1.0, "low": 0.0, "high": 2.0}
REASON = {"code": "hot"}
READING = {"plate": "1ABC123", "probability": 0.5}
CUE = {"name": "people", "value": 1.0}
MISSING = object()

COUNT, DENSITY = EventType.CROWD_COUNT, EventType.CROWD_DENSITY
FLOW, ALERT = EventType.CROWD_FLOW, EventType.CROWD_ALERT
HEALTH, EVICTED, UPDATE = EventType.DEVICE_HEALTH, EventType.OUTBOX_EVICTED, EventType.OTA_REPORT
READ, HIT, SHOT = EventType.ANPR_READ, EventType.ANPR_HIT, EventType.GUNSHOT_DETECTED


def body(kind: EventType, path: str, value: Any) -> bytes:
    """The example's payload with one field changed, added, or (``MISSING``) taken away."""
    payload = json.loads(encode_event(EVENTS[kind]).payload)
    at = payload
    *way, last = path.split(".")
    for level in way:
        at = at[int(level)] if isinstance(at, list) else at[level]
    if value is MISSING:
        at.pop(last, None)
    elif isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return json.dumps(payload, allow_nan=False).encode()


def decode(kind: EventType, payload: bytes) -> Any:
    good = encode_event(EVENTS[kind])
    return decode_event(good.topic, payload, good.properties).body


# kind, field, values that pass, values that do not
BOUNDS: tuple[tuple[EventType, str, tuple[Any, ...], tuple[Any, ...]], ...] = (
    # beside what was observed
    (
        COUNT,
        "captured_at",
        ("2026-03-01T00:00:00Z", "1970-01-01T00:00:00+05:30"),
        (MISSING, None, "", 1, "2026-03-01T00:00:00"),
    ),
    (COUNT, "clock", (), (MISSING, None, [], {}, {"source": "ntp"}, {"synchronised": True})),
    (COUNT, "clock.source", ("free", "ntp", "gnss"), ("", "NTP", "ptp", None, 0)),
    (COUNT, "clock.synchronised", (True, False), (MISSING, 0, 1, "true", None)),
    (COUNT, "clock.offset_ms", (MISSING, -1e12, 0, 3.5), (None, "0")),
    (COUNT, "clock.sigma_ms", (MISSING, None, 0, 1e9), (-0.001, "1")),
    (COUNT, "sensor", (MISSING, None, {"id": "a"}), ({}, [], "square")),
    (COUNT, "sensor.id", ("a", NAME), ("", "A", NAME + "a", "a\n", None, 1)),
    (COUNT, "sensor.reference", (MISSING, "", "x" * 64, "\u20ac" * 64), ("x" * 65, None, 4)),
    (COUNT, "sensor.frame", (MISSING, None, 1, TOP), (0, -1, TOP + 1, 1.5)),
    (COUNT, "where", (MISSING, None, {"lat": 0, "lon": 0}), ({}, {"lat": 0}, {"lon": 0}, [0, 0])),
    (COUNT, "where.lat", (-90, 0, 90), (-90.001, 90.001, None, "54")),
    (COUNT, "where.lon", (-180, 180), (-180.001, 180.001, None)),
    (COUNT, "where.alt", (MISSING, None, -430.0, 8848.0), ("0",)),
    (COUNT, "where.heading", (MISSING, None, 0, 359.999), (-0.001, 360)),
    (COUNT, "where.accuracy", (MISSING, None, 0, 5e6), (-0.001,)),
    (COUNT, "where.frame", (MISSING, "fixed", "vehicle", "person"), ("", "drone", "fixed\n", None)),
    (COUNT, "model", (MISSING, None), ({}, "person-vehicle-fast")),
    (COUNT, "model.name", ("a", NAME), (MISSING, "", "A", NAME + "a")),
    (COUNT, "model.version", ("", "x" * 32), (MISSING, "x" * 33, None)),
    (COUNT, "model.digest", ("0" * 64, "f" * 64), (MISSING, "", "0" * 63, "0" * 65, "F" * 64, "0" * 64 + "\n")),
    (COUNT, "model.operating_point", ("", "x" * 32), (MISSING, "x" * 33)),
    (ALERT, "incident", (MISSING, None), ("", "1", "019caa69-d4ce-4001-8203-040506070809", 1)),
    (ALERT, "phase", (MISSING, None, "new", "update", "end"), ("", "NEW", "begin", 1)),
    (ALERT, "assessed", (MISSING, None), ({}, [], "crowding")),
    (ALERT, "assessed.what", ("a", "a" * 48), (MISSING, "", "a" * 49, "A", "a b", "1a", "a\n")),
    (ALERT, "assessed.probability", (0, 0.5, 1), (MISSING, -0.001, 1.001, None)),
    (ALERT, "assessed.cues", ([], [CUE] * 16), (MISSING, [CUE] * 17, None, CUE, [{}])),
    (ALERT, "assessed.cues.0.name", ("a" * 48,), (MISSING, "", "a" * 49, "A")),
    (ALERT, "assessed.cues.0.value", (-1e300, 0, 1e300), (MISSING, None, "1", [1.0])),
    (ALERT, "assessed.cues.0.unit", (MISSING, "", "x" * 16), ("x" * 17, None)),
    # crowd.count
    (COUNT, "observed", (), (MISSING, None, [], {})),
    (COUNT, "observed.zone", ("a", NAME), (MISSING, "", "A", NAME + "a", None)),
    (COUNT, "observed.people", (ESTIMATE,), (MISSING, None, 11.4, {}, [1, 2, 3])),
    (COUNT, "observed.people.value", (-1.0, 0, 1e300), (MISSING, None, "1")),
    (COUNT, "observed.people.low", (0,), (MISSING, None)),
    (COUNT, "observed.people.high", (0,), (MISSING, None)),
    (COUNT, "observed.people.level", (MISSING, 0.001, 0.999), (0, 1, -1, None)),
    (COUNT, "observed.window_s", (0, 0.2, 86400), (MISSING, -0.001, None)),
    (COUNT, "observed.pictures", (1, TOP), (MISSING, 0, TOP + 1, 1.5)),
    (COUNT, "observed.minimum", (0, TOP), (MISSING, -1, TOP + 1, 0.5)),
    (COUNT, "observed.maximum", (0, TOP), (MISSING, -1, TOP + 1)),
    (COUNT, "observed.missed", (MISSING, 0, TOP), (-1, TOP + 1, None)),
    (COUNT, "observed.tracks", (MISSING, [], [BOX] * 40), ([BOX] * 41, None, BOX, [{}], [[1, 2, 3, 4, 5]])),
    (COUNT, "observed.tracks", ([{**BOX, "track": TOP}],), ([{**BOX, "track": 0}], [{**BOX, "track": TOP + 1}])),
    (COUNT, "observed.tracks", ([{**BOX, "left": -100_000}],), ([{**BOX, "left": -100_001}], [{**BOX, "left": 0.5}])),
    (COUNT, "observed.tracks", ([{**BOX, "top": 100_000}],), ([{**BOX, "top": 100_001}],)),
    (COUNT, "observed.tracks", ([{**BOX, "width": 0}],), ([{**BOX, "width": -1}], [{**BOX, "width": 100_001}])),
    (COUNT, "observed.tracks", ([{**BOX, "height": 100_000}],), ([{**BOX, "height": -1}], [{**BOX, "height": 100_001}])),
    (COUNT, "observed.trusted_to", (MISSING, None, 0, 1e6), (-0.001, 1_000_000.1, "1")),
    (COUNT, "observed.moved", (MISSING, False, True), (None, 1, "true")),
    # crowd.density
    (DENSITY, "observed.zone", ("a", NAME), (MISSING, "", "A", NAME + "a", None)),
    (DENSITY, "observed.density", (ESTIMATE,), (MISSING, None, 1.3)),
    (DENSITY, "observed.densest", (ESTIMATE,), (MISSING, None, 1.3)),
    (DENSITY, "observed.service", ("A", "F"), (MISSING, "", "a", "G", None)),
    (DENSITY, "observed.area_m2", (ESTIMATE,), (MISSING, None, 34)),
    (DENSITY, "observed.window_s", (0, 0.2, 86400), (MISSING, -0.001, None)),
    (DENSITY, "observed.pictures", (1, TOP), (MISSING, 0, TOP + 1, 1.5)),
    (DENSITY, "observed.trend", (MISSING, None, ESTIMATE), (0.1, {})),
    (DENSITY, "observed.speed", (MISSING, None, ESTIMATE), (0.1, {})),
    (DENSITY, "observed.pressure", (MISSING, None, ESTIMATE), (0.1, {})),
    (DENSITY, "observed.trusted_to", (MISSING, None, 0, 1e6), (-0.001, 1_000_000.1, "1")),
    (DENSITY, "observed.missed", (MISSING, 0, TOP), (-1, TOP + 1, None)),
    # crowd.flow
    (FLOW, "observed.line", ("a", NAME), (MISSING, "", "A", NAME + "a")),
    (FLOW, "observed.forward", (ESTIMATE,), (MISSING, None, 3)),
    (FLOW, "observed.backward", (ESTIMATE,), (MISSING, None, 3)),
    (FLOW, "observed.window_s", (0, 1e6), (MISSING, -0.001)),
    (FLOW, "observed.pictures", (0, TOP), (MISSING, -1, TOP + 1)),
    (FLOW, "observed.missed", (MISSING, 0, TOP), (-1, TOP + 1)),
    (FLOW, "observed.moved", (MISSING, False, True), (None, 1, "true")),
    # crowd.alert
    (ALERT, "observed.zone", ("a", NAME), (MISSING, "", NAME + "a")),
    (ALERT, "observed.people", (ESTIMATE,), (MISSING, None)),
    (ALERT, "observed.peak", (0, 1e6), (MISSING, -0.001)),
    (ALERT, "observed.enter_at", (0, 1e6), (MISSING, None)),
    (ALERT, "observed.leave_at", (0, 1e6), (MISSING, None)),
    (ALERT, "observed.duration_s", (0, 1e6), (MISSING, -0.001)),
    (ALERT, "observed.density", (MISSING, None, ESTIMATE), (2.1, {})),
    (ALERT, "observed.trusted_to", (MISSING, None, 0, 1e6), (-0.001, 1_000_000.1, "1")),
    (ALERT, "observed.moved", (MISSING, False, True), (None, 1, "true")),
    # device.health
    (HEALTH, "observed.status", ("online", "degraded"), (MISSING, "", "offline", "online\n", None)),
    (HEALTH, "observed.raised", (MISSING, [], [REASON] * 16), ([REASON] * 17, None, REASON, [{}])),
    (HEALTH, "observed.cleared", (MISSING, [], [REASON] * 16), ([REASON] * 17, None)),
    (HEALTH, "observed.raised.0.code", ("a" * 48,), (MISSING, "", "a" * 49, "Hot", "a_b")),
    (HEALTH, "observed.raised.0.subject", (MISSING, "", "x" * 64), ("x" * 65, None)),
    (HEALTH, "observed.raised.0.detail", (MISSING, "x" * TEXT_CHARACTERS), ("x" * (TEXT_CHARACTERS + 1), None)),
    # outbox.evicted
    (EVICTED, "observed.boot", ("a" * 12,), (MISSING, "", "a" * 11, "a" * 13, "1" * 12, None)),
    (EVICTED, "observed.reason", ("full", "power-cut", "disk", "too-large"), (MISSING, "", "other", "full\n")),
    (EVICTED, "observed.ranges", ([[1, 1]], [[1, TOP]], [[1, 2]] * 128), (MISSING, None, [], [[1, 2]] * 129, [1, 2])),
    (EVICTED, "observed.ranges.0", ([1, 2],), ([], [1], [1, 2, 3], [0, 1], [1, TOP + 1], [1.5, 2], ["1", "2"])),
    (EVICTED, "observed.by_type", (MISSING, {}, {"gunshot.detected": 3}), (None, [], {"crowd": 1}, {"": 1}, {"A.b": 1})),
    (EVICTED, "observed.by_type", ({"a" * 24 + "." + "b" * 24: TOP},), ({"a" * 25 + ".b": 1}, {"a.b": -1}, {"a.b": TOP + 1})),
    (EVICTED, "observed.by_type", ({f"a.{chr(97 + n)}{chr(97 + n)}": 1 for n in range(26)},), ({"a.b\n": 1}, {"a.b": 1.5})),
    (
        EVICTED,
        "observed.by_type",
        ({f"a.{chr(97 + n // 26)}{chr(97 + n % 26)}": 1 for n in range(32)},),
        ({f"a.{chr(97 + n // 26)}{chr(97 + n % 26)}": 1 for n in range(33)},),
    ),
    # ota.report
    (UPDATE, "observed.bundle", ("a", NAME), (MISSING, "", "A", NAME + "a", None)),
    (UPDATE, "observed.release", (1, TOP), (MISSING, 0, TOP + 1, 1.5)),
    (UPDATE, "observed.running", (0, TOP), (MISSING, -1, TOP + 1)),
    (
        UPDATE,
        "observed.step",
        ("accepted", "fetched", "on-probation", "succeeded", "rolled-back", "refused"),
        (MISSING, "", "done", "refused\n", None),
    ),
    (UPDATE, "observed.counter", (0, TOP), (MISSING, -1, TOP + 1)),
    (UPDATE, "observed.nonce", ("0" * 32, "f" * 32), (MISSING, "", "0" * 31, "0" * 33, "F" * 32, "0" * 32 + "\n")),
    (UPDATE, "observed.reason", (MISSING, None, REASON), ({}, [REASON], "slow")),
    (UPDATE, "observed.fetched_bytes", (MISSING, 0, TOP), (-1, TOP + 1, None)),
    (UPDATE, "observed.agreement", (MISSING, None, 0, 1), (-0.001, 1.001, "1")),
    (UPDATE, "observed.latency_ratio", (MISSING, None, 0, 1e6), (-0.001, "1")),
    (UPDATE, "observed.signature", (MISSING, "", "A_-9" * 21 + "zz"), (None, "A" * 85, "A" * 87, "+" * 86, "A" * 86 + "\n")),
    # anpr.read
    (READ, "observed.pseudonym", (), (MISSING, None, "0" * 32, {})),
    (READ, "observed.pseudonym.purpose", ("a", NAME), (MISSING, "", "A", NAME + "a", None)),
    (READ, "observed.pseudonym.key", ("a", "a" * 64), (MISSING, "", "A", "a" * 65, "a\n")),
    (READ, "observed.pseudonym.value", ("0" * 32, "f" * 32), (MISSING, "", "1ABC123", "0" * 31, "F" * 32, "0" * 32 + "\n")),
    (READ, "observed.posterior", (0, 1), (MISSING, -0.001, 1.001, None)),
    (READ, "observed.passage", ({"pictures": 1, "duration_s": 0, "plate_px": 0},), (MISSING, None, {}, [])),
    (READ, "observed.passage.pictures", (1, TOP), (MISSING, 0, TOP + 1, 1.5)),
    (READ, "observed.passage.duration_s", (0, 86_400), (MISSING, -0.001, 86_401)),
    (READ, "observed.passage.plate_px", (0, 100_000), (MISSING, -0.001, 100_001)),
    (READ, "observed.passage.direction", (MISSING, "towards", "away", "unknown"), ("", "north", None)),
    (READ, "observed.passage.direction_probability", (MISSING, 0, 1), (-0.001, 1.001, None)),
    (READ, "observed.passage.lane", (MISSING, None, "a", NAME), ("", "A", NAME + "a")),
    (READ, "observed.passage.lane_probability", (MISSING, 0, 1), (-0.001, 1.001, None)),
    (READ, "observed.passage.kind", (MISSING, "car", "truck", "unknown"), ("", "taxi", None)),
    (READ, "observed.passage.kind_probability", (MISSING, 0, 1), (-0.001, 1.001, None)),
    (READ, "observed.passage.colour", (MISSING, "white", "unknown"), ("", "silver", None)),
    (READ, "observed.passage.colour_probability", (MISSING, 0, 1), (-0.001, 1.001, None)),
    # anpr.hit
    (HIT, "observed.list", ("a", NAME), (MISSING, "", "A", NAME + "a")),
    (HIT, "observed.version", (1, TOP), (MISSING, 0, TOP + 1)),
    (HIT, "observed.plate", ("1", "A" * 12), (MISSING, "", "a", "A" * 13, "1-ABC-123", "1ABC123\n", "\u0410")),
    (HIT, "observed.posterior", (0, 1), (MISSING, -0.001, 1.001)),
    (HIT, "observed.through", ("best", "alternate", "pattern"), (MISSING, "", "other", "best\n")),
    (HIT, "observed.alternates", ([READING], [READING] * 10), (MISSING, [], [READING] * 11, [{}], READING)),
    (HIT, "observed.alternates.0.plate", ("1", "A" * 12), (MISSING, "", "a", "A" * 13)),
    (HIT, "observed.alternates.0.probability", (0, 1), (MISSING, -0.001, 1.001)),
    (HIT, "observed.passage", ({"pictures": 1, "duration_s": 0, "plate_px": 0},), (MISSING, None, {})),
    # gunshot.detected
    (SHOT, "observed.shots", (ESTIMATE,), (MISSING, None, 3, {})),
    (SHOT, "observed.onsets_ms", ([0.0], [0.0] * 64), (MISSING, [], [0.0] * 65, ["0"], 0.0)),
    (SHOT, "observed.onset_sigma_ms", (0.001, 1000), (MISSING, 0, -0.1, 1000.1)),
    (SHOT, "observed.mode", ("single", "burst", "automatic", "unknown"), (MISSING, "", "rifle")),
    (SHOT, "observed.hearing", ({"level_db": 0, "snr_db": 0},), (MISSING, None, {}, {"level_db": 0})),
    (SHOT, "observed.hearing.level_db", (-200, 20), (MISSING, -200.1, 20.1)),
    (SHOT, "observed.hearing.snr_db", (-100, 200), (MISSING, -100.1, 200.1)),
    (SHOT, "observed.hearing.clipped", (0, 1), (-0.1, 1.1)),
    (SHOT, "observed.hearing.wind_db", (None, -200, 20), (-200.1, 20.1)),
    (SHOT, "observed.hearing.spl_db", (None, 0, 250), (-0.1, 250.1)),
    (SHOT, "observed.hearing.microphones", (1, 8), (0, 9)),
    (SHOT, "observed.hearing.faulty", (0, 8), (-1, 9)),
    (
        SHOT,
        "observed.confuser",
        (None, {"name": "fireworks", "probability": 0.5}),
        ({}, {"name": "F", "probability": 0.5}, "drum"),
    ),
    (SHOT, "observed.cadence_rpm", (None, ESTIMATE), ({}, 600)),
    (SHOT, "observed.shock", ("found", "none", "unknown"), ("", True)),
    (SHOT, "observed.shock_lead_ms", (None, ESTIMATE), ({}, 41.3)),
    (SHOT, "observed.bearing", (None, {"azimuth_deg": 0, "sigma_deg": 1}), ({}, 212.5)),
    (SHOT, "observed.bearing.azimuth_deg", (0, 359.9), (MISSING, -0.1, 360)),
    (SHOT, "observed.bearing.sigma_deg", (0.1, 180), (MISSING, 0, 180.1)),
    (SHOT, "observed.bearing.elevation_deg", (None, -90, 90), (-90.1, 90.1)),
)

PASS = [(kind, path, value) for kind, path, good, _ in BOUNDS for value in good]
REFUSED = [(kind, path, value) for kind, path, _, bad in BOUNDS for value in bad]


def short(value: Any) -> str:
    return "missing" if value is MISSING else value.value if isinstance(value, EventType) else ascii(value)[:40]


@pytest.mark.parametrize(("kind", "path", "value"), PASS, ids=short)
def test_at_its_bound_a_field_passes(kind: EventType, path: str, value: Any) -> None:
    payload = body(kind, path, value)
    assert decode(kind, payload) == msgspec.json.decode(payload, type=BODY[kind])


@pytest.mark.parametrize(("kind", "path", "value"), REFUSED, ids=short)
def test_beyond_its_bound_a_field_is_refused_by_its_path(kind: EventType, path: str, value: Any) -> None:
    with pytest.raises(MalformedError) as caught:
        decode(kind, body(kind, path, value))
    field = next(level for level in reversed(path.split(".")) if not level.isdigit())
    assert field in str(caught.value)


@pytest.mark.parametrize("kind", EventType, ids=lambda kind: kind.value)
def test_every_field_of_every_type_has_its_bounds_in_the_table(kind: EventType) -> None:
    listed = {path for k, path, _, _ in BOUNDS if k is kind}
    assert {f"observed.{field}" for field in OBSERVED[kind].__struct_fields__} <= listed


@pytest.mark.parametrize("kind", EventType, ids=lambda kind: kind.value)
@pytest.mark.parametrize("at", ["", "clock", "observed"])
def test_no_object_takes_a_field_that_it_does_not_know(kind: EventType, at: str) -> None:
    with pytest.raises(MalformedError, match="unknown field `more`"):
        decode(kind, body(kind, f"{at}.more".removeprefix("."), 1))


def test_alerts_go_before_reports_and_reports_before_statistics() -> None:
    assert Priority.ALERT > Priority.REPORT > Priority.STATISTIC
    assert {kind.value: priority.name for kind, priority in PRIORITY.items()} == {
        "crowd.count": "STATISTIC",
        "crowd.density": "STATISTIC",
        "crowd.flow": "STATISTIC",
        "crowd.alert": "ALERT",
        "device.health": "REPORT",
        "outbox.evicted": "REPORT",
        "ota.report": "REPORT",
        "anpr.read": "STATISTIC",
        "anpr.hit": "ALERT",
        "gunshot.detected": "ALERT",
    }
    assert EVENTS[ALERT].priority is Priority.ALERT
