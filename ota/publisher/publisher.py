"""The publisher: a workshop, a public folder, and everything that is done with them.

The command line, the manager and tests use this class; what it decides by is in the modules beside it.

Rules: whatever changes something holds the workshop's lock from its first look to its last write. A set of metadata is complete
and signed before anything is committed, committed before anything is published, and a publication that was interrupted is
finished before anything else is published.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from securesystemslib.signer import Signer, SSlibKey
from tuf.api.metadata import Root, Targets

from ota.publisher import adding, going, signing
from ota.publisher.adding import Added, Wishes
from ota.publisher.carried import Carried, read_carried
from ota.publisher.document import Document, new, read_root
from ota.publisher.errors import PendingError, WorkshopError
from ota.publisher.going import Published, Refreshed
from ota.publisher.public import PublicFolder
from ota.publisher.roles import OFFLINE, ROOT, TARGETS
from ota.publisher.root import RoleKeys, first_root, rotated
from ota.publisher.session import Session
from ota.publisher.settings import OnlineSigner, Settings
from ota.publisher.status import Status, status
from ota.publisher.surroundings import Surroundings
from ota.publisher.verification import Kind, Verified, verify
from ota.publisher.workshop import Workshop


class Publisher:
    """A workshop and its public folder."""

    def __init__(self, workshop: Path, surroundings: Surroundings | None = None) -> None:
        self._with = surroundings or Surroundings()
        self._workshop = Workshop(workshop, self._with.disk)

    @classmethod
    def create(
        cls, workshop: Path, settings: Settings, roles: Mapping[str, RoleKeys], surroundings: Surroundings | None = None
    ) -> Publisher:
        """Make a workshop, with the first root and the first, empty targets pending.

        Raises:
            WorkshopError: when there is one, or the public folder is not empty.
            KeyRefusedError: when the roles cannot have these keys.
            OSError: when it cannot be written.
        """
        made = cls(workshop, surroundings)
        now = made._with.clock()
        expiry = {role: (now + dt.timedelta(days=settings.days[role])).replace(microsecond=0) for role in OFFLINE}
        root = new(first_root(roles, expiry[ROOT]))
        targets = new(Targets(1, expires=expiry[TARGETS]))
        made._begin(settings)
        with made._workshop.locked():
            made._workshop.save_pending(root, targets, None)
            made._workshop.save_settings(settings)
        return made

    @classmethod
    def restore(
        cls, workshop: Path, settings: Settings, trusted: Document[Root], surroundings: Surroundings | None = None
    ) -> Publisher:
        """Make a workshop again from a public folder, after the first one was lost.

        Args:
            workshop: folder of the new one.
            settings: as those of the lost one.
            trusted: root 1, from where it is kept.
            surroundings: as for a publisher.

        Raises:
            WorkshopError: when there is a workshop, or what is published does not follow from that root.
            OSError: when it cannot be written.
        """
        made = cls(workshop, surroundings)
        found = verify(PublicFolder(made._workshop.public(settings)), trusted, made._with.clock())
        faults = [finding for finding in found.findings if finding.kind is Kind.FAULT]
        if found.live is None or faults or trusted.version != 1:
            why = "; ".join(f"{finding.path} {finding.fault}" for finding in faults[:3]) or "it begins with another root than 1"
            msg = f"{settings.public}: does not follow from that root: {why}; take root 1, and restore the folder from a backup"
            raise WorkshopError(msg)
        made._begin(settings, empty=False)
        with made._workshop.locked():
            made._workshop.commit(found.live, timestamp_first=False)
            made._workshop.save_settings(settings)
        return made

    def add(self, folder: Path, wishes: Wishes | None = None) -> Added:
        """Make a bundle a release; see :func:`ota.publisher.adding.add`."""
        with self._session() as session:
            return adding.add(session, folder, wishes or Wishes())

    def again(self, bundle: str, release: int, wishes: Wishes | None = None) -> Added:
        """Release the content of a release again; see :func:`ota.publisher.adding.again`."""
        with self._session() as session:
            return adding.again(session, bundle, release, wishes or Wishes())

    def remove(self, bundle: str, release: int) -> bool:
        """Take a release out; returns whether signatures were lost by it. See :func:`ota.publisher.adding.remove`."""
        with self._session() as session:
            return adding.remove(session, bundle, release)[1]

    def renew(self, role: str) -> bool:
        """Have root or targets signed again as they are, for longer; returns whether signatures were lost by it."""
        with self._session() as session:
            if role == TARGETS:
                return adding.renew(session)
            dropped = session.change_root(copy.deepcopy)
            session.save()
            return dropped

    def rotate(
        self,
        role: str,
        add: Sequence[SSlibKey] = (),
        remove: Sequence[str] = (),
        threshold: int | None = None,
        signers: Mapping[str, OnlineSigner] | None = None,
    ) -> tuple[bool, bool]:
        """Change the keys of a role: a root becomes pending, and targets with it when theirs must be signed by the new ones.

        Args:
            role: one of the four.
            add: keys that come.
            remove: owners whose keys go.
            threshold: how many have to sign; as before when nothing is said.
            signers: what signs for new online keys.

        Returns:
            Whether signatures were lost by it, and whether targets have to be signed too.

        Raises:
            KeyRefusedError: when the role cannot have these keys.
        """
        with self._session() as session:
            dropped = session.change_root(lambda root: rotated(root, role, add, remove, threshold))
            if signers:
                self._workshop.save_settings(
                    msgspec.structs.replace(session.settings, signers={**session.settings.signers, **signers})
                )
            too = session.targets_need_signing()
            if too and session.targets is None:
                session.change_targets(lambda _: None)
            session.save()
            return dropped, too

    def discard(self, role: str) -> None:
        """Throw away what is pending of root or targets; see :meth:`ota.publisher.session.Session.discard`."""
        with self._session() as session:
            session.discard(role)
            session.save()

    def carried(self, role: str) -> Carried:
        """What is pending of root or targets, as it is carried to those who sign.

        Raises:
            PendingError: when nothing is.
        """
        return self._workshop.carried(role)

    def pending_path(self, role: str) -> Path:
        """The file that is carried."""
        return self._workshop.pending_path(role)

    def sign(self, role: str, signer: Signer) -> None:
        """Sign what is pending here, without carrying it; see :func:`ota.publisher.signing.with_signature`."""
        with self._session() as session:
            made = signing.with_signature(self._workshop.carried(role), signer, session.now)
            going.take_over(session, [made])

    def publish(self, carried: Sequence[Path] = ()) -> Published:
        """Take over signatures from files that came back, and publish; see :func:`ota.publisher.going.publish`."""
        files = [read_carried(path) for path in carried]
        with self._session() as session:
            return going.publish(session, files)

    def refresh(self, *, force: bool = False) -> Refreshed:
        """Sign snapshot and timestamp anew where they run out; see :func:`ota.publisher.going.refresh`."""
        with self._session() as session:
            return going.refresh(session, force=force)

    def status(self) -> Status:
        """How things stand."""
        with self._session() as session:
            return status(session)

    def verify(self, trusted: Document[Root] | None = None) -> Verified:
        """Look through the public folder.

        Args:
            trusted: root to begin from; the first one of the workshop by default.

        Raises:
            PendingError: when nothing was published yet.
        """
        live = self._workshop.live()
        if live is None:
            msg = (
                "nothing was published yet, so that there is nothing to verify; `lamplighter ota status` shows what is pending"
            )
            raise PendingError(msg)
        public = PublicFolder(self._workshop.public(self._workshop.settings()))
        return verify(public, trusted or live.roots[0], self._with.clock())

    def trusted_root(self) -> bytes:
        """Root 1 as it was published: what boxes are given when they are made.

        Raises:
            PendingError: when nothing was published yet.
        """
        live = self._workshop.live()
        if live is None:
            msg = "there is no root yet that boxes may trust: have it signed, then `lamplighter ota publish`"
            raise PendingError(msg)
        return live.roots[0].data

    def _begin(self, settings: Settings, *, empty: bool = True) -> None:
        for name in ("workshop.json", "state.json"):
            if (self._workshop.folder / name).exists():
                msg = f"{self._workshop.folder}: is a workshop already; name another folder with --workshop"
                raise WorkshopError(msg)
        public = self._workshop.public(settings)
        if empty and public.is_dir() and any(public.iterdir()):
            msg = f"{public}: is not empty; name a new folder with --public, or `lamplighter ota restore` from what is in it"
            raise WorkshopError(msg)
        self._with.disk.make_folder(self._workshop.folder, 0o700)
        self._with.disk.make_folder(public)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        given = self._with
        with self._workshop.locked():
            yield Session(self._workshop, given.disk, given.clock(), given.ask, given.environment, given.told)


def read_trusted(path: Path) -> Document[Root]:
    """Read a root that somebody trusts.

    Raises:
        WorkshopError: when there is no such file.
        MetadataError: when it is no root.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); name the file of a root that you trust"
        raise WorkshopError(msg) from error
    return read_root(data, str(path))
