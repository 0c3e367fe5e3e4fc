"""Fetching a file from whichever mirror gives it, however often it has to go on where it broke off.

Rules:

- The signed length is the cap: not a byte more is written, whatever a server says of length or range (rows 2 and 19 of the
  faults).
- Only the hash decides. A server that sends 200 for 206, another file under the same validator, or less than it said costs
  bytes and time, and nothing else.
- What has come is kept: over broken connections, pauses and power cuts, as far as it was synced.
- One mirror is as good as another. Where one fails, or is too slow, the next goes on from the same byte; the validator is sent
  along only to the one it came from. What several have given and is wrong is fetched anew from one, so that a mirror that
  spoils beginnings cannot spoil everything.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence

from ota.deltafile import Content
from ota.device.errors import FetchError, LyingError, PausedError, SlowError, StatusError
from ota.device.limits import Bucket
from ota.device.mirror import Mirror
from ota.device.objects import Note, Objects, Partial
from ota.device.transport import Body, Pace, Transport, paced

_KEEP_BYTES = 4 << 20
"""Between two syncs: what a power cut may cost on the wire, against two more writes on a card."""
_TURNS = 4
"""Times that one mirror may break off in one go, as long as something has come each time."""
_AGAIN_S = 1.0
_RANGE_REFUSED = 416


class Fetch:
    """Fetches files.

    Args:
        transport: where bytes come from.
        pace: how slow a mirror may be.
        bucket: bandwidth that it may take.
        quiet: seconds until fetching is allowed.
        go_on: whether nobody has asked to stop.
        monotonic: seconds.
    """

    def __init__(  # noqa: PLR0913 - everything that would make it impure is handed in
        self,
        transport: Transport,
        pace: Pace,
        bucket: Bucket,
        quiet: Callable[[], float],
        go_on: Callable[[], bool],
        monotonic: Callable[[], float],
    ) -> None:
        self._transport, self._pace, self._bucket = transport, pace, bucket
        self._quiet, self._go_on, self._monotonic = quiet, go_on, monotonic

    def get(
        self, name: str, content: Content, mirrors: Sequence[Mirror], objects: Objects, count: Callable[[int], None]
    ) -> None:
        """Fetch a file into the objects.

        Args:
            name: on the mirrors.
            content: what it must be.
            mirrors: in the order in which they are tried.
            objects: where it is kept.
            count: told of each piece that came, in bytes.

        Raises:
            FetchError: no mirror has given it; what has come is kept.
            PausedError: not now; likewise.
            OSError: it cannot be kept.
        """
        faults: list[FetchError] = []
        if not content.size and objects.put(content, lambda _file: None):
            return
        for mirror in mirrors:
            try:
                self._from(mirror, name, content, objects, count)
            except FetchError as error:
                faults.append(error)
            else:
                return
        raise _worst(faults, f"{name} was not fetched")

    def _from(self, mirror: Mirror, name: str, content: Content, objects: Objects, count: Callable[[int], None]) -> None:
        """Fetch from one mirror, going on where it breaks off as long as it gets on."""
        last: FetchError | None = None
        for _ in range(_TURNS):
            before = objects.begun(content)
            self._may_go_on()
            body = self._open(mirror.url(name), content, before, mirror)
            pure = not body.start or before.mirror == mirror.targets
            with contextlib.closing(body), contextlib.closing(objects.resume(content, body.start)) as partial:
                keep = functools.partial(partial.keep, mirror.targets if pure else "", body.etag if pure else "")
                fault = self._receive(body, partial, content.size, keep, count)
                if partial.size == content.size:
                    partial.sync()
                elif partial.size:
                    keep()
            if partial.size == content.size:
                if objects.take(content):
                    return
                fault = LyingError(f"{mirror.url(name)} is not the signed file; another mirror is tried") if pure else None
            elif fault is None and partial.size <= before.size:
                fault = LyingError(f"{mirror.url(name)} ends after {partial.size} of {content.size} bytes")
            if isinstance(fault, LyingError | SlowError | PausedError) or (fault is not None and partial.size <= before.size):
                raise fault
            last = fault
        raise last or FetchError(f"{mirror.url(name)} has broken off {_TURNS} times; another mirror is tried")

    def _open(self, url: str, content: Content, before: Note, mirror: Mirror) -> Body:
        """Ask for what is missing."""
        etag = before.etag if before.mirror == mirror.targets else ""
        within_s = self._pace.allowed_s(content.size, self._bucket.bytes_s)
        try:
            body = self._transport.open(url, within_s, before.size, etag)
        except StatusError as error:
            if error.status != _RANGE_REFUSED or not before.size:
                raise
            body = self._transport.open(url, within_s)  # its file is no longer than what is here: from the beginning, then
        if body.start not in {0, before.size}:
            body.close()
            msg = f"{url} is sent from byte {body.start}, not {before.size}; another mirror is tried"
            raise LyingError(msg)
        return body

    def _receive(
        self, body: Body, partial: Partial, size: int, keep: Callable[[], None], count: Callable[[int], None]
    ) -> FetchError | PausedError | None:
        """Write what comes, up to the signed length; returns what broke it off, if anything did."""
        kept = partial.size
        try:
            for block in paced(body.blocks, self._pace, self._monotonic):
                count(len(block))
                partial.write(block[: size - partial.size])
                if partial.size == size:
                    return None
                if partial.size - kept >= _KEEP_BYTES:
                    keep()
                    kept = partial.size
                self._bucket.take(len(block))
                self._may_go_on()
        except (FetchError, PausedError) as error:
            return error
        return None

    def _may_go_on(self) -> None:
        if not self._go_on():
            msg = "asked to stop"
            raise PausedError(msg, _AGAIN_S)
        wait_s = self._quiet()
        if wait_s > 0:
            msg = f"nothing is fetched for another {wait_s / 60:.0f} minutes: quiet hours, or the month's bytes are spent"
            raise PausedError(msg, wait_s)


def _worst(faults: Sequence[FetchError], what: str) -> FetchError:
    """One error of several: the last, with the words of all."""
    if not faults:
        return FetchError(f"{what}: there is no mirror; name one in the box's file")
    if len(faults) > 1:
        faults[-1].args = (f"{what}: " + "; ".join(str(fault) for fault in faults),)
    return faults[-1]
