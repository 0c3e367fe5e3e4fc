"""A configuration fits a packet, and so does the report of what became of it."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.check import check_config
from protocol.codec import encode_body
from protocol.config import Config, Microphone, Refusal, Source, Zone
from protocol.limits import CONFIG_BYTES, PACKET_BYTES
from protocol.topics import Channel, Topic
from protocol.twin import MOST_REFUSALS, Desired, Reported, report
from tests.protocol.strategies import values

LARGEST_TOPIC = str(Topic("f" * 32, "d" * 32, Channel.TWIN_REPORTED))


def many(vertices: int) -> Source:
    """A source whose zones take much room."""
    polygon = tuple((0.25 + n * 0.0078125, (n * 0.0078125) ** 2) for n in range(vertices))
    return Source("large", "x" * 512, zones=tuple(Zone(f"z{n}", polygon) for n in range(4)))


def test_a_configuration_that_does_not_fit_a_packet_is_refused_source_by_source() -> None:
    sources = tuple(msgspec.structs.replace(many(32), id=f"s{n}") for n in range(6))
    whole = Config(sources=(*sources, Source("small", "clip.mp4")))
    assert len(encode_body(whole)) > CONFIG_BYTES
    refused = check_config(whole)
    paths = [r.path for r in refused]
    assert paths == [f"sources[{n}]" for n in range(6 - len(refused), 6)], "the first ones fit, and the small one"
    assert "give it fewer zones, lines or vertices" in refused[0].message
    rest = Config(sources=tuple(s for n, s in enumerate(whole.sources) if f"sources[{n}]" not in paths))
    assert check_config(rest) == ()
    assert CONFIG_BYTES / 2 < len(encode_body(rest)) <= CONFIG_BYTES


def test_microphones_take_room_too() -> None:
    sources = tuple(msgspec.structs.replace(many(20), id=f"s{n}") for n in range(4))
    microphones = tuple(Microphone(f"m{n}", "\u20ac" * 512, reference="\u20ac" * 64) for n in range(4))
    refused = check_config(Config(sources, microphones=microphones))
    assert [r.path for r in refused] == [f"microphones[{n}]" for n in range(4 - len(refused), 4)] != []
    assert "microphone 'm3' takes" in refused[-1].message
    assert "give it a shorter address" in refused[-1].message
    kept = Config(sources, microphones=microphones[: 4 - len(refused)])
    assert check_config(kept) == ()
    assert len(encode_body(kept)) <= CONFIG_BYTES


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(values(Config), st.integers(0, 2**53 - 1), st.lists(values(Refusal), max_size=MOST_REFUSALS + 4))
def test_what_passes_the_check_fits_a_packet_with_its_report(wanted: Config, version: int, refusals: list[Refusal]) -> None:
    if any(r.path.startswith(("sources[", "microphones[")) and r.path.endswith("]") for r in check_config(wanted)):
        wanted = Config(report=wanted.report)
    assert len(encode_body(Desired(max(1, version), wanted))) <= CONFIG_BYTES + 64
    reported = report(version, wanted, version, refusals)
    payload = encode_body(reported)
    assert len(payload) + len(LARGEST_TOPIC) + 64 <= PACKET_BYTES
    assert msgspec.json.decode(payload, type=Reported) == reported
    assert reported.refusals == tuple(refusals[: len(reported.refusals)])


def test_of_too_many_refusals_the_first_are_reported() -> None:
    refusals = [Refusal(f"sources[{n}]" + "p" * 180, "\u20ac" * 400) for n in range(40)]
    full = Config(sources=tuple(msgspec.structs.replace(many(20), id=f"s{n}") for n in range(4)))
    assert check_config(full) == ()
    reported = report(1, full, 2, refusals)
    assert 0 < len(reported.refusals) < MOST_REFUSALS
    assert reported.refusals == tuple(refusals[: len(reported.refusals)])
    assert len(report(1, Config(), 2, [Refusal("a", "b")] * 40).refusals) == MOST_REFUSALS
    assert report(3, Config()) == Reported(3, Config())
