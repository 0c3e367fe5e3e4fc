"""Defences of the box, when it decides whom and what to believe: metadata, orders, time."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_TRUST = tuple(f"tests/ota/device/test_trust{part}.py" for part in ("", "_time", "_refused"))

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a release fits the board",
        "ota/device/resolve.py",
        "if release.hardware and not any(",
        "if not release.bundle and not any(",
        ("tests/ota/device/test_resolve.py",),
    ),
    Mutant(
        "a release does not go back",
        "ota/device/resolve.py",
        "    if release < highest:",
        "    if release < 0:",
        ("tests/ota/device/test_resolve.py",),
    ),
    Mutant(
        "a release that has failed here is not tried again",
        "ota/device/resolve.py",
        "    if state.is_quarantined(bundle, release):",
        "    if state.is_quarantined(bundle, 0):",
        ("tests/ota/device/test_resolve.py", "tests/ota/device/test_machine.py"),
    ),
    Mutant(
        "room is made sure of before anything is fetched",
        "ota/device/resolve.py",
        "if needed > free - RESERVE_BYTES:",
        "if needed > free:",
        ("tests/ota/device/test_resolve.py",),
    ),
    Mutant(
        "orders are taken once",
        "ota/device/queue.py",
        "if orders.counter <= state.counter:",
        "if orders.counter < 0:",
        ("tests/ota/device/test_queue.py",),
    ),
    Mutant(
        "orders are for this box",
        "ota/device/orders.py",
        "if (orders.fleet, orders.device) != (fleet, device):",
        "if orders.fleet != fleet:",
        ("tests/ota/device/test_orders.py",),
    ),
    Mutant(
        "only who may sign orders signs orders",
        "ota/device/signers.py",
        "or uses != [ExtendedKeyUsageOID.CODE_SIGNING]",
        "or not uses",
        ("tests/ota/device/test_orders.py",),
    ),
    Mutant(
        "orders are signed under this fleet's authority",
        "ota/device/signers.py",
        "if not any(_made_by(certificate, authority) for authority in trusted):",
        "if not trusted:",
        ("tests/ota/device/test_orders.py",),
    ),
    Mutant(
        "a box starts from the root of its installation",
        "ota/device/trust.py",
        "bootstrap=self._root)",
        'bootstrap=self._kept.files.get("1.root.json", self._root))',
        _TRUST,
    ),
    Mutant(
        "metadata are held against the box's own time",
        "ota/device/trust.py",
        "    trusted.reference_time = now\n",
        "    del now\n",
        _TRUST,
    ),
    Mutant(
        "what was verified is kept also where a refresh fails",
        "ota/device/trust.py",
        "            _guarded(updater.refresh)\n        finally:\n            self.keep()\n",
        "            _guarded(updater.refresh)\n        except OSError:\n            pass\n        self.keep()\n",
        _TRUST,
    ),
    Mutant(
        "metadata have a size in all",
        "ota/device/trust.py",
        "if sum(map(len, files.values())) > MOST_BYTES:",
        "if not files:",
        _TRUST,
    ),
    Mutant(
        "online keys cannot stop the clock",
        "ota/device/moment.py",
        "return max(floor, min(timestamp - VALIDITY, root - _MARGIN, targets - _MARGIN))",
        "return max(floor, timestamp - VALIDITY)",
        ("tests/ota/device/test_when.py", *_TRUST),
    ),
    Mutant(
        "it switches in its window only",
        "ota/device/windows.py",
        "if any(window.opens <= now < window.closes for window in windows):",
        "if any(window.opens <= now for window in windows):",
        ("tests/ota/device/test_when.py",),
    ),
)
