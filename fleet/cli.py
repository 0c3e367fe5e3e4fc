"""``lamplighter fleet``: the manager's commands."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from fleet.accounts.accounts import AccountError, Accounts, Role
from fleet.audit.log import verify
from fleet.broker.embedded import BrokerError
from fleet.columns import table
from fleet.identity.authority import Authority, KeysError
from fleet.identity.enrolment import BrokerAddress, Enrolment, EnrolmentError
from fleet.manager import BrokerKind, Manager, ManagerError, Profile, is_loopback, make_config
from fleet.services import Services
from fleet.store.database import StoreError, open_migrated, url_for
from protocol.errors import ProtocolError
from protocol.state import State

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Data = Annotated[Path, typer.Option(help="Folder for the store, keys and broker")]
FleetName = Annotated[str, typer.Option(help="Name of the fleet")]
StoreUrl = Annotated[
    str, typer.Option("--store", envvar="LAMPLIGHTER_STORE", help="SQLAlchemy address; SQLite in the data folder by default")
]
PasswordFile = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="File with the password; asked for when absent")
]


@app.command()
def serve(  # noqa: PLR0913 - options
    *,
    data: Data = Path("var/fleet"),
    fleet: FleetName = "city",
    host: Annotated[str, typer.Option(help="Address of the control room and the API")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the control room and the API")] = 8080,
    mqtt_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the broker")] = 8883,
    mqtt_host: Annotated[
        str, typer.Option(help="Address of the broker (mosquitto only; the embedded one is loopback)")
    ] = "127.0.0.1",
    advertise: Annotated[str, typer.Option(help="Name of this machine as boxes reach it")] = "127.0.0.1",
    broker: Annotated[
        BrokerKind, typer.Option(help="embedded: demonstrations and tests; mosquitto: in earnest")
    ] = BrokerKind.EMBEDDED,
    profile: Annotated[Profile, typer.Option(help="evaluation accepts track boxes")] = Profile.DEMO,
    plan: Annotated[Path | None, typer.Option(help="GeoJSON of the city for the map")] = None,
    store: StoreUrl = "",
    tls: Annotated[bool, typer.Option(help="Serve pages and API over HTTPS with the fleet's own authority")] = False,
    updates: Annotated[
        Path | None, typer.Option(help="Folder of the signed repository of models; updates in the data folder by default")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Purposes for which plates may be listed, TOML; the manager's own by default")
    ] = None,
    register: Annotated[
        Path | None, typer.Option(help="CSV of vehicles (plate,make,kind,colour,status), for hints beside hits")
    ] = None,
) -> None:
    """Start the manager: broker, ingest, API and control room. Ctrl-C ends it."""
    console = Console(stderr=True)
    config = make_config(
        data, fleet=fleet, host=host, port=port, mqtt_port=mqtt_port, mqtt_host=mqtt_host, profile=profile.value, plan=plan,
        store_url=store, advertise=advertise, tls=tls, updates=updates, policy=policy, register=register,
    )  # fmt: skip
    until = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: until.set())
    signal.signal(signal.SIGINT, lambda *_: until.set())
    try:
        with console.status("starting the manager"):
            manager = Manager(config, broker)
    except (ManagerError, BrokerError, ProtocolError) as error:
        _fail(str(error))
    for first in manager.first_accounts:
        console.print(f"account [bold]{first.name}[/] ({first.role.value}), password shown once: [bold]{first.password}[/]")
    console.print(f"control room at [bold]{config.url}[/], broker on port {mqtt_port} ({broker.value}); Ctrl-C ends it")
    if not tls and not is_loopback(host):
        console.print(f"[yellow]{host} can be reached from other machines, and passwords travel in clear: add --tls[/]")
    manager.serve(until, console.print)


@app.command()
def code(
    device: Annotated[str, typer.Argument(help="Name of the box: 1-32 of a-z, 0-9 and -, starting with a letter")],
    *,
    data: Data = Path("var/fleet"),
    fleet: FleetName = "city",
    store: StoreUrl = "",
    label: Annotated[str, typer.Option(help="What people call it; shown in the control room")] = "",
) -> None:
    """Make a one-time enrolment code for a box."""
    services = _services(data, fleet, store)
    try:
        typer.echo(services.enrolment.make_code(device, "console", label))
    except (EnrolmentError, ProtocolError) as error:
        _fail(str(error))


@app.command()
def account(
    name: Annotated[str, typer.Argument(help="Who signs in")],
    role: Annotated[Role, typer.Argument(help="What the account may do; only an operator judges alerts")],
    *,
    password_file: PasswordFile = None,
    data: Data = Path("var/fleet"),
    store: StoreUrl = "",
) -> None:
    """Add an account."""
    secret = _password(password_file)
    try:
        Accounts(_engine(data, store)).add(name, role, secret, "console")
    except AccountError as error:
        _fail(str(error))
    typer.echo(f"{name} may sign in as {role.value}")


@app.command()
def password(name: str, *, password_file: PasswordFile = None, data: Data = Path("var/fleet"), store: StoreUrl = "") -> None:
    """Give an account another password; its sessions end."""
    secret = _password(password_file)
    try:
        Accounts(_engine(data, store)).set_password(name, secret, "console")
    except AccountError as error:
        _fail(str(error))


@app.command("close-account")
def close_account(name: str, *, data: Data = Path("var/fleet"), store: StoreUrl = "") -> None:
    """End an account and its sessions; its name stays in what it decided."""
    try:
        Accounts(_engine(data, store)).close(name, "console")
    except AccountError as error:
        _fail(str(error))


@app.command()
def devices(
    *,
    data: Data = Path("var/fleet"),
    fleet: FleetName = "city",
    store: StoreUrl = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list")] = False,
) -> None:
    """List the boxes."""
    found = _services(data, fleet, store).devices()
    if as_json:
        rows = [{"name": d.name, "label": d.label, "registered_at": d.registered_at, "last_word": d.last_word} for d in found]
        sys.stdout.write(json.dumps(rows) + "\n")
        return
    shown = table("device", "label", "registered", "status", "last word")
    for d in found:
        state = msgspec.json.decode(d.state, type=State).status.value if d.state else "-"
        shown.add_row(d.name, escape(d.label), "yes" if d.registered_at else "no", state, _ago(d.last_word))
    Console().print(shown)


def _ago(moment: int | None) -> str:
    if moment is None:
        return "never"
    seconds = max(0.0, time.time() - moment / 1000)
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


@app.command("verify-audit")
def verify_audit(*, data: Data = Path("var/fleet"), store: StoreUrl = "") -> None:
    """Walk the audit log's chain from its beginning."""
    checked = verify(_engine(data, store))
    if checked.broken_at is not None:
        _fail(f"the audit log is broken at row {checked.broken_at}: it was changed outside the manager")
    typer.echo(f"the audit log is whole: {checked.rows} rows")


def _password(file: Path | None) -> str:
    if file is not None:
        return file.read_text("utf-8").strip()
    return str(typer.prompt("password", hide_input=True, confirmation_prompt=True))


def _engine(data: Path, store: str) -> Any:
    if not store and not data.exists():
        _fail(f"{data}: no manager has run here; name its folder with --data")
    try:
        return open_migrated(store or url_for(data.resolve()))
    except StoreError as error:
        return _fail(str(error))


def _services(data: Path, fleet: str, store: str) -> Services:
    engine = _engine(data, store)
    try:
        authority = Authority(data.resolve() / "keys", fleet)
    except KeysError as error:
        _fail(str(error))
    return Services(engine, Enrolment(engine, authority, fleet, BrokerAddress("127.0.0.1", 8883)), fleet)


def _fail(message: str) -> Any:
    typer.echo(message, err=True)
    raise typer.Exit(1)
