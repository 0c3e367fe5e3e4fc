"""Defences of the wire contract."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the watermark never passes a hole",
        "protocol/acks.py",
        "if kept[0][0] <= self.watermark + 1:",
        "if kept[0][0] <= self.watermark + 2:",
        ("tests/protocol/test_ranges.py", "tests/fleet/ingest/test_sink.py"),
    ),
    Mutant(
        "nothing over the size cap is sent",
        "protocol/codec.py",
        "if message.size > EVENT_BYTES:",
        "if message.size > EVENT_BYTES << 8:",
        ("tests/protocol/test_codec.py",),
    ),
    Mutant(
        "nothing over the size cap is read",
        "protocol/codec.py",
        "    if size > EVENT_BYTES:",
        "    if size > EVENT_BYTES << 8:",
        ("tests/protocol/test_codec.py",),
    ),
    Mutant(
        "terms that nobody listed are no licence",
        "protocol/licences.py",
        'return _forbidden(part) or f"the terms {part!r} are not on the list of those that allow it"',
        "return _forbidden(part)",
        ("tests/protocol/test_licences.py",),
    ),
)
