"""A repository that lies on several mirrors, none of which is believed for being one (row 6 of the faults)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient import FetcherInterface

from ota.deltafile import Content
from ota.device.catalogue import Catalogue
from ota.device.errors import ExpiredError, FetchError, SlowError, StatusError, TrustError
from ota.device.fetch import Fetch
from ota.device.mirror import Mirror, file_name
from ota.device.moment import Moment
from ota.device.objects import Objects
from ota.device.transport import Body, Pace, Transport, paced
from ota.device.trust import Signed, Trust
from protocol.release import MANIFEST_FILE, TargetName


class MetadataFetcher(FetcherInterface):
    """Fetches metadata for the library, which bounds their sizes itself.

    Args:
        transport: where bytes come from.
        pace: how slow it may be.
        monotonic: seconds.
    """

    def __init__(self, transport: Transport, pace: Pace, monotonic: Callable[[], float]) -> None:
        self._transport, self._pace, self._monotonic = transport, pace, monotonic
        self._open: Body | None = None

    def close(self) -> None:
        """Close what is still open: the library leaves a body that is too long where it stands."""
        body, self._open = self._open, None
        if body is not None:
            body.close()

    def _fetch(self, url: str) -> Iterator[bytes]:
        self.close()
        try:
            body = self._transport.open(url, self._pace.metadata_s)
        except FetchError as error:
            raise _translated(error) from error
        self._open = body
        if body.start:
            msg = f"{url} is sent from byte {body.start}"
            raise DownloadError(msg)

        def blocks() -> Iterator[bytes]:
            try:
                yield from paced(body.blocks, self._pace, self._monotonic)
            except FetchError as error:
                raise _translated(error) from error

        return blocks()


class Mirrors:
    """A :class:`ota.device.ports.Repository`.

    Args:
        mirrors: in the order in which they are tried; the one that served last is tried first.
        trust: what is believed.
        fetch: fetches files.
        fetcher: fetches metadata.
        time: what the box knows of the time, by the floor.
    """

    def __init__(
        self,
        mirrors: Sequence[Mirror],
        trust: Trust,
        fetch: Fetch,
        fetcher: MetadataFetcher,
        time: Callable[[], Moment],
    ) -> None:
        self._mirrors = list(mirrors)
        self._trust, self._fetch, self._fetcher, self._time = trust, fetch, fetcher, time
        self._prefixed = True

    def catalogue(self, bundle: str, release: int) -> Catalogue:
        """Refresh signed metadata, and prefer those that know the release: a mirror may lag behind, or hide what is new."""
        wanted = TargetName(bundle, release, MANIFEST_FILE).path if bundle else None
        time, faults = self._time(), list[FetchError | TrustError]()
        without: Signed | None = None
        for mirror in tuple(self._mirrors):
            try:
                found = self._trust.refresh(mirror.metadata, self._fetcher, time)
                self._prefixed = found.prefixed
                if wanted is None or found.find(wanted) is not None:
                    self._mirrors.remove(mirror)
                    self._mirrors.insert(0, mirror)
                    return found
            except (FetchError, TrustError) as error:
                faults.append(error)
            else:
                without = found
            finally:
                self._fetcher.close()
        if without is not None:
            return without
        raise _gravest(faults)

    def fetch(self, path: str, content: Content, objects: Objects, count: Callable[[int], None]) -> None:
        """Fetch a file of the repository into the objects."""
        self._fetch.get(file_name(path, content.sha256, prefixed=self._prefixed), content, self._mirrors, objects, count)


def _gravest(faults: Sequence[FetchError | TrustError]) -> FetchError | TrustError:
    """Of what several mirrors have said, what a person has to know first."""
    if not faults:
        return FetchError("there is no mirror; name one in the box's file")
    return next(
        (fault for kind in (ExpiredError, TrustError) for fault in faults if isinstance(fault, kind)),
        faults[-1],
    )


def _translated(error: FetchError) -> DownloadError:
    """As the library expects it."""
    match error:
        case StatusError():
            return DownloadHTTPError(str(error), error.status)
        case SlowError():
            return SlowRetrievalError(str(error))
    return DownloadError(str(error))
