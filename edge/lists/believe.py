"""What a box believes of a hit list's file. Pure.

Rules, in this order: it is a file of a list; the list authority has signed its header, under a certificate of this fleet's
authority for nothing else; it is this fleet's, the list and the version that were ordered; it has not expired; the body is the
one that was signed, and every part of it rises. Only then is it a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography import x509

from edge.lists.table import Table, rises
from ota.device.moment import Moment
from ota.device.signers import LISTS, Signer
from protocol.lists import ListError, ListFile, ListHeader, apply_change, read_whole, signed_bytes, write_file


class ExpiredError(ListError):
    """A list whose time is over."""


@dataclass(frozen=True)
class Believer:
    """Whom the box believes.

    Attributes:
        fleet: of the box.
        trusted: certificates of its authority.
        time: what it knows of the time.
    """

    fleet: str
    trusted: Sequence[x509.Certificate]
    time: Moment

    def header(self, file: ListFile, name: str) -> None:
        """Believe a header.

        Raises:
            ListError: it is not signed by whom it should be, or is another fleet's or list's.
        """
        signer = Signer(LISTS, f"list {name}", ListError)
        signer.check(signed_bytes(file.text), file.seal.signature, file.seal.certificate_pem, self.trusted, self.time)
        if (file.header.fleet, file.header.list) != (self.fleet, name):
            msg = f"list {file.header.list} of fleet {file.header.fleet} came for list {name} of {self.fleet}; it is not used"
            raise ListError(msg)

    def whole(self, file: ListFile, name: str) -> Mapping[str, bytes]:
        """Believe a whole list; returns its digests by mask.

        Raises:
            ExpiredError: its time is over.
            ListError: it is not to be believed.
        """
        self.header(file, name)
        check_time(file.header, self.time)
        parts = read_whole(file.header, file.body)
        for mask, data in parts.items():
            if not rises(data):
                msg = f"list {name} {file.header.version}: its entries {mask} are not in order; it has to be made anew"
                raise ListError(msg)
        return parts

    def changed(self, file: ListFile, name: str, base: ListHeader, before: Mapping[str, bytes]) -> bytes:
        """The whole file to which a change leads.

        Args:
            file: of the change.
            name: of the list.
            base: header of the version that is here.
            before: its digests by mask.

        Raises:
            ListError: it is not to be believed, or leads nowhere.
        """
        self.header(file, name)
        if file.header.version <= base.version:
            msg = f"list {name}: a change leads from version {base.version} back to {file.header.version}; it is not used"
            raise ListError(msg)
        if file.header.key != base.key:
            msg = f"list {name} {file.header.version}: a change cannot lead from key {base.key} to {file.header.key}"
            raise ListError(msg)
        body = apply_change(file.header, file.body, base.version, before)
        read_whole(file.header, body)
        return write_file(file.text, file.seal, body)


@dataclass(frozen=True)
class Used:
    """A list in use.

    Attributes:
        header: as signed.
        digest: SHA-256 of the whole file.
        table: its entries.
    """

    header: ListHeader
    digest: str
    table: Table


def check_time(header: ListHeader, time: Moment) -> None:
    """See that a list may still be used.

    Raises:
        ExpiredError: it may not.
    """
    if header.expires <= time.now:
        msg = f"list {header.list} {header.version} has expired ({header.expires:%Y-%m-%d %H:%M}); make a new version of it"
        raise ExpiredError(msg)
