"""A calibration as a drawing (SVG): the ground's grid as the camera sees it, the points, and how well each place is known.

It holds numbers only, no picture: it may be kept and sent. Lengths are pixels of the picture.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

import numpy as np

from edge.analytics.ground.ground import Ground
from edge.analytics.ground.homography import Floats
from edge.calibrate.verdict import Judged

_STEPS_M = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
_LINES = 24
"""Most lines of the grid in a direction."""
_ALONG = 64
"""Places of which a line is made."""
_DIM, _GOOD, _POOR, _LINE, _POINT, _NEXT = "#888", "#2b8a3e", "#c92a2a", "#1c7ed6", "#212529", "#e8590c"


def grid(ground: Ground, metres: Floats) -> tuple[float, list[Floats]]:
    """Lines of the ground a whole number of steps apart, over these places.

    Args:
        ground: as it is known.
        metres: (m, 2), over which the grid is laid; NaN counts for nothing.

    Returns:
        The step in metres, and lines of pixels (k, 2); where the ground is not known there is none.
    """
    metres = metres[np.isfinite(metres[:, 0])]
    if not len(metres):
        return _STEPS_M[0], []
    low, high = np.quantile(metres, 0.02, axis=0), np.quantile(metres, 0.98, axis=0)
    step = next((step for step in _STEPS_M if (high - low).max() / step <= _LINES), _STEPS_M[-1])
    first, last = np.floor(low / step), np.ceil(high / step)
    lines = []
    for axis in (0, 1):
        along = np.linspace(first[1 - axis] * step, last[1 - axis] * step, _ALONG)
        for at in np.arange(first[axis], last[axis] + 1) * step:
            line = np.empty((_ALONG, 2))
            line[:, axis], line[:, 1 - axis] = at, along
            seen = ground.pixels(line)
            seen = seen[~ground.beyond(seen)]
            if len(seen) > 1:
                lines.append(seen)
    return step, lines


def svg(judged: Judged, subject: str) -> str:
    """The drawing, whole."""
    width, height = judged.calibration.size
    unit = width / 100
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + 8 * unit:.0f}" '
        f'font-family="sans-serif" font-size="{2 * unit:.1f}">\n'
        f'<rect width="{width}" height="{height + 8 * unit:.0f}" fill="#fff"/>\n'
        f'<rect width="{width}" height="{height}" fill="#f8f9fa" stroke="{_DIM}"/>\n'
        f"{layer(judged)}\n{_legend(judged, subject, unit)}\n</svg>\n"
    )


def layer(judged: Judged) -> str:
    """What is laid over the picture: known places, grid, points, and the place where another would help most."""
    unit = judged.calibration.size[0] / 100
    seen, tolerated_m = judged.survey, judged.verdict.tolerated_m
    parts = []
    for (x, y), radius in zip(seen.pixels.tolist(), seen.radii_m.tolist(), strict=True):
        if not np.isfinite(radius):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{0.25 * unit:.1f}" fill="{_DIM}" opacity="0.5"/>')
            continue
        size = unit * min(1.6, 0.4 + 0.6 * radius / tolerated_m)
        colour = _GOOD if radius <= tolerated_m else _POOR
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{colour}" opacity="0.45">'
            f"<title>{radius:.2f} m</title></circle>"
        )
    _, lines = grid(judged.ground, seen.metres)
    for line in lines:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in line.tolist())
        parts.append(
            f'<polyline points="{places}" fill="none" stroke="{_LINE}" stroke-width="{0.15 * unit:.2f}" opacity="0.7"/>'
        )
    fitted = judged.ground.pixels(np.array([point.metres for point in judged.verdict.points]))
    for number, (point, (to_x, to_y)) in enumerate(zip(judged.verdict.points, fitted.tolist(), strict=True), start=1):
        x, y = point.pixel
        colour = _POOR if point.suspect else _POINT
        parts.append(
            f'<line x1="{x}" y1="{y}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{_POOR}" stroke-width="{0.3 * unit:.2f}"/>'
            f'<circle cx="{x}" cy="{y}" r="{0.7 * unit:.1f}" fill="none" stroke="{colour}" stroke-width="{0.3 * unit:.2f}"/>'
            f'<text x="{x + unit:.1f}" y="{y - unit:.1f}" fill="{colour}" stroke="#fff" stroke-width="{0.5 * unit:.2f}" '
            f'paint-order="stroke">{number}</text>'
        )
    if judged.verdict.next is not None:
        x, y = judged.verdict.next.pixel
        arm = 1.5 * unit
        parts.append(
            f'<path d="M{x - arm:.1f} {y:.1f}h{2 * arm:.1f}M{x:.1f} {y - arm:.1f}v{2 * arm:.1f}" stroke="{_NEXT}" '
            f'stroke-width="{0.5 * unit:.2f}"><title>another point would help most here</title></path>'
        )
    return "\n".join(parts)


def _legend(judged: Judged, subject: str, unit: float) -> str:
    verdict, height = judged.verdict, judged.calibration.size[1]
    step, _ = grid(judged.ground, judged.survey.metres)
    known = "nothing is known" if verdict.p90_m is None else f"90% of it known to {verdict.p90_m:.2f} m"
    words = (
        f"{subject}: {len(verdict.points)} points, {known} (tolerated {verdict.tolerated_m:g} m)",
        f"grid {step:g} m; green known well enough, red not, grey beyond; cross: another point would help most",
    )
    return "\n".join(
        f'<text x="{unit:.1f}" y="{height + (3 + 3 * row) * unit:.1f}" fill="{_POINT}">{escape(line)}</text>'
        for row, line in enumerate(words)
    )
