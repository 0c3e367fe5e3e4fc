"""``box.toml``: what a technician puts on the box. Who it is, where its manager is, and what it does until told otherwise.

Rules:

- An unknown key is an error, with the nearest known key as the remedy: a misspelt threshold must not be silently ignored.
- Who the box is must be right, or it cannot start. A fault in one source or microphone is reported and the rest goes on: a box
  on a lamppost that can be reached can be mended from the desk.
- Relative paths are relative to the file.
- The enrolment code and the broker's password never appear in a message.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from edge.errors import ConfigurationError
from edge.explain import explain
from edge.updates.settings import Settings
from models.bundle.bundle import zoo
from protocol.basis import Struct
from protocol.check import check_config
from protocol.config import Config, Microphone, Refusal, Report, Source
from protocol.enrolment import normalise_code
from protocol.errors import InvalidNameError
from protocol.identifiers import Name

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - exercised on boxes with Python 3.10
    import tomli as tomllib

MAX_BYTES = 1 << 20
MOST_SOURCES, MOST_MICROPHONES = 16, 4
"""As many as a configuration holds (:mod:`protocol.config`)."""

T = TypeVar("T", Source, Microphone)


class Box(Struct, frozen=True):
    """Who this box is."""

    fleet: Name
    device: Name
    state: Annotated[str, Meta(min_length=1, max_length=512, description="Folder for keys and the outbox")]
    models: Annotated[str, Meta(max_length=512, description="Folder of bundles; empty = those of the installation")] = ""
    outbox_mb: Annotated[int, Meta(ge=1, le=4096, description="Most disk that unsent events may take, MB")] = 64
    hot_c: (
        Annotated[float, Meta(ge=40, le=120, description="Too hot from here on, °C; null = 80 on a board, never on a PC")]
        | None
    ) = None
    low_mb: Annotated[float, Meta(ge=0, le=65536, description="Below which memory is short, MB; 0 = never")] = 64.0
    mb_per_month: Annotated[int, Meta(ge=0, le=1_000_000, description="Bytes that the SIM may carry, MB; 0 = any")] = 0
    month_begins: Annotated[int, Meta(ge=1, le=28, description="Day on which the SIM's month begins")] = 1
    status: Annotated[
        str, Meta(max_length=100, description="Unix socket for `lamplighter watch`; empty = status.sock in the state folder")
    ] = ""

    @property
    def bundles(self) -> Path:
        """Folder of bundles."""
        return Path(self.models) if self.models else zoo()


class Manager(Struct, frozen=True):
    """Where the manager is."""

    url: Annotated[str, Meta(pattern=r"^https?://", max_length=256, description="Address of the manager")] = ""
    code: Annotated[str, Meta(max_length=32, description="One-time enrolment code; used at first contact")] = ""
    ca: Annotated[str, Meta(max_length=512, description="File with the CA that signs the manager's certificate")] = ""


class Broker(Struct, frozen=True):
    """A broker other than the one that enrolment names."""

    host: Annotated[str, Meta(min_length=1, max_length=253)]
    port: Annotated[int, Meta(ge=1, le=65535)] = 8883
    tls: bool = True
    username: Annotated[str, Meta(max_length=64)] = ""
    password_file: Annotated[str, Meta(max_length=512, description="File with the password, one line")] = ""


class Gnss(Struct, frozen=True):
    """The satellite receiver of a box that moves."""

    port: Annotated[str, Meta(min_length=1, max_length=512, description="Its serial device, /dev/ttyACM0")]
    baud: Annotated[
        Literal[4800, 9600, 19200, 38400, 57600, 115200], Meta(description="Speed of a UART; USB does not care")
    ] = 9600


class BoxFile(Struct, frozen=True):
    """The whole file."""

    box: Box
    manager: Manager = Manager()
    broker: Broker | None = None
    report: Report = Report()
    updates: Settings = Settings()
    gnss: Gnss | None = None
    sources: Annotated[tuple[Source, ...], Meta(max_length=MOST_SOURCES)] = ()
    microphones: Annotated[tuple[Microphone, ...], Meta(max_length=MOST_MICROPHONES)] = ()

    @property
    def config(self) -> Config:
        """What the box does until the manager says otherwise."""
        return Config(sources=self.sources, report=self.report, microphones=self.microphones)


@dataclass(frozen=True)
class Reading:
    """A box's file as far as it can be used."""

    file: BoxFile
    refusals: tuple[Refusal, ...]
    """Faults in what the box should do; the sources and microphones concerned are left out of ``file``."""


def read_box_file(path: Path) -> Reading:
    """Read and check a box's file.

    Raises:
        ConfigurationError: when the file cannot be read or does not say who the box is; names the file, the key, the value
            and the remedy.
    """
    raw = _read_toml(path)
    sources, microphones = _list(raw, "sources", path), _list(raw, "microphones", path)
    try:
        head = msgspec.convert(raw, BoxFile)
    except msgspec.ValidationError as error:
        msg = f"{path}: {explain(error, raw, BoxFile)}"
        raise ConfigurationError(msg) from None
    refusals: list[Refusal] = []
    eyes = _usable(sources, Source, "sources", MOST_SOURCES, refusals)
    ears = _usable(microphones, Microphone, "microphones", MOST_MICROPHONES, refusals)
    places = {"sources": tuple(eyes), "microphones": tuple(ears)}
    for refusal in check_config(Config(sources=tuple(eyes.values()), microphones=tuple(ears.values()))):
        kind, at = re.match(r"(\w+)\[(\d+)\]", refusal.path).groups()  # type: ignore[union-attr]  # they are all there is
        usable: dict[int, Source] | dict[int, Microphone] = eyes if kind == "sources" else ears
        place = places[kind][int(at)]
        usable.pop(place, None)
        refusals.append(Refusal(refusal.path.replace(f"[{at}]", f"[{place}]", 1), refusal.message))
    try:
        head.updates.quiet()
    except ValueError as error:
        refusals.append(Refusal("updates.zone", str(error)))
        head = msgspec.structs.replace(head, updates=msgspec.structs.replace(head.updates, zone="UTC"))
    box_file = msgspec.structs.replace(head, sources=tuple(eyes.values()), microphones=tuple(ears.values()))
    return Reading(_resolved(box_file, path), tuple(refusals))


def _list(raw: dict[str, Any], name: str, path: Path) -> list[Any]:
    found = raw.pop(name, [])
    if not isinstance(found, list):
        msg = f"{path}: {name}: begin each {name.removesuffix('s')} with [[{name}]], two brackets"
        raise ConfigurationError(msg)
    return found


def _usable(items: list[Any], kind: type[T], name: str, most: int, refusals: list[Refusal]) -> dict[int, T]:
    """Those that can be read, by their place in the file."""
    usable: dict[int, T] = {}
    for i, item in enumerate(items):
        try:
            usable[i] = msgspec.convert(item, kind)
        except msgspec.ValidationError as error:
            refusals.append(Refusal(f"{name}[{i}]", explain(error, item, kind)[:400]))
            continue
        if len(usable) > most:
            del usable[i]
            refusals.append(Refusal(f"{name}[{i}]", f"a box has at most {most} {name}; give this one to another box"))
    return usable


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        text = path.read_text("utf-8") if size <= MAX_BYTES else ""
    except FileNotFoundError:
        msg = f"{path}: no such file; `lamplighter edge example` prints one to start from"
        raise ConfigurationError(msg) from None
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read: {error}"
        raise ConfigurationError(msg) from None
    if size > MAX_BYTES:
        msg = f"{path}: {size} bytes; a configuration is at most {MAX_BYTES}: is it the right file?"
        raise ConfigurationError(msg)
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: not valid TOML: {error}"
        raise ConfigurationError(msg) from None
    return found


def _resolved(box_file: BoxFile, path: Path) -> BoxFile:
    folder = path.resolve().parent

    def full(name: str) -> str:
        return str(folder / name) if name else ""

    manager = box_file.manager
    if manager.code:
        try:
            code = normalise_code(manager.code)
        except InvalidNameError:
            msg = f"{path}: manager.code is not of the form XXXX-XXXX-XXXX; read it again from the manager"
            raise ConfigurationError(msg) from None
        manager = msgspec.structs.replace(manager, code=code)
    broker = box_file.broker
    if broker is not None:
        broker = msgspec.structs.replace(broker, password_file=full(broker.password_file))
    box, updates = box_file.box, box_file.updates
    return BoxFile(
        box=msgspec.structs.replace(
            box,
            state=full(box.state),
            models=full(box.models),
            status=full(box.status) or str(folder / box.state / "status.sock"),
        ),
        manager=msgspec.structs.replace(manager, ca=full(manager.ca)),
        broker=broker,
        report=box_file.report,
        gnss=box_file.gnss,
        updates=msgspec.structs.replace(
            updates, root=full(updates.root), ca=full(updates.ca) or full(manager.ca), stick=full(updates.stick)
        ),
        sources=tuple(
            msgspec.structs.replace(s, uri=full(s.uri.removeprefix("file://"))) if s.kind == "file" else s
            for s in box_file.sources
        ),
        microphones=tuple(
            msgspec.structs.replace(m, uri=full(m.uri.removeprefix("file://"))) if m.kind == "file" else m
            for m in box_file.microphones
        ),
    )
