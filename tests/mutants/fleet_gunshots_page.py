"""Defences of what the control room shows of shots."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_PAGE = "fleet/control_room"
_SHOTS = "tests/fleet/control_room/test_shots.py"
_BROWSER = "tests/fleet/control_room/test_browser_shots.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "what was said earlier of shots does not replace what is known of them",
        f"{_PAGE}/shots.py",
        "row < known.shots.row",
        "False",
        (_SHOTS,),
    ),
    Mutant(
        "a thousand boxes that heard one shot do not fill a page",
        f"{_PAGE}/shots.py",
        "for box in told.boxes[:MOST_BOXES])",
        "for box in told.boxes)",
        (_SHOTS,),
    ),
    Mutant(
        "shots of boxes without a clock do not sink among the alerts of 1970",
        f"{_PAGE}/shots.py",
        "if any(box.synchronised for box in told.boxes) else None",
        "if told.boxes else None",
        (_SHOTS,),
    ),
    Mutant(
        "a page that opens is told that alerts are held",
        f"{_PAGE}/tail.py",
        "        news.extend(self._held_news(now))\n        return news\n\n    def look",
        "        return news\n\n    def look",
        (_SHOTS,),
    ),
    Mutant(
        "a box that was not believed is told from the others without colour",
        f"{_PAGE}/web/shot_map.js",
        ', opacity: 0.9, dashArray: "3 6" };',
        ", opacity: 0.9 };",
        (f"{_BROWSER}::test_shots_come_are_looked_at_improve_and_are_judged_by_keys",),
    ),
    Mutant(
        "shots elsewhere do not stand in one row",
        f"{_PAGE}/web/shot_groups.js",
        "return lies(placeA, b.shots.region) || lies(placeB, a.shots.region);",
        "return true;",
        (f"{_BROWSER}::test_shots_at_one_place_within_minutes_are_one_card_with_a_verdict_for_each",),
    ),
    Mutant(
        "while a card is open none of its shots leaves it",
        f"{_PAGE}/web/shot_groups.js",
        " || before.key === held",
        "",
        (f"{_BROWSER}::test_shots_at_one_place_within_minutes_are_one_card_with_a_verdict_for_each",),
    ),
)
