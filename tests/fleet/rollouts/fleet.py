"""Boxes, groups and releases as tests of rollouts need them."""

from __future__ import annotations

from typing import Any

from fleet.rollouts.catalogue import Published
from fleet.rollouts.census import Known
from fleet.rollouts.plan import Group, Plan

BUNDLE = "person-vehicle-fast"
ROLLOUT = "01890000-0000-7000-8000-000000000001"
RELEASE = Published(BUNDLE, 4, "1.3.0", ("Raspberry Pi",), "0.1", "a" * 64, 1_000_000)


def boxes(count: int, **more: Any) -> list[Known]:
    return [known(f"box-{number:04d}", **more) for number in range(count)]


def known(name: str, **more: Any) -> Known:
    values: dict[str, Any] = {"hardware": "Raspberry Pi 5", "agent": "0.1.0", "key": "k", "versions": {BUNDLE: "1.2.0"}}
    return Known(name, **{**values, **more})


def plan(*groups: Group, **more: Any) -> Plan:
    return Plan(BUNDLE, 4, groups or (Group("all"),), **more)
