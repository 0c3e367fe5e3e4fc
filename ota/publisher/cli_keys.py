"""``lamplighter ota``: keys, roots, and the part of those who sign."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from ota.publisher.carried import Carried, pack, read_carried
from ota.publisher.console import (
    DEFAULT_PUBLIC,
    DEFAULT_WORKSHOP,
    AsJson,
    PasswordVariable,
    Signers,
    WorkshopFolder,
    app,
    asking,
    online_signers,
    publisher,
    say,
    say_pending,
    told,
    write,
)
from ota.publisher.disk import Disk
from ota.publisher.errors import ReleaseRefusedError
from ota.publisher.keys import make_key, read_public
from ota.publisher.material import read_material
from ota.publisher.publisher import Publisher, read_trusted
from ota.publisher.roles import DAYS, MOST_DAYS, OFFLINE, ROOT, SNAPSHOT, TARGETS, THRESHOLDS, TIMESTAMP
from ota.publisher.root import RoleKeys
from ota.publisher.settings import Settings
from ota.publisher.signatures import AnyDocument, owner
from ota.publisher.signing import Review, check_content, opened, review, with_signature
from ota.publisher.surroundings import utc_now
from protocol.release import MOST_TIMESTAMP_DAYS


class RoleName(str, enum.Enum):
    """The four roles."""

    ROOT = ROOT
    TARGETS = TARGETS
    SNAPSHOT = SNAPSHOT
    TIMESTAMP = TIMESTAMP


class OfflineRole(str, enum.Enum):
    """Roles that people sign for."""

    ROOT = ROOT
    TARGETS = TARGETS


PublicKeys = list[Path]
_HOLDS = "Days that a signature holds"
RootDays = Annotated[int, typer.Option(min=1, max=MOST_DAYS, help=f"{_HOLDS} that people give to roots")]
TargetsDays = Annotated[int, typer.Option(min=1, max=MOST_DAYS, help=f"{_HOLDS} that people give to releases")]
SnapshotDays = Annotated[int, typer.Option(min=1, max=MOST_DAYS, help=f"{_HOLDS} that this machine gives to snapshots")]
TimestampDays = Annotated[
    int, typer.Option(min=1, max=MOST_TIMESTAMP_DAYS, help=f"{_HOLDS} that this machine gives to timestamps")
]
OnlinePassword = Annotated[
    str, typer.Option("--online-password-env", help="Environment variable with the password of online keys")
]


@app.command()
def keygen(
    name: Annotated[str, typer.Argument(help="Whose key it is: 1-32 of a-z, 0-9 and -, starting with a letter")],
    *,
    folder: Annotated[Path, typer.Option(help="Folder of NAME.pem and NAME.pub")] = Path(),
    bare: Annotated[
        bool, typer.Option("--no-password", help="Leave the private half unencrypted: who has the file has the key")
    ] = False,
    password_env: PasswordVariable = "",
) -> None:
    """Make a pair of keys; the private half never leaves the machine and person that it is made for."""
    with told():
        secret = None if bare else asking(password_env, twice=True)(f"password for {name}'s key")
        key = make_key(folder, name, secret, Disk())
    say(f"private: {folder / name}.pem, keep it and a copy of it", f"public: {folder / name}.pub, id {key.keyid}")


@app.command()
def init(  # noqa: PLR0913 - options of the command
    *,
    root_key: Annotated[PublicKeys, typer.Option(help="Public key of somebody who signs roots; several")],
    targets_key: Annotated[PublicKeys, typer.Option(help="Public key of somebody who signs releases; several")],
    snapshot_key: Annotated[PublicKeys, typer.Option(help="Public key of this machine, for snapshots")],
    timestamp_key: Annotated[PublicKeys, typer.Option(help="Public key of this machine, for timestamps")],
    workshop: WorkshopFolder = DEFAULT_WORKSHOP,
    public: Annotated[Path, typer.Option(help="Folder that a web server serves")] = DEFAULT_PUBLIC,
    root_threshold: Annotated[int, typer.Option(min=1, help="How many sign a root")] = THRESHOLDS[ROOT],
    targets_threshold: Annotated[int, typer.Option(min=1, help="How many sign a release")] = THRESHOLDS[TARGETS],
    root_days: RootDays = DAYS[ROOT],
    targets_days: TargetsDays = DAYS[TARGETS],
    snapshot_days: SnapshotDays = DAYS[SNAPSHOT],
    timestamp_days: TimestampDays = DAYS[TIMESTAMP],
    signer: Signers = None,
    online_password_env: OnlinePassword = "",
) -> None:
    """Make a workshop; its first root and first targets wait to be signed."""
    paths = {ROOT: root_key, TARGETS: targets_key, SNAPSHOT: snapshot_key, TIMESTAMP: timestamp_key}
    thresholds = {**THRESHOLDS, ROOT: root_threshold, TARGETS: targets_threshold}
    days = {ROOT: root_days, TARGETS: targets_days, SNAPSHOT: snapshot_days, TIMESTAMP: timestamp_days}
    with told():
        roles = {role: RoleKeys(tuple(read_public(path) for path in files), thresholds[role]) for role, files in paths.items()}
        signers = online_signers(signer, snapshot_key + timestamp_key, online_password_env)
        made = Publisher.create(workshop, Settings(str(public.resolve()), days, signers), roles)
        say_pending(made, *OFFLINE)


@app.command()
def restore(
    *,
    root: Annotated[Path, typer.Option(help="Root 1, from where it is kept")],
    workshop: WorkshopFolder = DEFAULT_WORKSHOP,
    public: Annotated[Path, typer.Option(help="Folder that a web server serves")] = DEFAULT_PUBLIC,
    signer: Signers = None,
    online_password_env: OnlinePassword = "",
) -> None:
    """Make a lost workshop again from its public folder; what was pending is lost."""
    with told():
        settings = Settings(str(public.resolve()), signers=online_signers(signer, [], online_password_env))
        made = Publisher.restore(workshop, settings, read_trusted(root))
        say(*(f"{role.role} {role.version}" for role in made.status().roles))


@app.command()
def rotate(  # noqa: PLR0913 - options of the command
    role: Annotated[RoleName, typer.Argument(help="Whose keys change")],
    *,
    add: Annotated[PublicKeys | None, typer.Option(help="Public key that comes")] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Owner whose key goes")] = None,
    threshold: Annotated[int | None, typer.Option(min=1, help="How many have to sign")] = None,
    signer: Signers = None,
    online_password_env: OnlinePassword = "",
    workshop: WorkshopFolder = DEFAULT_WORKSHOP,
) -> None:
    """Change the keys of a role: the next root waits to be signed, by the keys of the old one and of the new one."""
    with publisher(workshop, asking()) as open_publisher:
        online = role.value not in OFFLINE
        signers = online_signers(signer, (add or []) if online else [], online_password_env)
        keys = [read_public(path) for path in add or ()]
        dropped, too = open_publisher.rotate(role.value, keys, remove or (), threshold, signers)
        if too:
            say("the releases that are out are not signed by enough of the new keys, so that they have to be signed too")
        say_pending(open_publisher, ROOT, *([TARGETS] if too else []), dropped=dropped)


@app.command()
def renew(
    role: Annotated[OfflineRole, typer.Argument(help="What runs out")], *, workshop: WorkshopFolder = DEFAULT_WORKSHOP
) -> None:
    """Have root or targets signed again as they are, before they expire."""
    with publisher(workshop, asking()) as open_publisher:
        dropped = open_publisher.renew(role.value)
        say_pending(open_publisher, role.value, dropped=dropped)


@app.command()
def discard(
    role: Annotated[OfflineRole, typer.Argument(help="What is given up")], *, workshop: WorkshopFolder = DEFAULT_WORKSHOP
) -> None:
    """Throw away a root or targets that wait to be signed."""
    with publisher(workshop, asking()) as open_publisher:
        open_publisher.discard(role.value)
        say(f"nothing of {role.value} is pending any more")


@app.command()
def sign(  # noqa: PLR0913 - options of the command
    what: Annotated[str, typer.Argument(help="A pending file that was carried here; or root or targets, in a workshop")],
    *,
    key: Annotated[
        str, typer.Option(envvar="LAMPLIGHTER_OTA_KEY", help="Private key: a file, envvar:NAME, or an address such as hsm:...")
    ],
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Whose key it is, where an address does not show it")] = "",
    root: Annotated[Path | None, typer.Option(help="A root that you trust; else compare the fingerprint that is shown")] = None,
    compare: Annotated[list[Path] | None, typer.Option(help="Your own copy of a bundle that is released")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without being asked")] = False,
    as_json: AsJson = False,
    password_env: PasswordVariable = "",
    workshop: WorkshopFolder = DEFAULT_WORKSHOP,
) -> None:
    """Look at what waits to be signed, and sign it."""
    ask = asking(password_env)
    with publisher(workshop, ask) as open_publisher:
        here = what in OFFLINE
        carried = open_publisher.carried(what) if here else read_carried(Path(what))
        seen = review(carried, read_trusted(root) if root else None)
        _show(seen, err=as_json)
        _compare(carried, compare or [], err=as_json)
    if not yes and not typer.confirm("sign this?", err=True):
        raise typer.Exit(1)
    with publisher(workshop, ask) as open_publisher:
        signer = opened(carried, key, ask, name)
        if here:
            _same(open_publisher.carried(what).pending, carried.pending)
            open_publisher.sign(what, signer)
            carried = open_publisher.carried(what)
        else:
            carried = with_signature(carried, signer, utc_now())
            Disk().save(Path(what), pack(carried))
    if as_json:
        write({"role": seen.role, "version": seen.version, "by": owner(signer.public_key), "signed": _signed(carried)})
    else:
        say(f"signed by {owner(signer.public_key)}: {what}", *(str(tally) for tally in carried.tallies()))


def _compare(carried: Carried, folders: list[Path], *, err: bool) -> None:
    for folder in folders:
        if carried.role != TARGETS:
            msg = "bundles are compared with releases, which targets name; leave --compare out"
            raise ReleaseRefusedError(msg)
        numbers = check_content(carried, read_material(folder))
        say(f"release {', '.join(map(str, numbers))} is the bundle in {folder}, byte for byte", err=err)


def _same(now: AnyDocument, shown: AnyDocument) -> None:
    if now.payload != shown.payload:
        msg = "what is pending changed while you looked at it; look again"
        raise ReleaseRefusedError(msg)


def _signed(carried: Carried) -> list[dict[str, object]]:
    return [{"root": t.root, "signed": t.signed, "missing": t.missing, "enough": t.reached} for t in carried.tallies()]


def _show(seen: Review, *, err: bool) -> None:
    say(f"{seen.role} {seen.version}, until {seen.expires:%Y-%m-%d %H:%M} UTC", *seen.changes, err=err)
    say(*(f"note: {note}" for note in seen.notes), *(f"signed so far: {tally}" for tally in seen.tallies), err=err)
