"""Models of one accelerator: which it is to hold, which are being loaded, which were refused, and when those are tried again.

Rule: a model is refused until it is tried again, and tried again after a wait that doubles up to a cap. Pure.
"""

from __future__ import annotations

from collections import Counter

from edge.infer.messages import ModelOrder
from edge.runtime.backoff import Backoff, BackoffPolicy


class HeldModels:
    """Keeps count of them.

    Args:
        policy: waits of models that were refused.

    Attributes:
        wanted: what it is to hold, by name.
        loading: names of those that have been ordered and not answered.
        refused: why, by name, of those that cannot be used now.
        vain: tries in a row that were refused, by name.
        warm_ms: time of one look when it was loaded, by name.
        retry_s: monotonic second at which those refused are due again; ``None`` where none is.
    """

    def __init__(self, policy: BackoffPolicy) -> None:
        self.wanted: dict[str, ModelOrder] = {}
        self.loading: set[str] = set()
        self.refused: dict[str, str] = {}
        self.vain: Counter[str] = Counter()
        self.warm_ms: dict[str, float] = {}
        self.retry_s: float | None = None
        self._backoff = Backoff(policy)

    def change(self, models: tuple[ModelOrder, ...]) -> tuple[list[str], list[ModelOrder]]:
        """Hold these and no others. Returns names of those that are to go, and those that are new, to be loaded afterwards."""
        wanted = {model.name: model for model in models}
        gone = [name for name, order in self.wanted.items() if wanted.get(name) != order]
        for name in gone:
            del self.wanted[name]
            self.refused.pop(name, None)
            self.vain.pop(name, None)
        new = [model for name, model in wanted.items() if name not in self.wanted]
        self.wanted |= {model.name: model for model in new}
        return gone, new

    def ordered(self, name: str) -> None:
        """It is being loaded."""
        self.refused.pop(name, None)
        self.loading.add(name)

    def loaded(self, name: str, warm_ms: float, now_s: float) -> None:
        """It is ready."""
        self.loading.discard(name)
        self.vain.pop(name, None)
        self.warm_ms[name] = warm_ms
        if not self.vain:
            self._backoff.worked(now_s)

    def refuse(self, name: str, reason: str, now_s: float, cap_s: float | None) -> None:
        """It cannot be used; see :meth:`edge.runtime.backoff.Backoff.failed`."""
        self.loading.discard(name)
        if name in self.wanted:
            self.refused[name] = reason
            self.vain[name] += 1
            if self.retry_s is None:  # those that are refused together are tried again together, and are one failure
                self.retry_s = self._backoff.failed(now_s, cap_s)

    def due(self, now_s: float) -> list[ModelOrder]:
        """Those that are to be tried again now."""
        if self.retry_s is None or now_s < self.retry_s:
            return []
        self.retry_s = None
        return [self.wanted[name] for name in self.refused]

    def lost(self) -> None:
        """The process is gone; a new one is given all of them."""
        self.loading.clear()
        self.retry_s = None
