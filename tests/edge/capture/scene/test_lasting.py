"""What counts when it has lasted."""

from __future__ import annotations

from edge.capture.scene.lasting import Lasting


def stood(plan: str) -> str:
    """One look a second: w = worse, b = better, - = neither; raised after 2 s, cleared after 3."""
    lasting = Lasting(2.0, 3.0)
    return "".join(
        "X" if lasting.judge(worse=look == "w", better=look == "b", at_s=float(i)) else "." for i, look in enumerate(plan)
    )


def test_it_stands_when_it_has_lasted_and_until_its_end_has() -> None:
    assert stood("wwwww") == "..XXX"
    assert stood("wwwbbbbb") == "..XXXX.."
    assert stood("ww-wwbw") == "......."
    assert stood("www---bb-bbbb") == "..XXXXXXXXXX."
    assert stood("bbbbbb") == "......"
