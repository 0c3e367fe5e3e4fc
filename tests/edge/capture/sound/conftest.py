"""Processes of microphones that end with their test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.edge.capture.sound.driving import Driver, order


@pytest.fixture
def drive() -> Iterator[Any]:
    drivers: list[Driver] = []

    def start(*arguments: Any, **options: Any) -> Driver:
        drivers.append(Driver(order(*arguments, **options)))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.close()
