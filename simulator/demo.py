"""``lamplighter demo``: the whole city on this machine, on loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from fleet.broker.embedded import BrokerError
from fleet.lists.errors import HitListError
from fleet.manager import ManagerError
from protocol.errors import ProtocolError
from simulator.lists.wanted import LIST, PURPOSE
from simulator.loopback import HOST, NotReadyError
from simulator.scenario.model import Scenario
from simulator.scenario.read import ScenarioError, named_scenario, read_scenario, scenario_names
from simulator.show import Outcome, Show

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

PORT = 8080
_LINE_S = 1.0


@app.command()
def demo(  # noqa: PLR0913 - options
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Run without a browser, compare what was said with what was stored, and end")
    ] = False,
    seconds: Annotated[float, typer.Option(min=5, help="How long a check runs")] = 30.0,
    port: Annotated[int | None, typer.Option(help="Port of the control room; 8080, and any free one for a check")] = None,
    scenario: Annotated[str, typer.Option(help="Name of a scenario, or a file")] = "demo",
    scenarios: Annotated[bool, typer.Option("--scenarios", help="Name the scenarios that are here, and end")] = False,
    data: Annotated[Path | None, typer.Option(help="Folder to keep everything in; a temporary one by default")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say nothing but JSON")] = False,
) -> None:
    """Show a city: a manager, nine real agents on recordings, of which six listen, thirty virtual devices. Ctrl-C ends it.

    A check prints one JSON object on its last line and exits with 1 when anything failed or was lost.
    """
    if scenarios:
        typer.echo("\n".join(scenario_names()))
        return
    console = Console(stderr=True, quiet=as_json)
    kept = data is not None
    try:
        chosen = read_scenario(Path(scenario)) if Path(scenario).suffix == ".toml" else named_scenario(scenario)
        folder = _folder(data)
    except ScenarioError as error:
        _fail(str(error))
    try:
        outcome = asyncio.run(_run(chosen, folder, console, seconds if check else None, _port(port, check=check)))
    except (ManagerError, BrokerError, HitListError, ProtocolError, NotReadyError) as error:
        _fail(str(error))
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    if check:
        for problem in outcome.problems:
            console.print(problem, style="red", markup=False)
        sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
        raise typer.Exit(0 if outcome.ok else 1)


async def _run(scenario: Scenario, folder: Path, console: Console, seconds: float | None, port: int) -> Outcome:
    until = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, until.set)
    show = Show(scenario, folder, lambda text: console.print(text, markup=False), checked=seconds is not None)
    try:
        with console.status("starting the manager"):
            hall = await asyncio.to_thread(show.open, port, until.is_set)
        console.print(f"control room: [bold]{hall.url}[/]", highlight=False)
        for who in hall.people.all():
            console.print(f"  sign in as [bold]{who.name}[/] with password [bold]{who.password}[/]", highlight=False)
        console.print(f"rollouts: [bold]{hall.url}/rollouts[/]: a good release comes, then a bad one", highlight=False)
        for line in (*_of_plates(hall.url), show.of_shots()):
            console.print(line, highlight=False, soft_wrap=True)
        console.print("Ctrl-C ends everything." if seconds is None else f"checking for {seconds:g} s", highlight=False)
        with console.status("bringing up the boxes") as status:
            await _play(show, until, status.update, seconds)
        with console.status("ending"):
            outcome = await show.close(drain=seconds is not None)
    except BaseException:
        show.abort()
        raise
    if seconds is None:
        console.print("ended")
    return outcome


def _of_plates(url: str) -> list[str]:
    """What people are told of the hit list, and how to look at it as operator, drafter or approver."""
    given = [] if url == f"http://{HOST}:{PORT}" else [f"  export LAMPLIGHTER_URL={url}"]
    return [
        f"plates: drafter drafts list {LIST}, approver approves it; within a minute a hit",
        *given,
        "  lamplighter lists list",
        f'  lamplighter anpr hits --purpose {PURPOSE} --reason "the demo"',
    ]


async def _play(show: Show, until: asyncio.Event, tell: Callable[[str], None], seconds: float | None) -> None:
    playing = asyncio.create_task(show.play(until))
    loop = asyncio.get_running_loop()
    began: float | None = None
    stop = asyncio.create_task(until.wait())
    while not (playing.done() or stop.done()):
        await asyncio.wait({playing, stop}, timeout=_LINE_S)
        tell(show.line())
        if began is None and show.playing:
            began = loop.time()
        elapsed_s = 0.0 if began is None else loop.time() - began
        if seconds is not None and elapsed_s >= seconds and not show.waits(elapsed_s):
            await show.check()
            show.outcome.seconds = round(loop.time() - began, 1) if began is not None else 0.0
            until.set()
    stop.cancel()
    if not show.playing:  # Ctrl-C while the boxes are brought up
        playing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await playing


def _folder(data: Path | None) -> Path:
    if data is None:
        return Path(tempfile.mkdtemp(prefix="lamplighter-demo-"))
    if data.exists() and any(data.iterdir()):
        _fail(f"{data}: the folder is not empty; name another with --data, or leave --data out")
    data.mkdir(parents=True, exist_ok=True)
    return data.resolve()


def _port(port: int | None, *, check: bool) -> int:
    if port is not None:
        return port
    return 0 if check else PORT


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)
