"""Topics: what is ours and what is not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.errors import InvalidNameError, InvalidTopicError, ProtocolError
from protocol.topics import (
    DEVICE_PUBLISHES,
    RULES,
    Channel,
    ChannelRule,
    Topic,
    device_subscriptions,
    manager_subscriptions,
)

names = st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True)
details = st.from_regex(r"[a-z0-9._-]{1,64}", fullmatch=True)


@st.composite
def topics(draw: st.DrawFn) -> Topic:
    channel = draw(st.sampled_from(Channel))
    return Topic(draw(names), draw(names), channel, draw(details) if RULES[channel].detail else "")


RULE_TABLE = {
    # channel: from the device, quality of service, retained, one more level
    "event": (True, 1, False, True),
    "ack": (False, 1, False, False),
    "state": (True, 1, True, False),
    "telemetry": (True, 0, False, False),
    "twin/desired": (False, 1, True, False),
    "twin/reported": (True, 1, True, False),
    "command": (False, 1, False, True),
    "reply": (True, 1, False, False),
}


@pytest.mark.parametrize("channel", Channel, ids=lambda channel: channel.value)
def test_every_channel_travels_as_the_contract_says(channel: Channel) -> None:
    assert RULES[channel] == ChannelRule(*RULE_TABLE[channel.value])


def test_a_device_publishes_on_its_own_channels_only() -> None:
    assert {channel.value for channel in DEVICE_PUBLISHES} == {"event", "state", "telemetry", "twin/reported", "reply"}


@given(topics())
@example(Topic("f", "event", Channel.EVENT, "event"))
@example(Topic("twin", "desired", Channel.TWIN_DESIRED))
@example(Topic("f" * 32, "d" * 32, Channel.COMMAND, "x" * 64))
def test_parse_reads_what_str_writes(topic: Topic) -> None:
    assert Topic.parse(str(topic)) == topic


@given(topics(), topics())
def test_two_topics_are_never_spelled_alike(a: Topic, b: Topic) -> None:
    assert (str(a) == str(b)) == (a == b)


HOSTILE = (
    "",
    "/",
    "lamplighter/v1",
    "lamplighter/v1/",
    "lamplighter/v1/f",
    "lamplighter/v1/f/d",
    "lamplighter/v1/f/d/",
    "lamplighter/v1/f/d/nothing",
    "lamplighter/v1/f/d/state/",
    "lamplighter/v1/f/d/state/more",
    "lamplighter/v1/f/d/ack/",
    "lamplighter/v1/f/d/event",
    "lamplighter/v1/f/d/event/",
    "lamplighter/v1/f/d/event//",
    "lamplighter/v1/f/d/event/crowd.count/more",
    "lamplighter/v1/f/d/event/crowd count",
    "lamplighter/v1/f/d/event/crowd.count\n",
    "lamplighter/v1/f/d/event/crowd.count\x00",
    "lamplighter/v1/f/d/event/CROWD.COUNT",
    "lamplighter/v1/f/d/event/+",
    "lamplighter/v1/f/d/event/#",
    "lamplighter/v1/f/d/event/" + "x" * 65,
    "lamplighter/v1/f/d/twin",
    "lamplighter/v1/f/d/twin/",
    "lamplighter/v1/f/d/twin/wanted",
    "lamplighter/v1/f/d/twin/desired/more",
    "lamplighter/v1/+/d/state",
    "lamplighter/v1/f/+/state",
    "lamplighter/v1/f/#",
    "lamplighter/v1/f//state",
    "lamplighter/v1//d/state",
    "lamplighter/v1/f/../state",
    "lamplighter/v1/f/D/state",
    "lamplighter/v1/f/d\u202e/state",
    "lamplighter/v1/f/\ud800/state",
    "lamplighter/v2/f/d/state",
    "Lamplighter/v1/f/d/state",
    "/lamplighter/v1/f/d/state",
    " lamplighter/v1/f/d/state",
    "lamplighter/v1/f/d/state\n",
    "$share/ingest/lamplighter/v1/f/d/state",
    "$SYS/broker/version",
    "lamplighter/v1/f/" + "d" * 33 + "/state",
    "lamplighter/v1/f/d/event/" + "x" * 100_000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:60]))
def test_hostile_topics_are_refused(text: str) -> None:
    with pytest.raises((InvalidTopicError, InvalidNameError)) as caught:
        Topic.parse(text)
    assert len(str(caught.value)) < 240


near_misses = st.lists(
    st.sampled_from([
        "lamplighter", "v1", "v2", "f", "d", "", "+", "#", "..", "event", "state", "ack", "twin", "desired", "reported",
        "command", "reply", "telemetry", "crowd.count", "ping", "X", "\x00", "\ud800", "a" * 33, "a" * 65,
    ]),
    max_size=9,
).map("/".join)  # fmt: skip


@given(st.one_of(st.text(st.characters(), max_size=300), near_misses))
def test_nothing_but_a_protocol_error_escapes(text: str) -> None:
    try:
        topic = Topic.parse(text)
    except ProtocolError:
        return
    assert str(topic) == text


@pytest.mark.parametrize("channel", Channel, ids=lambda channel: channel.value)
def test_a_topic_cannot_exist_invalid(channel: Channel) -> None:
    wrong = "" if RULES[channel].detail else "more"
    right = "x" if RULES[channel].detail else ""
    for fleet, device, detail in (("f", "d", wrong), ("F", "d", right), ("f", "d/e", right), ("", "d", right)):
        with pytest.raises(ProtocolError):
            Topic(fleet, device, channel, detail)


def _matches(topic_filter: str, topic: str) -> bool:
    wanted, levels = topic_filter.split("/"), topic.split("/")
    return len(wanted) == len(levels) and all(w in {"+", level} for w, level in zip(wanted, levels, strict=True))


@given(topics())
def test_subscriptions_cover_each_channel_on_exactly_one_side(topic: Topic) -> None:
    device = [f for f in device_subscriptions(topic.fleet, topic.device) if _matches(f, str(topic))]
    manager = [f for f in manager_subscriptions(topic.fleet) if _matches(f, str(topic))]
    from_device = RULES[topic.channel].from_device
    assert (len(device), len(manager)) == ((0, 1) if from_device else (1, 0))


@pytest.mark.parametrize("name", ["+", "#", "a/b", "", "A"])
def test_subscriptions_never_hold_a_wildcard_that_a_name_brought(name: str) -> None:
    with pytest.raises(InvalidNameError):
        device_subscriptions("f", name)
    with pytest.raises(InvalidNameError):
        device_subscriptions(name, "d")
    with pytest.raises(InvalidNameError):
        manager_subscriptions(name)
