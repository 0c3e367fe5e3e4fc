"""Defences of the box, while it fetches: mirrors, ranges, deltas."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a delta is applied to its base only",
        "ota/device/delta.py",
        "if left != 1 or digest.hexdigest() != content.sha256:",
        "if left != 1:",
        ("tests/ota/device/test_delta.py",),
    ),
    Mutant(
        "a patch is applied to its base only",
        "ota/device/delta.py",
        "if Content.of(data) != content:",
        "if len(data) != content.size:",
        ("tests/ota/device/test_delta.py",),
    ),
    Mutant(
        "a delta makes what is signed, not what its header says",
        "ota/device/delta.py",
        "if header.result != signed:",
        "if header.result.sha256 != signed.sha256:",
        ("tests/ota/device/test_delta.py",),
    ),
    Mutant(
        "what a delta gave is hashed",
        "ota/device/delta.py",
        "if digest.hexdigest() != signed.sha256:",
        "if not digest.hexdigest():",
        ("tests/ota/device/test_delta.py",),
    ),
    Mutant(
        "a bomb writes no more than is signed",
        "ota/device/delta.py",
        "block = source.read(min(left, _BLOCK))",
        "block = source.read(_BLOCK)",
        ("tests/ota/device/test_delta.py",),
    ),
    Mutant(
        "nothing stands behind a delta's end",
        "ota/device/delta.py",
        "if at != end:",
        "if at > end:",
        ("tests/ota/device/test_delta.py",),
    ),
    Mutant(
        "a window takes no more memory than is allowed",
        "ota/device/delta.py",
        "if frame.window_size > min(max(size, _LEAST_WINDOW), memory):",
        "if frame.window_size > 1 << 40:",
        ("tests/ota/device/test_delta.py",),
    ),
    Mutant(
        "not a byte more than is signed is written",
        "ota/device/fetch.py",
        "partial.write(block[: size - partial.size])",
        "partial.write(block)",
        ("tests/ota/device/test_fetch.py",),
    ),
    Mutant(
        "a mirror that drips is left",
        "ota/device/transport.py",
        "if came < pace.least_bytes_s * waited_s:",
        "if came < 0:",
        ("tests/ota/device/test_fetch.py",),
    ),
    Mutant(
        "the next mirror is tried",
        "ota/device/fetch.py",
        "            except FetchError as error:\n                faults.append(error)\n",
        "            except StatusError as error:\n                faults.append(error)\n",
        ("tests/ota/device/test_fetch.py",),
    ),
    Mutant(
        "a mirror that spoils beginnings spoils nothing else",
        "ota/device/fetch.py",
        "pure = not body.start or before.mirror == mirror.targets",
        "pure = True",
        ("tests/ota/device/test_fetch.py",),
    ),
    Mutant(
        "a deadline holds whatever a server does",
        "ota/device/lines.py",
        "        self._timer.start()\n",
        "        self._timer.daemon = True\n",
        ("tests/ota/device/test_http.py",),
    ),
    Mutant(
        "a range is what was asked for",
        "ota/device/http.py",
        "if not at or found is None or int(found[1]) != at:",
        "if found is None:",
        ("tests/ota/device/test_http.py",),
    ),
    Mutant(
        "of a stick plain files are read only",
        "ota/device/local.py",
        "if not stat.S_ISREG(found.st_mode):",
        "if stat.S_ISSOCK(found.st_mode):",
        ("tests/ota/device/test_local.py",),
    ),
    Mutant(
        "the next mirror's metadata are tried",
        "ota/device/mirrors.py",
        "            except (FetchError, TrustError) as error:\n                faults.append(error)\n",
        "            except ExpiredError as error:\n                faults.append(error)\n",
        ("tests/ota/device/test_attacks.py",),
    ),
    Mutant(
        "the manifest is what was signed",
        "ota/device/fetching.py",
        "        if fault is not None:\n            msg",
        '        if fault == "":\n            msg',
        ("tests/ota/device/test_machine.py",),
    ),
    Mutant(
        "what was fetched is hashed again before it is staged",
        "ota/device/fetching.py",
        "spoilt = [part for part in plan.parts if not self._store.objects.is_sound(part.content)]",
        "spoilt: list[Part] = []",
        ("tests/ota/device/test_machine.py",),
    ),
    Mutant(
        "a delta that fails is replaced by the file",
        "ota/device/fetching.py",
        "except (DeltaError, StatusError, LyingError):",
        "except StatusError:",
        ("tests/ota/device/test_machine.py",),
    ),
)
