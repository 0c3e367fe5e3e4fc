"""Where releases and belief come from: signed metadata, mirrors, a stick, and the fleet's authority for orders.

Rules:

- What a mirror needs (TUF's library, HTTP) is imported at the first use, by the thread of the updates: a box that begins must
  not wait for it.
- A stick takes nothing of the line: bandwidth, quiet hours and the SIM's bytes do not hold it up.
- Where the clock was not set by anything, the time is the latest that signed metadata prove (:mod:`ota.device.moment`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.timefloor import BUILT
from ota.device.disk import RealDisk
from ota.device.errors import FetchError, PausedError, UpdateError
from ota.device.limits import Bucket, QuietHours
from ota.device.moment import Moment, moment
from protocol.orders import Orders, OrdersError, SignedOrders

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from ota.device.fetch import Fetch
    from ota.device.mirrors import Mirrors
    from ota.device.transport import Pace, Transport
    from ota.device.trust import Trust

_ROOT_BYTES = 1 << 20
_SCRATCH = "scratch"


@dataclass(frozen=True)
class Ways:
    """Where to look.

    Attributes:
        root: file with the root metadata that this box was made with.
        mirrors: addresses of the repository.
        ca: file with the authority of the mirrors' certificates; ``None`` = the system's.
        authority: file with the authority of the fleet, once enrolled.
        bytes_s: most that fetching takes of the line; 0 = no cap.
        quiet: hours in which nothing is fetched.
        folder: for what is believed; this package's own.
        agent: as which it asks.
        wall: the time, if something has set the clock.
        spend: told of bytes that came over the line.
        wait_s: seconds until fetching is allowed, as far as the SIM's bytes go.
    """

    root: Path
    mirrors: Sequence[str]
    ca: Path | None
    authority: Path
    bytes_s: int
    quiet: QuietHours
    folder: Path
    agent: str
    wall: Callable[[], dt.datetime | None]
    spend: Callable[[int], None]
    wait_s: Callable[[], float]


class Sources:
    """Opens them as they are needed. For the thread of the updates, but for :meth:`stop`.

    Args:
        ways: where to look.
    """

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._ending = threading.Event()
        self._kept: _Kept | None = None
        self._repositories: dict[str, Mirrors] = {}
        self._authorities: tuple[bytes, tuple[Certificate, ...]] | None = None

    def stop(self) -> None:
        """Fetch nothing more; any thread."""
        self._ending.set()

    def repository(self, source: str) -> Mirrors:
        """The mirrors for an empty source, else the folder of a stick.

        Raises:
            FetchError: what it needs to begin with is not there.
        """
        from ota.device.mirror import Mirror  # noqa: PLC0415 - see the rules above
        from ota.device.mirrors import MetadataFetcher, Mirrors  # noqa: PLC0415 - likewise

        if source not in self._repositories:
            kept = self._open()
            addresses = [Path(source).as_uri()] if source else self._ways.mirrors
            self._repositories[source] = Mirrors(
                [Mirror.under(address) for address in addresses],
                kept.trust,
                kept.stick if source else kept.web,
                MetadataFetcher(kept.transport, kept.pace, time.monotonic),
                self._moment,
            )
        return self._repositories[source]

    def verify(self, signed: SignedOrders, fleet: str, device: str) -> Orders:
        """Believe orders, or not.

        Raises:
            OrdersError: they are not believed.
        """
        from ota.device.orders import verify  # noqa: PLC0415 - see the rules above
        from ota.device.signers import authorities  # noqa: PLC0415 - likewise

        try:
            pem = self._ways.authority.read_bytes()
        except OSError as error:
            msg = f"{self._ways.authority}: the fleet's authority cannot be read ({error.strerror}); enrol this box"
            raise OrdersError(msg) from error
        with contextlib.suppress(UpdateError, OSError):  # without what signed metadata prove, the build's time has to do
            self._open()
        if self._authorities is None or self._authorities[0] != pem:
            self._authorities = pem, authorities(pem, OrdersError)
        return verify(signed, self._authorities[1], fleet, device, self._moment())

    def _moment(self) -> Moment:
        return moment(self._ways.wall(), BUILT if self._kept is None else self._kept.trust.floor)

    def _open(self) -> _Kept:
        if self._kept is None:
            self._kept = _Kept(self._ways, self._quiet, lambda: not self._ending.is_set())
        return self._kept

    def _quiet(self) -> float:
        return max(self._ways.quiet.wait_s(self._ways.wall()), self._ways.wait_s())


class _Kept:
    """What belongs together, made at the first use."""

    def __init__(self, ways: Ways, quiet: Callable[[], float], go_on: Callable[[], bool]) -> None:
        from ota.device.fetch import Fetch  # noqa: PLC0415 - see the rules above
        from ota.device.http import HttpTransport  # noqa: PLC0415 - likewise
        from ota.device.local import FolderTransport, Transports  # noqa: PLC0415 - likewise
        from ota.device.metered import Metered  # noqa: PLC0415 - likewise
        from ota.device.transport import Pace  # noqa: PLC0415 - likewise
        from ota.device.trust import Trust  # noqa: PLC0415 - likewise

        if not go_on():
            msg = "the agent ends"
            raise PausedError(msg, 1.0)
        try:
            with ways.root.open("rb") as file:
                root = file.read(_ROOT_BYTES)
            tls = None if ways.ca is None else ssl.create_default_context(cafile=str(ways.ca))
        except OSError as error:  # also what is not a certificate
            msg = f"mend updates.root or updates.ca: {error.strerror}: {error.filename or ways.ca}"
            raise FetchError(msg) from error
        web = Metered(HttpTransport(ways.agent, tls), ways.spend)
        self.pace: Pace = Pace()
        self.transport: Transport = Transports({"http": web, "https": web, "file": FolderTransport()})
        self.trust: Trust = Trust(RealDisk(ways.folder), root, BUILT, ways.folder / _SCRATCH)

        def fetch(bytes_s: float | None, quiet: Callable[[], float]) -> Fetch:
            bucket = Bucket(bytes_s, time.monotonic, time.sleep)
            return Fetch(self.transport, self.pace, bucket, quiet, go_on, time.monotonic)

        self.web = fetch(ways.bytes_s or None, quiet)
        self.stick = fetch(None, lambda: 0.0)
