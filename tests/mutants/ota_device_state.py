"""Defences of the box, in what it keeps on the disk and makes of it: power cuts, crashes, quarantine."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "no name leads out of the folder of updates",
        "ota/device/disk.py",
        '_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\\Z")',
        '_PART = re.compile(r"[A-Za-z0-9._-]{1,128}\\Z")',
        ("tests/ota/device/test_disk.py",),
    ),
    Mutant(
        "a small file is on the disk before it has its name",
        "ota/device/durable.py",
        "        file.sync()\n",
        "        del file\n",
        ("tests/ota/device/test_slots.py",),
    ),
    Mutant(
        "a small file's name is on the disk before it is relied on",
        "ota/device/durable.py",
        '    disk.sync_folder(path.rpartition("/")[0])\n',
        "    disk.size(path)\n",
        ("tests/ota/device/test_slots.py",),
    ),
    Mutant(
        "what does not fit its seal is not read",
        "ota/device/durable.py",
        "return content if head == _MAGIC + hashlib.sha256(content).hexdigest().encode() else None",
        "return content",
        ("tests/ota/device/test_disk.py",),
    ),
    Mutant(
        "the state before the newest is kept",
        "ota/device/slots.py",
        "_NAMES[state.sequence % 2]",
        "_NAMES[0]",
        ("tests/ota/device/test_slots.py",),
    ),
    Mutant(
        "a fetched file is hashed before it has its name",
        "ota/device/objects.py",
        "if self._disk.size(part) != content.size or self._hash(part, content.size) != content.sha256:",
        "if self._disk.size(part) != content.size:",
        ("tests/ota/device/test_objects.py",),
    ),
    Mutant(
        "a partial file counts as far as it was synced",
        "ota/device/objects.py",
        "        self._file.sync()\n        self._objects.note",
        "        self._objects.note",
        ("tests/ota/device/test_objects.py",),
    ),
    Mutant(
        "what the state before the newest points to is kept",
        "ota/device/store.py",
        "        states = (self._before, self.state)\n        kept",
        "        states = (self.state,)\n        kept",
        ("tests/ota/device/test_store.py",),
    ),
    Mutant(
        "a staged release is on the disk before the state says so",
        "ota/device/store.py",
        "        for synced in (folder,",
        "        for synced in () and (folder,",
        ("tests/benchmarks/test_ota_crash.py::test_the_short_form",),
    ),
    Mutant(
        "nothing is committed to that is not written",
        "ota/device/ledger.py",
        "frozenset(Phase) - {Phase.PROBATION, Phase.ROLLBACK, Phase.QUARANTINE}",
        "frozenset(Phase) - {Phase.PROBATION, Phase.ROLLBACK, Phase.QUARANTINE, Phase.COMMIT}",
        ("tests/ota/device/test_machine_disk.py",),
    ),
    Mutant(
        "going back needs no disk",
        "ota/device/ledger.py",
        "frozenset(Phase) - {Phase.PROBATION, Phase.ROLLBACK, Phase.QUARANTINE}",
        "frozenset(Phase)",
        ("tests/ota/device/test_machine_disk.py",),
    ),
    Mutant(
        "a crash loop is left",
        "ota/device/recovery.py",
        "if strikes < LIMIT:",
        "if strikes >= 0:",
        ("tests/ota/device/test_machine_starts.py",),
    ),
    Mutant(
        "a start that cannot be counted begins with what ran before",
        "ota/device/recovery.py",
        "                why, blame = disk_reason(error), False\n",
        "                return\n",
        ("tests/ota/device/test_machine_disk.py",),
    ),
    Mutant(
        "a power cut weighs less than a crash",
        "ota/device/starts.py",
        "RESTART = 3\n",
        "RESTART = 5\n",
        ("tests/ota/device/test_when.py",),
    ),
    Mutant(
        "a release that is not whole does not run",
        "ota/device/recovery.py",
        "return staged is not None and self._store.is_whole(staged)",
        "return staged is not None",
        ("tests/ota/device/test_machine_disk.py",),
    ),
    Mutant(
        "a new model agrees with the old one",
        "ota/device/judge.py",
        "if found.agreement is not None and not found.agreement >= criteria.agreement:",
        "if found.agreement is not None and found.agreement < 0:",
        ("tests/ota/device/test_judge.py",),
    ),
    Mutant(
        "a model that hangs is found",
        "ota/device/judge.py",
        "    if stalled_s >= criteria.stall_s:",
        "    if stalled_s < 0:",
        ("tests/ota/device/test_judge.py",),
    ),
    Mutant(
        "a model that heats is found",
        "ota/device/judge.py",
        "or _hot(found.temperature_c, before.temperature_c, criteria)",
        "or _hot(None, before.temperature_c, criteria)",
        ("tests/ota/device/test_judge.py",),
    ),
)
