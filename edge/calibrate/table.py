"""A verdict in a terminal of 80 x 24: the uncertainty over the picture, what does not fit, and what to do next."""

from __future__ import annotations

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from edge.calibrate.verdict import ENOUGH, Judged, Verdict, helps

_COLUMNS, _ROWS = 8, 6


def draw(judged: Judged, subject: str) -> RenderableType:
    """Lay one verdict out."""
    return Group(_map(judged, subject), *(Text(line, style=style) for line, style in lines(judged.verdict)))


def lines(verdict: Verdict) -> list[tuple[str, str]]:
    """What is to be said of it, with the style of each line."""
    told = []
    if verdict.p90_m is None or verdict.median_m is None:
        told.append((f"Less than {ENOUGH:.0%} of the part that matters is known at all.", "red"))
    else:
        style = "green" if verdict.p90_m <= verdict.tolerated_m else "yellow"
        known = f"Half of the part is known to {verdict.median_m:.2f} m, {ENOUGH:.0%} of it to {verdict.p90_m:.2f} m"
        told.append((f"{known} (90% sure); tolerated {verdict.tolerated_m:.2f} m.", style))
    if verdict.beyond > 0:
        told.append((f"{verdict.beyond:.0%} of it is on or over the horizon, or too far from the points.", "dim"))
    told += _points(verdict)
    told.append(_next(verdict))
    return told


def _points(verdict: Verdict) -> list[tuple[str, str]]:
    number = len(verdict.points)
    if number == 4:  # noqa: PLR2004 - as many as determine it
        return [("4 points: nothing checks them. A fifth would show a wrong one.", "dim")]
    told = [(f"{number} points; a click is worth {verdict.click_px:.1f} pixels.", "dim")]
    for at, point in enumerate(verdict.points, start=1):
        if point.suspect:
            (x, y), (east, north) = point.pixel, point.metres
            place = f"{x:.0f}, {y:.0f} = {east:g}, {north:g} m"
            words = f"They contradict one another. Look at point {at} first ({place}): it is {point.off_px:.0f} pixels off."
            told.append((words, "red"))
    return told


def _next(verdict: Verdict) -> tuple[str, str]:
    if verdict.next is None:
        return "Click points within the part that matters.", "yellow"
    (x, y), (east, north) = verdict.next.pixel, verdict.next.metres
    where = f"near pixel {x:.0f}, {y:.0f} (about {east:.1f}, {north:.1f} m)"
    gain = f"{verdict.next.before_m:.2f} to {verdict.next.after_m:.2f} m"
    if verdict.good:
        return f"Good. Another point would help most {where}: {gain}.", "green"
    if verdict.contradict:
        return "Measure and click the wrong point again before you add others.", "yellow"
    if len(verdict.points) > 6 and not helps(verdict.next):  # noqa: PLR2004 - by then each helps less than care does
        return f"More points help little ({gain}): click more exactly, or draw zones that end nearer to the camera.", "yellow"
    return f"Add a point {where}: {gain}.", "yellow"


def _map(judged: Judged, subject: str) -> Table:
    """Radii by place in the picture: the mean of each field, and what is beyond."""
    width, height = judged.calibration.size
    columns = np.minimum(judged.survey.pixels[:, 0] * _COLUMNS // width, _COLUMNS - 1).astype(int)
    rows = np.minimum(judged.survey.pixels[:, 1] * _ROWS // height, _ROWS - 1).astype(int)
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, title=f"{subject}: radius of 90% confidence, m, by pixel", title_justify="left"
    )
    table.add_column("y \\ x", justify="right")
    for column in range(_COLUMNS):
        table.add_column(f"{(column + 0.5) * width / _COLUMNS:.0f}", justify="right")
    for row in range(_ROWS):
        fields = [judged.survey.radii_m[(columns == column) & (rows == row)] for column in range(_COLUMNS)]
        table.add_row(f"{(row + 0.5) * height / _ROWS:.0f}", *(_field(radii, judged.verdict.tolerated_m) for radii in fields))
    return table


def _field(radii: np.ndarray[tuple[int, ...], np.dtype[np.float64]], tolerated_m: float) -> Text:
    if not len(radii):
        return Text("")
    known = radii[np.isfinite(radii)]
    if not len(known):
        return Text("-", style="dim")
    mean = float(known.mean())
    return Text(f"{mean:.2f}" if mean < 10 else f"{mean:.0f}", style="green" if mean <= tolerated_m else "yellow")  # noqa: PLR2004
