"""Going live: publishing what is signed, signing anew what runs out, finishing what was interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from securesystemslib.signer import Key, Signer
from tuf.api.metadata import Root, Targets

from ota.publisher.carried import Carried
from ota.publisher.document import Document, read_root, read_targets
from ota.publisher.errors import ExpiredError, PendingError, SignatureError
from ota.publisher.live import Online, Step, first, following, refreshed
from ota.publisher.output import Written, bring_out, check_ours
from ota.publisher.roles import KEPT_VERSIONS, ONLINE, ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from ota.publisher.session import Session
from ota.publisher.signatures import has_signed, keys_of, owner, tally
from ota.publisher.signers import open_signer

_D = TypeVar("_D", Document[Root], Document[Targets])


@dataclass(frozen=True)
class Published:
    """What a publication did."""

    root: int | None
    """Version of the root that went live; nothing where it stayed."""
    targets: int | None
    waiting: tuple[str, ...]
    """What is still pending, and who has to sign it."""
    seamless: bool
    """Whether every reader was served at every moment."""
    written: tuple[str, ...]
    """Files of the public folder."""
    lost: tuple[str, ...]
    """Files of releases that are out and cannot be found any more, and what to do."""
    expired: tuple[str, ...]
    """What makes boxes refuse all the same, and what to do."""


@dataclass(frozen=True)
class Refreshed:
    """What a refreshment did."""

    roles: tuple[str, ...]
    """That were signed anew."""
    written: tuple[str, ...]
    """Files of the public folder, also those that were missing or damaged."""
    lost: tuple[str, ...]
    """Files of releases that are out and cannot be found any more, and what to do."""
    expired: tuple[str, ...]
    """What makes boxes refuse all the same, and what to do."""


def publish(session: Session, carried: Sequence[Carried] = ()) -> Published:
    """Take over signatures, and publish what enough people have signed.

    Args:
        session: the workshop.
        carried: pending files that came back.

    Raises:
        PendingError: when nothing is pending, or a file is of something else.
        SignatureError: when nothing that is pending is signed by enough people.
        ExpiredError: when it has expired.
        KeyRefusedError: when an online key cannot be opened.
        WorkshopError: when somebody else publishes here, or a file of a new release is lost.
    """
    take_over(session, carried)
    if session.root is None and session.targets is None:
        done = settle(session, None)
        if done.paths:
            return Published(None, None, (), seamless=True, written=done.paths, lost=done.lost, expired=expired(session))
        msg = "nothing is pending; `lamplighter ota add` makes a release, `status` shows what is out"
        raise PendingError(msg)
    root, targets = _ready(session)
    for document in (root, targets):
        if document is not None:
            document.check_fresh(session.now, f"make it anew (`lamplighter ota renew {document.role}`) and have it signed")
    session.check_content(targets)
    step = _step(session, root, targets)
    done = settle(session, root.signed if root else None) + _go(session, step)
    session.root = None if root else session.root
    session.targets = None if targets else session.targets
    session.save()
    versions = (root.version if root else None, targets.version if targets else None)
    return Published(*versions, waiting(session), step.seamless, done.paths, done.lost, expired(session))


def refresh(session: Session, *, force: bool = False) -> Refreshed:
    """Sign snapshot and timestamp anew where they run out, and repair the public folder.

    Args:
        session: the workshop.
        force: sign both anew, however fresh they are.

    Raises:
        PendingError: when nothing was published yet.
        KeyRefusedError: when an online key cannot be opened.
        WorkshopError: when somebody else publishes here.
    """
    done = settle(session, None)
    if session.live is None:
        msg = "nothing was published yet; have root and targets signed, then `lamplighter ota publish`"
        raise PendingError(msg)
    was, live = session.live, refreshed(session.live, _online(session), force=force)
    roles = tuple(role for role in ONLINE if live.document(role).version != was.document(role).version)
    if roles:
        done += _go(session, Step(live, timestamp_first=False, seamless=True))
    return Refreshed(roles, done.paths, done.lost, expired(session))


def settle(session: Session, ahead: Root | None) -> Written:
    """Make the public folder agree with what was committed to.

    Args:
        session: the workshop.
        ahead: the root that will be in force, when another one will.

    Raises:
        WorkshopError: when somebody else publishes here.
    """
    state = session.workshop.state()
    if session.live is None or state is None:
        return Written()
    check_ours(session.public, session.live, ahead or session.live.root.signed, set(_timestamps(session).values()))
    return bring_out(session.live, session.public, session.content, session.disk, timestamp_first=state.timestamp_first)


def waiting(session: Session) -> tuple[str, ...]:
    """What is pending, and who has to sign it."""
    found = []
    for role, document in ((ROOT, session.root), (TARGETS, session.targets)):
        if document is not None:
            tallies = "; ".join(str(each) for each in session.workshop.carried(role).tallies())
            found.append(f"{role} {document.version}: {tallies}")
    return tuple(found)


def expired(session: Session) -> tuple[str, ...]:
    """What of root and targets in force no box takes any more."""
    found = []
    for document in (session.live.root, session.live.targets) if session.live else ():
        try:
            document.check_fresh(session.now, f"`lamplighter ota renew {document.role}`, and have it signed")
        except ExpiredError as error:
            found.append(str(error))
    return tuple(found)


def signer_variable(name: str) -> str:
    """Name the environment variable that may say what signs for an online key here, whatever the settings say."""
    return f"LAMPLIGHTER_OTA_SIGNER_{name.upper().replace('-', '_')}"


def take_over(session: Session, carried: Sequence[Carried]) -> None:
    """Take over the signatures of files that came back. All or none are taken.

    Raises:
        PendingError: when a file is of something that is not pending here.
        SignatureError: when it brings no signature that counts.
    """
    for file in carried:
        if file.role == ROOT:
            session.root = _joined(session, session.root, file, read_root(file.pending.data, ROOT))
        else:
            session.targets = _joined(session, session.targets, file, read_targets(file.pending.data, TARGETS))
    if carried:
        session.save()


def _joined(session: Session, pending: _D | None, file: Carried, copy: _D) -> _D:
    role, version = file.role, file.pending.version
    if pending is None:
        msg = f"{role} {version} came back, and nothing of {role} is pending here: it was published or discarded; see `status`"
        raise PendingError(msg)
    may = [key for root in session.workshop.carried(role).judges for key in keys_of(root, role)]
    counting = {key.keyid for key in may if has_signed(key, copy)}
    joined = pending.joined(copy, counting)
    if not counting:
        owners = ", ".join(sorted({owner(key) for key in may}))
        msg = f"{role} {version} came back without a signature that counts; it takes one of {owners}: `lamplighter ota sign`"
        raise SignatureError(msg)
    return joined


def _ready(session: Session) -> tuple[Document[Root] | None, Document[Targets] | None]:
    """What of the pending documents enough people have signed, so that it can stand together."""
    live, root, targets = session.live, session.root, session.targets
    why = ""
    if root is not None and all(tally(judge, root).reached for judge in session.workshop.carried(ROOT).judges):
        mine = targets if targets is not None and tally(root.signed, targets).reached else None
        if mine is not None or (live is not None and tally(root.signed, live.targets).reached):
            return root, mine
        if live is not None:
            why = f"; root {root.version} has other keys of targets, whose owners have to sign: `lamplighter ota renew targets`"
    if live is not None and targets is not None and tally(live.root.signed, targets).reached:
        return None, targets
    msg = f"nothing that is pending is signed by enough people: {'; '.join(waiting(session))}{why}"
    raise SignatureError(msg)


def _step(session: Session, root: Document[Root] | None, targets: Document[Targets] | None) -> Step:
    online = _online(session)
    if session.live is not None:
        return following(session.live, root, targets, online)
    assert root is not None and targets is not None, "nothing stands alone the first time"  # noqa: PT018
    return Step(first(root, targets, online), timestamp_first=False, seamless=True)


def _go(session: Session, step: Step) -> Written:
    session.workshop.commit(step.live, timestamp_first=step.timestamp_first)
    session.live = step.live
    written = bring_out(step.live, session.public, session.content, session.disk, timestamp_first=step.timestamp_first)
    for role in (TARGETS, SNAPSHOT, TIMESTAMP):
        last = step.live.document(role).version
        for version in session.workshop.earlier(role):
            if not last - KEPT_VERSIONS < version <= last:
                session.workshop.forget(role, version)
    return written


def _timestamps(session: Session) -> dict[int, bytes]:
    return session.workshop.earlier(TIMESTAMP)


def _online(session: Session) -> Online:
    def open_key(key: Key) -> Signer | None:
        name = owner(key)
        known = session.settings.signers.get(name)
        address = session.environment.get(signer_variable(name)) or (known.address if known else "")
        if not address:
            return None
        secret = session.environment.get(known.password) if known and known.password else None
        ask = session.ask if secret is None else lambda _: secret
        return open_signer(address, [key], ask, name, session.environment)

    return Online(open_key, session.settings.days, session.now)
