"""``lamplighter watch``: a live view of the box one stands beside, in 80 columns."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from edge.agent.status import BoxStatus, PlatesStatus, UpdateStatus, read_status
from edge.boxfile import read_box_file
from edge.errors import EdgeError
from protocol.state import MicrophoneTelemetry, SourceTelemetry, Status

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_COLOUR = {Status.ONLINE: "green", Status.DEGRADED: "yellow", Status.OFFLINE: "red"}
_GOOD_STATES = {"running", "ready", "ended"}
_NBSP = "\u00a0"
"""Between a reason and its number: a line never ends in between."""


@app.command()
def watch(
    config: Annotated[Path | None, typer.Option(help="The box's file; its state folder holds the socket")] = None,
    socket: Annotated[Path | None, typer.Option(help="The status socket itself")] = None,
    *,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between looks")] = 0.5,
    once: Annotated[bool, typer.Option(help="Look once and stop")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a look")] = False,
) -> None:
    """Show sources, frame rates, drops by reason, microphones, model, queue, link and clock of a running box."""
    path = _socket_path(config, socket)
    console = Console()
    if once or as_json:
        while True:
            try:
                status = read_status(path)
            except (OSError, msgspec.DecodeError) as error:
                typer.echo(_unreachable(path, error), err=True)
                raise typer.Exit(1) from None
            if as_json:
                sys.stdout.write(msgspec.json.encode(status).decode() + "\n")
                sys.stdout.flush()
            else:
                console.print(draw(status))
            if once:
                return
            time.sleep(every)
    with Live(console=console, auto_refresh=False, screen=True) as live:
        while True:
            try:
                view: RenderableType = draw(read_status(path))
            except (OSError, msgspec.DecodeError) as error:
                view = Text(_unreachable(path, error), style="red")
            live.update(view, refresh=True)
            try:
                time.sleep(every)
            except KeyboardInterrupt:
                return


def draw(status: BoxStatus) -> RenderableType:
    """Lay one status out for a terminal of 80x24."""
    telemetry = status.telemetry
    head = Text.assemble(
        (f" {status.status.value.upper()} ", f"bold reverse {_COLOUR[status.status]}"),
        (f" {status.fleet}/{status.device}", "bold"),
        f"  up {_duration(telemetry.uptime_s)}  boot {status.boot}  agent {status.agent}",
    )
    remarks = Table.grid(padding=(0, 1))
    for reason in status.reasons:
        words = ": ".join(filter(None, (" ".join(filter(None, (reason.code, reason.subject))), reason.detail)))
        remarks.add_row("  !", Text(words, style="yellow"))
    for refusal in status.refusals:
        remarks.add_row("  !", Text(f"refused {refusal.path}: {refusal.message}", style="red"))
    parts: list[RenderableType] = [head, *([remarks] if remarks.row_count else [])]
    sources = _table("source", "state", "fps", "pictures", "inferences", "latency", folds="source")
    drops = _table("drops", "by reason", folds="by reason")
    for name, source in telemetry.sources.items():
        sources.add_row(
            name,
            _state(source.state),
            f"{source.fps:.1f}",
            str(source.pictures),
            str(source.inferences),
            _ms(source.latency_ms),
        )
        drops.add_row(name, ", ".join(f"{reason}{_NBSP}{n}" for reason, n in sorted(source.drops.items())) or "none")
    accelerators = _table("accelerator", "state", "model", "inference", "restarts", "timeouts", folds="model")
    for name, acc in telemetry.accelerators.items():
        accelerators.add_row(
            name, _state(acc.state), acc.model or "-", _ms(acc.inference_ms), str(acc.restarts), str(acc.timeouts)
        )
    ears = _microphones(telemetry.microphones) if telemetry.microphones else ()
    parts += [Text(), sources, drops, Text(), accelerators, Text(), *ears, _facts(status)]
    return Group(*parts)


def _microphones(microphones: Mapping[str, MicrophoneTelemetry]) -> tuple[RenderableType, ...]:
    table = _table("microphone", "state", "level", "onsets/min", "samples", "overruns", folds="microphone")
    for name, ear in microphones.items():
        level = "-" if ear.level_db is None else f"{ear.level_db:.0f} dBFS"
        table.add_row(name, _state(ear.state), level, str(ear.onsets_a_minute), str(ear.samples), str(ear.overruns))
    return table, Text()


def _table(*headings: str, folds: str) -> Table:
    """Only one column gives way in a narrow terminal, and nothing is cut: an end may be all that tells two names apart."""
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=heading != folds, overflow="fold")
    return table


def _update(update: UpdateStatus) -> str:
    now = "nothing under way" if not update.bundle else f"{update.phase}: release {update.release} of {update.bundle}"
    runs = ", ".join(f"{bundle} {release}" for bundle, release in sorted(update.running.items()))
    failed = f"; failed here: {', '.join(update.quarantine)}" if update.quarantine else ""
    return f"{now}; releases: {runs or 'as installed'}{failed}"


def _lists(plates: PlatesStatus, now: dt.datetime) -> Text:
    text = Text()
    for at, held in enumerate(plates.lists):
        over = held.expires <= now
        until = f"{'expired' if over else 'until'} {held.expires:%Y-%m-%d %H:%M}"
        words = f"{held.name} {held.version}: {held.entries} entries, {until}"
        text.append(f"{chr(10) if at else ''}{words}", style="yellow" if over else "default")
    return text if plates.lists else Text("none")


def _widths(sources: Mapping[str, SourceTelemetry]) -> str:
    """How wide plates are: what a technician aims the camera by."""
    wide = [f"{name} {source.plate_px:.0f}{_NBSP}px wide" for name, source in sources.items() if source.plate_px is not None]
    return ", ".join(wide) or "none seen yet"


def _keys(plates: PlatesStatus) -> Text:
    text = Text(", ".join(plates.keys) or "none")
    if plates.missing:
        text.append(f"; missing: {', '.join(plates.missing)}", style="yellow")
    return text.append(f"; {plates.holder}", style="dim")


def _facts(status: BoxStatus) -> Table:
    telemetry = status.telemetry
    outbox, link, clock = telemetry.outbox, telemetry.link, telemetry.clock
    grid = Table.grid(padding=(0, 2))
    grid.add_row("model", ", ".join(f"{m.name} {m.version} ({m.operating_point})" for m in status.models) or "none")
    if status.updates is not None:
        grid.add_row("updates", _update(status.updates))
    if status.plates is not None:
        grid.add_row("plates", _widths(telemetry.sources))
        grid.add_row("lists", _lists(status.plates, telemetry.at))
        grid.add_row("keys", _keys(status.plates))
    grid.add_row(
        "queue",
        f"{outbox.pending} pending, oldest {_duration(outbox.oldest_s)}, {outbox.stored_bytes / 1e6:.1f} MB, "
        f"{outbox.evicted} evicted",
    )
    state = Text("connected, ", style="green") if link.connected else Text(f"not connected: {link.last_error}\n", style="red")
    times = "once" if link.connections == 1 else f"{link.connections} times"
    state.append(f"{times} so far, {link.bytes_out / 1e6:.2f} MB out, {link.bytes_in / 1e6:.2f} MB in", style="default")
    grid.add_row("link", state)
    if clock is None:
        grid.add_row("clock", Text("unknown", style="yellow"))
    else:
        sigma = "" if clock.sigma_ms is None else f" ± {clock.sigma_ms:.1f} ms"
        grid.add_row(
            "clock",
            Text(f"{clock.source.value}, offset {clock.offset_ms:+.1f}{sigma}", style="green")
            if clock.synchronised
            else Text(f"{clock.source.value}, not synchronised: events are marked", style="yellow"),
        )
    box = (
        (telemetry.memory_mb, "memory {:.0f} MB", 1),
        (telemetry.load, "load {:.2f}", 1),
        (telemetry.disk_free_mb, "disk {:.1f} GB free", 1024),
        (telemetry.temperature_c, "{:.0f} °C", 1),
    )
    known = [words.format(value / unit) for value, words, unit in box if value is not None]
    grid.add_row("box", ", ".join([*known, f"configuration {status.config_version}"]))
    return grid


def _socket_path(config: Path | None, socket: Path | None) -> Path:
    if socket is not None:
        return socket
    candidate = config or Path("box.toml")
    try:
        return Path(read_box_file(candidate).file.box.status)
    except EdgeError as error:
        typer.echo(f"{error}\nname the box with --config FILE or --socket PATH", err=True)
        raise typer.Exit(2) from None


def _unreachable(path: Path, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return f"{path}: only the account that the agent runs under may look ({error}); watch as that account, or with sudo"
    return f"no agent answers at {path} ({error}); is `lamplighter edge run` running with this configuration?"


def _state(text: str) -> Text:
    return Text(text, style="green" if text in _GOOD_STATES else "yellow")


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms"


def _duration(seconds: float) -> str:
    minutes, s = divmod(int(seconds), 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    if days:
        return f"{days}d{h:02}h"
    return f"{h}h{m:02}m" if h else f"{m}m{s:02}s" if m else f"{s}s"
