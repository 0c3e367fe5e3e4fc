"""``lamplighter calibrate``: where the ground is that a camera sees, from points that were clicked and measured."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from edge.analytics.ground.advice import TOLERATED_M
from edge.calibrate.boxtoml import block
from edge.calibrate.camera import find
from edge.calibrate.clicks import Pair, calibration_of, parse_pair, parse_size, read_pairs, rectangle
from edge.calibrate.errors import CalibrateError
from edge.calibrate.plot import svg
from edge.calibrate.table import draw
from edge.calibrate.verdict import Judged, Verdict, judge
from edge.errors import EdgeError
from protocol.basis import Struct
from protocol.config import Calibration, Source

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

WANTS_MORE = 3
"""Exit status: it can be used, and is not as good as it should be."""


class Answer(Struct, frozen=True):
    """What ``--json`` prints."""

    source: str
    verdict: Verdict
    calibration: Calibration


@app.command()
def calibrate(  # noqa: PLR0913 - one parameter for each option on the command line
    source: Annotated[str, typer.Argument(help="Which camera of the box's file")],
    *,
    config: Annotated[Path, typer.Option(help="The box's file")] = Path("box.toml"),
    points: Annotated[Path | None, typer.Option(help="File of pairs, one a line: X,Y,EAST,NORTH in pixels and metres")] = None,
    point: Annotated[list[str] | None, typer.Option(help="A pair: X,Y=EAST,NORTH; again for each")] = None,
    corners: Annotated[str, typer.Option("--rectangle", help="Four corners in their order: 'X,Y X,Y X,Y X,Y'")] = "",
    sides: Annotated[str, typer.Option(help="Of the rectangle, metres: the first side and the next: 5.0,2.5")] = "",
    size: Annotated[str, typer.Option(help="Of the picture that was clicked on: 1920x1080; empty = as the recording is")] = "",
    sigma_px: Annotated[float, typer.Option(min=0.1, max=50, help="Deviation of a click, pixels")] = 3.0,
    tolerated: Annotated[float, typer.Option(min=0.01, max=100, help="Radius that is good enough, metres")] = TOLERATED_M,
    plot: Annotated[Path | None, typer.Option(help="Write a drawing here (SVG; no picture in it)")] = None,
    save: Annotated[bool, typer.Option("--write", help="Put it into the box's file")] = False,
    accept: Annotated[bool, typer.Option(help="Put it there even where it asks for more points")] = False,
    ask: Annotated[bool | None, typer.Option(help="Ask for more points while they are needed; else on a terminal only")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object")] = False,
) -> None:
    """Calibrate the ground of a camera, and show how well it is known. Without points: show the calibration that it has.

    Four points or more, near the corners of the part that matters, no three on a line; or a rectangle of known size, such as a
    parking bay. It says where another point would help most.

    Ends with 0: good. 1: it cannot be used, or not be written. 2: the box's file. 3: more points are needed.
    """
    try:
        camera = find(config, source)
    except EdgeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    try:
        pairs = _pairs(points, point or [], corners, sides)
        judged = _judge(camera.source, pairs, size, sigma_px, tolerated)
        asking = sys.stdin.isatty() and not as_json if ask is None else ask
        while asking and not judged.verdict.good and pairs:
            Console().print(draw(judged, f"{source}, {len(pairs)} points"))
            more = typer.prompt("Another point, X,Y=EAST,NORTH (empty = stop)", default="", show_default=False)
            if not more:
                break
            pairs, judged = _with(camera.source, pairs, more, judged, size, sigma_px, tolerated)
        _tell(judged, source, plot, as_json=as_json)
        if save and (judged.verdict.good or accept):
            typer.echo(camera.keep(judged.calibration), err=True)
        elif not as_json and pairs:
            _offer(judged, config, save=save)
    except CalibrateError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(0 if judged.verdict.good else WANTS_MORE)


def _pairs(points: Path | None, point: Sequence[str], corners: str, sides: str) -> list[Pair]:
    pairs = rectangle(corners, sides) if corners or sides else []
    pairs += read_pairs(points) if points is not None else []
    return pairs + [parse_pair(text) for text in point]


def _judge(camera: Source, pairs: Sequence[Pair], size: str, sigma_px: float, tolerated_m: float) -> Judged:
    if pairs:
        calibration = calibration_of(pairs, parse_size(size) if size else _size_of(camera), sigma_px)
    elif camera.calibration is not None:
        calibration = camera.calibration
    else:
        msg = (
            f"source {camera.id!r} is not calibrated yet; give four points or more with --point or --points, or a rectangle "
            f"with --rectangle and --sides"
        )
        raise CalibrateError(msg)
    return judge(calibration, [zone.polygon for zone in camera.zones], tolerated_m)


def _size_of(camera: Source) -> tuple[int, int]:
    """Of a recording's pictures, by opening it; a camera may be busy, or want its password."""
    if camera.kind != "file":
        msg = f"source {camera.id!r} is a camera: say how large the picture is that you clicked on: --size 1920x1080"
        raise CalibrateError(msg)
    from edge.capture.faults import CaptureError  # noqa: PLC0415 - the decoder takes a moment to load
    from edge.capture.file import FilePort  # noqa: PLC0415

    port = FilePort(camera.uri)
    try:
        size = port.open().size
    except CaptureError as error:
        msg = f"{error.fault.detail}; or say how large the picture is that you clicked on: --size 1920x1080"
        raise CalibrateError(msg) from None
    finally:
        port.close()
    return size.width, size.height


def _with(  # noqa: PLR0913 - all that it is judged by
    camera: Source, pairs: list[Pair], more: str, before: Judged, size: str, sigma_px: float, tolerated_m: float
) -> tuple[list[Pair], Judged]:
    """With one more point; one that cannot be used is told and left out."""
    try:
        grown = [*pairs, parse_pair(more)]
        return grown, _judge(camera, grown, size, sigma_px, tolerated_m)
    except CalibrateError as error:
        typer.echo(str(error), err=True)
        return pairs, before


def _tell(judged: Judged, source: str, plot: Path | None, *, as_json: bool) -> None:
    if plot is not None:
        try:
            plot.write_text(svg(judged, source), "utf-8")
        except OSError as error:
            msg = f"{plot}: cannot be written: {error.strerror}"
            raise CalibrateError(msg) from None
    if as_json:
        sys.stdout.write(msgspec.json.encode(Answer(source, judged.verdict, judged.calibration)).decode() + "\n")
    else:
        Console().print(draw(judged, f"{source}, {len(judged.verdict.points)} points"))


def _offer(judged: Judged, config: Path, *, save: bool) -> None:
    if save:
        typer.echo(f"{config}: not written; add points, or take it as it is with --accept", err=True)
    else:
        typer.echo(f"\nFor {config} (or give --write):\n\n{block(judged.calibration)}", nl=False)
