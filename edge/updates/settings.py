"""``[updates]`` of the box's file: from where, how fast, when, and how carefully. The installation's, not the manager's."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta

from ota.device.judge import Criteria
from ota.device.limits import QuietHours
from protocol.basis import Struct

_SPAN = r"^(([01]\d|2[0-3]):[0-5]\d)-(([01]\d|2[0-3]):[0-5]\d)\Z"


class Settings(Struct, frozen=True):
    """How this box updates its models."""

    root: Annotated[
        str, Meta(max_length=512, description="Root metadata of the repository that it was made with; empty = no updates")
    ] = ""
    mirrors: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^https?://", max_length=256)], ...],
        Meta(max_length=8, description="Addresses of the repository; empty = the manager's"),
    ] = ()
    ca: Annotated[
        str, Meta(max_length=512, description="File with the CA that signs the mirrors' certificates; empty = manager.ca")
    ] = ""
    bytes_s: Annotated[int, Meta(ge=0, le=1_000_000_000, description="Most that fetching takes of the line; 0 = no cap")] = 0
    quiet_hours: Annotated[
        tuple[Annotated[str, Meta(pattern=_SPAN)], ...],
        Meta(max_length=8, description="When nothing is fetched, HH:MM-HH:MM in local time"),
    ] = ()
    zone: Annotated[str, Meta(max_length=64, description="Time zone of the quiet hours")] = "UTC"
    stick: Annotated[str, Meta(max_length=512, description="Folder in which a stick with a repository appears")] = ""
    shadow_s: Annotated[float, Meta(ge=1, le=3600, description="Least time beside the old model, seconds")] = 60.0
    probation_s: Annotated[float, Meta(ge=1, le=172_800, description="Least time on probation, seconds")] = 1800.0
    latency_ms: Annotated[float, Meta(gt=0, description="Most time of one look")] | None = None
    memory_mb: Annotated[float, Meta(gt=0, description="Most memory of all processes of the agent")] | None = None

    @property
    def criteria(self) -> Criteria:
        """By what a new model is judged. Shorter times need fewer looks, at the rate that the usual ones imply."""
        usual = Criteria()
        return Criteria(
            latency_ms=self.latency_ms,
            memory_mb=self.memory_mb,
            shadow_s=self.shadow_s,
            shadow_looks=_share(usual.shadow_looks, self.shadow_s / usual.shadow_s),
            probation_s=self.probation_s,
            look_s=min(usual.look_s, self.shadow_s / 4, self.probation_s / 4),
            probation_looks=_share(usual.probation_looks, self.probation_s / usual.probation_s),
        )

    def quiet(self) -> QuietHours:
        """Hours in which nothing is fetched.

        Raises:
            ValueError: there is no such time zone here.
        """
        try:
            zone = ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            msg = f"updates.zone {self.zone!r}: no such time zone on this box; write for example Europe/Brussels"
            raise ValueError(msg) from error
        return QuietHours([_span(text) for text in self.quiet_hours], zone)


def _share(looks: int, part: float) -> int:
    return max(10, min(looks, round(looks * part)))


def _span(text: str) -> tuple[dt.time, dt.time]:
    found = re.match(_SPAN, text)
    assert found is not None, "the pattern was checked when the file was read"
    return dt.time.fromisoformat(found[1]), dt.time.fromisoformat(found[3])
