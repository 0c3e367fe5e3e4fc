"""Bringing a hit list that was ordered to the disk: by changes from what is here where that is less, else whole.

Rules:

- A file is asked for under its hash and taken if it has it, at the length that the twin names (:mod:`ota.device.fetch`): it
  resumes, over mended connections and power cuts.
- Changes are a chain: from the version that is here each leads to a later one, until the version that was ordered. Where the
  chain breaks, or would cost more than the whole list, the whole list is fetched. What a chain makes must have the hash of the
  whole file that was ordered, to the byte.
- Bytes are counted against the SIM's month and never waited for: who has been taken off a list must be off it. A list is 16
  bytes an entry and a change far less.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.lists.believe import Believer, Used
from edge.lists.store import ListStore
from ota.deltafile import Content
from ota.device.errors import FetchError
from ota.device.fetch import Fetch
from ota.device.mirror import Mirror
from protocol.lists import ListError, read_file, read_whole
from protocol.twin import ListChange, ListOrder

LISTS_PATH = "lists"
"""Where the manager serves them."""


def manager_of(url: str) -> tuple[Mirror, ...]:
    """Where to fetch: the manager, or nowhere while none is named."""
    return (Mirror("", f"{url.rstrip('/')}/{LISTS_PATH}/"),) if url else ()


class ListFetch:
    """Fetches; for one thread.

    Args:
        store: where files lie.
        fetch: fetches a file.
        mirrors: where.
    """

    def __init__(self, store: ListStore, fetch: Fetch, mirrors: tuple[Mirror, ...]) -> None:
        self._store, self._fetch, self._mirrors = store, fetch, mirrors

    def bring(self, order: ListOrder, used: Used | None, believer: Believer) -> None:
        """Have the file of a list on the disk.

        Args:
            order: which.
            used: the version that is in use.
            believer: whom the box believes.

        Raises:
            FetchError: it has not come; what has come is kept.
            PausedError: somebody asked to stop.
            OSError: it cannot be kept.
        """
        content = Content(order.size, order.digest)
        if self._store.objects.has(content):
            return
        if used is not None:
            try:
                if self._by_changes(order, used, believer):
                    return
            except (ListError, FetchError):
                pass  # the whole list is what counts; what is wrong with it is told
        self._get(content)

    def _by_changes(self, order: ListOrder, used: Used, believer: Believer) -> bool:
        """Follow the chain; returns whether it led to what was ordered."""
        header, parts, spent = used.header, self._store.parts(believer, used), 0
        while (change := _from(order, header.version)) is not None and spent + change.size < order.size:
            spent += change.size
            content = Content(change.size, change.digest)
            self._get(content)
            made = believer.changed(self._store.read(content), order.list, header, parts)
            file = read_file(made)
            if file.header.version == order.version:
                return self._store.objects.put(Content(order.size, order.digest), _writer(made))
            header, parts = file.header, read_whole(file.header, file.body)
        return False

    def _get(self, content: Content) -> None:
        if not self._store.objects.has(content):
            self._fetch.get(content.sha256, content, self._mirrors, self._store.objects, lambda _size: None)


def _from(order: ListOrder, version: int) -> ListChange | None:
    return next((change for change in order.changes if change.base == version), None)


def _writer(data: bytes) -> Callable[..., object]:
    return lambda file: file.write(data)
