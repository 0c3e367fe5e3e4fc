"""Points that were clicked in a picture and measured on the ground: whether they can say where the ground is.

A homography from the ground to the picture is determined by four pairs of which no three lie on a line, in the picture or on
the ground (Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 4.1.3). What a camera sees lies before it: there
every triangle turns the same way as on the ground, or every one the other way (Hartley, Chirality, IJCV 26(1), 1998). Pure.

Rules: only triangles that the uncertainty of a click cannot turn over are judged; a mirrored frame on the ground is as good as
any.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

from protocol.errors import GeometryError

Place = tuple[float, float]
Triple = tuple[int, int, int]

CLEAR_SIGMAS = 4.0
"""Least height of a triangle in the picture, in deviations of a click. Its own is at most 1.4 of one (a corner against the line
through two others, at one of them), so that four of which no three are nearer to a line do determine a ground."""
FOLDED_SIGMAS = 8.0
"""The same of one that is held against the others: 32 points have 4,960 triangles, by clicks none may be turned over."""
CLEAR_SHARE = 0.01
"""Least height of a triangle on the ground, of the extent of all points: measures are good to one part in 100."""


def check_correspondences(pixels: Sequence[Place], metres: Sequence[Place], sigma_px: float, what: str) -> None:
    """Check that the pairs determine a ground that a camera can see.

    Args:
        pixels: places in the picture, pixels.
        metres: the same places on the ground.
        sigma_px: deviation of a click, pixels.
        what: they belong to, for the message.

    Raises:
        GeometryError: naming ``what``, the points (counted from 1) and the remedy.
    """
    extent = max(math.dist(a, b) for a, b in combinations(metres, 2))
    clear_px, clear_m = CLEAR_SIGMAS * sigma_px, CLEAR_SHARE * extent
    for i, j in combinations(range(len(pixels)), 2):
        if metres[i] == metres[j] and math.dist(pixels[i], pixels[j]) > clear_px:
            msg = f"{what}: points {i + 1} and {j + 1} are one place on the ground and two in the picture; measure them again"
            raise GeometryError(msg)
    on_ground, in_picture = _turns(metres, clear_m), _turns(pixels, clear_px)
    _check_determined(_both(in_picture, on_ground), in_picture, len(pixels), clear_px, what)
    sure = _both(_turns(pixels, FOLDED_SIGMAS * sigma_px), on_ground)
    _check_one_side({triple: turn for triple, turn in sure.items() if turn}, len(pixels), what)


def _turns(places: Sequence[Place], clear: float) -> dict[Triple, int]:
    """Which way each triangle turns: 1, -1, or 0 where it is lower than ``clear``."""
    turns: dict[Triple, int] = {}
    for i, j, k in combinations(range(len(places)), 3):
        a, b, c = places[i], places[j], places[k]
        doubled = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        longest = max(math.dist(a, b), math.dist(b, c), math.dist(a, c))
        turns[i, j, k] = 0 if abs(doubled) <= clear * longest else 1 if doubled > 0 else -1
    return turns


def _both(in_picture: dict[Triple, int], on_ground: dict[Triple, int]) -> dict[Triple, int]:
    return {triple: turn * on_ground[triple] for triple, turn in in_picture.items()}


def _check_determined(turns: dict[Triple, int], in_picture: dict[Triple, int], n: int, clear_px: float, what: str) -> None:
    for four in combinations(range(n), 4):
        if all(turns[triple] for triple in combinations(four, 3)):
            return
    flat = next((triple for triple, turn in turns.items() if not turn), None)
    if n > 4 or flat is None:  # noqa: PLR2004 - as many as determine it
        msg = (
            f"{what}: nearly all of the {n} points lie on one line, so that the ground beside it stays unknown; "
            f"add points beside that line, more than {clear_px:.0f} pixels away from it"
        )
        raise GeometryError(msg)
    where = "on the ground" if in_picture[flat] else f"in the picture (to within {clear_px:.0f} pixels)"
    msg = (
        f"{what}: points {_named(flat)} lie on one line {where}, and four points determine the ground only where no three do; "
        "move one of them away from the line, or add points beside it"
    )
    raise GeometryError(msg)


def _check_one_side(turns: dict[Triple, int], n: int, what: str) -> None:
    if len(set(turns.values())) <= 1:
        return
    odd = [point for point in range(n) if _explains(point, turns, n)]
    if len(odd) == 1:
        msg = (
            f"{what}: point {odd[0] + 1} does not go with the others: the ground would fold over, as if it were above the "
            "horizon; look where it was clicked, and measure it again"
        )
        raise GeometryError(msg)
    one, other = (next(triple for triple, turn in turns.items() if turn == way) for way in (1, -1))
    msg = (
        f"{what}: points {_named(one)} and points {_named(other)} turn different ways in the picture and on the ground, which "
        "would fold over; are two points exchanged, or one above the horizon?"
    )
    raise GeometryError(msg)


def _explains(point: int, turns: dict[Triple, int], n: int) -> bool:
    """Whether all would be well without this point or, where four leave nothing to compare, with it before the camera."""
    if n > 4:  # noqa: PLR2004 - see above
        return len({turn for triple, turn in turns.items() if point not in triple}) == 1
    return len({-turn if point in triple else turn for triple, turn in turns.items()}) == 1


def _named(triple: Triple) -> str:
    return "{}, {} and {}".format(*(point + 1 for point in triple))
