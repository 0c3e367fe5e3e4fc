"""``lamplighter edge``: the agent's commands."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from edge.boxfile import Reading, read_box_file
from edge.errors import EdgeError
from hardware.clock import KernelClock, read_kernel_clock
from models.bundle.bundle import BundleError
from protocol.errors import InvalidNameError
from protocol.identifiers import check_name

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Config = Annotated[Path, typer.Option("--config", help="The box's file")]

EXAMPLE = """# A box of Lamplighter. Every key is described in docs/technician.md; unknown keys are refused.
[box]
fleet = "city"
device = "square-north"
state = "state"                       # folder for keys and unsent events

[manager]
url = "http://127.0.0.1:8080"         # https:// for any other machine
code = ""                             # one-time code: lamplighter fleet code square-north

[updates]
root = ""                             # 1.root.json of the signed repository: this box takes updates of its models

[[sources]]
id = "square"
uri = "square.mp4"
repeat = true
fps = 7

[[sources.zones]]
id = "pavement"
label = "Pavement"
polygon = [[0.0, 0.3], [1.0, 0.3], [1.0, 1.0], [0.0, 1.0]]
alarm = { enter_at = 8, leave_at = 6, min_duration_s = 3 }

[[sources.lines]]
id = "crossing"
start = [0.5, 0.2]
end = [0.5, 1.0]

# [[sources]]                           # a network camera; its password: lamplighter edge credential gate-7
# id = "gate"
# kind = "rtsp"
# uri = "rtsp://10.0.0.4/stream1"
# credential = "gate-7"

# [[microphones]]                       # listens for shots; no sound is kept or sent
# id = "roof"
# uri = "hw:1,0"                        # of `arecord -l`; or a recording, without the next line
# kind = "alsa"
"""


@app.command()
def run(
    config: Config = Path("box.toml"),
    *,
    until_end: Annotated[bool, typer.Option(help="End when every recording has been played and all is acknowledged")] = False,
) -> None:
    """Run the agent. Ctrl-C or SIGTERM ends it in order."""
    run_agent(config, until_end=until_end)


def run_agent(config: Path, *, until_end: bool = False, kernel: Callable[[], KernelClock] = read_kernel_clock) -> None:
    """Run the agent in this process until it is told to end.

    Args:
        config: the box's file.
        until_end: also end when every recording has been played and all is acknowledged.
        kernel: what the kernel says of the box's clock.

    Raises:
        typer.Exit: it cannot run; why is on standard error.
    """
    from edge.process import prepare  # noqa: PLC0415 - the fork server imports while the rest does

    reading = _read(config)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    prepare()
    from setproctitle import setproctitle  # noqa: PLC0415

    from edge.agent.agent import Agent  # noqa: PLC0415
    from edge.clock import SystemClock  # noqa: PLC0415

    setproctitle(f"lamplighter: agent {reading.file.box.device}")
    for refusal in reading.refusals:
        typer.echo(f"{config}: {refusal.path}: {refusal.message}; it is left out, the rest goes on", err=True)
    try:
        agent = Agent(reading, SystemClock(), lambda line: typer.echo(line, err=True), kernel)
        signal.signal(signal.SIGTERM, lambda *_: agent.stop())
        signal.signal(signal.SIGINT, lambda *_: agent.stop())
        agent.run(until_end=until_end)
    except EdgeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def check(config: Config = Path("box.toml")) -> None:
    """Check a box's file and say every fault, without running anything."""
    from edge.identity.enrol import check_manager  # noqa: PLC0415 - needed here only

    reading = _read(config)
    faults = [f"{refusal.path}: {refusal.message}" for refusal in reading.refusals]
    if reading.file.manager.url:
        try:
            check_manager(reading.file.manager.url)
        except EdgeError as error:
            faults.append(str(error))
    for fault in faults:
        typer.echo(f"{config}: {fault}", err=True)
    if faults:
        raise typer.Exit(1)
    box = reading.file.box
    sources, microphones = len(reading.file.sources), len(reading.file.microphones)
    ears = f", {microphones} microphones" if microphones else ""
    typer.echo(f"{config}: {box.fleet}/{box.device}, {sources} sources{ears}, nothing to object to")


@app.command()
def aim(  # noqa: PLR0913 - one parameter for each option on the command line
    source: Annotated[str, typer.Argument(help="Which camera of the box's file")],
    config: Config = Path("box.toml"),
    *,
    minutes: Annotated[float, typer.Option(min=0.1, max=10, help="After which it closes in any case")] = 5.0,
    listen: Annotated[str, typer.Option(help="Address of this box on its network, to be seen from there")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 = any that is free")] = 8642,
    tolerated: Annotated[float, typer.Option(min=0.01, max=100, help="Radius on the ground that is good enough, metres")] = 0.5,
) -> None:
    """Show what a camera sees, to aim it and to calibrate its ground: on this box, to whoever has the code that is printed.

    The picture comes from the running agent, is kept nowhere, and closes with the browser. Opening and closing it are told to
    the manager, who cannot open it.
    """
    import threading  # noqa: PLC0415 - needed here only

    from edge.aim.session import Wanted, run_session  # noqa: PLC0415
    from edge.calibrate.camera import find  # noqa: PLC0415
    from edge.lists.vault import refuse_dumps  # noqa: PLC0415

    try:
        camera = find(config, source)
    except EdgeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        wanted = Wanted(camera, 60 * minutes, listen, port, tolerated)
        why = run_session(wanted, typer.echo, stop, refuse_dumps)
    except EdgeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"closed: {why}")


@app.command()
def healthy(
    config: Config = Path("box.toml"),
    *,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for a finding; 0 = what is known now")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object")] = False,
) -> None:
    """Say whether the box is well, by the measures of a model on probation; for who updates the system beneath it.

    Ends with 0: well. 1: not well, go back. 75: not known yet, ask again.
    """
    from edge.healthy import NOT_KNOWN, look  # noqa: PLC0415 - needed here only

    found = look(Path(_read(config).file.box.status), wait)
    if as_json:
        sys.stdout.write(found.json() + "\n")
    else:
        for line in found.lines():
            typer.echo(line)
    raise typer.Exit({"good": 0, "bad": 1}.get(found.decision, NOT_KNOWN))


@app.command()
def clock(
    config: Config = Path("box.toml"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object")] = False,
) -> None:
    """Put the system's clock forward to the latest time that this box's files prove, if it is behind.

    For a box without a battery clock, which begins in 1970, when no certificate is valid: run it as root before the agent.

    Ends with 0: the clock is not behind, or no longer. 1: it may not be set.
    """
    from edge.clockset import catch_up  # noqa: PLC0415 - needed here only

    found = catch_up(Path(_read(config).file.box.state))
    typer.echo(found.json() if as_json else found.line(), err=found.fault is not None and not as_json)
    raise typer.Exit(0 if found.fault is None else 1)


@app.command()
def credential(
    name: Annotated[str, typer.Argument(help="As sources[].credential has it", show_default=False)] = "",
    config: Config = Path("box.toml"),
    *,
    user: Annotated[str, typer.Option(help="User name; asked for where it is not given", show_default=False)] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Forget it")] = False,
) -> None:
    """Write the user name and password of a camera into the state folder, where only this box reads them.

    The password is asked for without an echo, or read from standard input where that is no terminal; a running agent tries the
    camera with it within a second. Without a NAME the names of those that are kept are printed.
    """
    from edge.credentials import (  # noqa: PLC0415
        FOLDER,
        Credential,
        CredentialError,
        forget_credential,
        kept_credentials,
        write_credential,
    )

    folder = Path(_read(config).file.box.state) / FOLDER
    try:
        if not name:
            for kept in kept_credentials(folder):
                typer.echo(kept)
            return
        check_name(name, "credential")
        if remove:
            forget_credential(folder / name)
            typer.echo(f"credential {name} is forgotten")
            return
        user = user or (typer.prompt("user name") if sys.stdin.isatty() else "")
        typed = (
            typer.prompt("password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else sys.stdin.readline()
        )
        if not typed:
            msg = "no password on standard input: give it as a line, or run this in a terminal, which asks for it"
            raise CredentialError(msg)
        write_credential(folder / name, Credential(user, typed.removesuffix("\n")))
    except (EdgeError, InvalidNameError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f'credential {name} is kept; a source uses it with credential = "{name}"')


@app.command()
def explain(
    config: Config = Path("box.toml"),
    *,
    measure: Annotated[
        bool, typer.Option(help="Measure every form first; the agent uses the times from its next start on")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each bundle")] = False,
) -> None:
    """Say which form of each model that looks runs on which accelerator of this box, and why no other does.

    What an update brought since is in ``lamplighter watch``; this asks the folder of bundles.

    Of two forms the one that this box's order of accelerators puts first is used, unless another was measured quicker; where
    plates are read, what finds vehicles, plates and characters runs on the first that can.
    """
    from edge.variants import explained  # noqa: PLC0415 - needed here only

    try:
        for line in explained(
            _read(config).file, measure=measure, as_json=as_json, say=lambda text: typer.echo(text, err=True)
        ):
            typer.echo(line)
    except (EdgeError, BundleError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def example() -> None:
    """Print a box's file to start from."""
    sys.stdout.write(EXAMPLE)


def _end(*_: object) -> None:
    """Until the agent is there: end as a program that has nothing more to do, so that no temporary folder is left."""
    raise SystemExit(0)


def _read(config: Path) -> Reading:
    try:
        return read_box_file(config)
    except EdgeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
