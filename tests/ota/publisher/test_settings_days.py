"""How long a timestamp may hold: boxes reckon from its end how late it is."""

from __future__ import annotations

import pytest

from ota.publisher.roles import DAYS, TIMESTAMP
from ota.publisher.settings import Settings
from protocol.release import MOST_TIMESTAMP_DAYS


def test_a_timestamp_holds_no_longer_than_boxes_reckon_with() -> None:
    assert Settings("public", {**DAYS, TIMESTAMP: MOST_TIMESTAMP_DAYS}).days[TIMESTAMP] == MOST_TIMESTAMP_DAYS
    with pytest.raises(ValueError, match="misleads boxes about the time; at most 30"):
        Settings("public", {**DAYS, TIMESTAMP: MOST_TIMESTAMP_DAYS + 1})
