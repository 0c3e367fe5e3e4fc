"""``make mutants``: take out each named defence and expect a red test.

Rules: a mutant is one exact replacement in one file; its text must occur exactly once, which a fast test checks, so that a
mutant never silently stops being one. The tree is copied; the working copy is never touched. The named tests must be green
before and red after.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Mutant:
    """One defence taken out."""

    defence: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the watermark never passes a hole",
        "protocol/acks.py",
        "if kept[0][0] <= self.watermark + 1:",
        "if kept[0][0] <= self.watermark + 2:",
        ("tests/protocol/test_ranges.py", "tests/fleet/ingest/test_sink.py"),
    ),
    Mutant(
        "what the store did not take is not acknowledged",
        "fleet/ingest/sink.py",
        "self._settle(connection, [item for item in items if sender_of(item) in known], now, result)",
        "self._settle(connection, list(items), now, result)",
        ("tests/fleet/ingest/test_sink.py",),
    ),
    Mutant(
        "an event stored again is stored once",
        "fleet/ingest/sink.py",
        'make(event).on_conflict_do_nothing(index_elements=["device", "boot", "seq"])',
        "make(event)",
        ("tests/fleet/ingest/test_sink.py::test_sent_again_it_is_stored_once",),
    ),
    Mutant(
        "the outbox is synchronised to the disk",
        "edge/outbox/store.py",
        "PRAGMA synchronous=FULL",
        "PRAGMA synchronous=OFF",
        ("tests/edge/outbox/test_power_cut.py",),
    ),
    Mutant(
        "an alert is on disk before it travels",
        "edge/outbox/outbox.py",
        "if entry.priority > Priority.STATISTIC and entry.key in self._dirty:",
        "if entry.priority > Priority.ALERT and entry.key in self._dirty:",
        ("tests/edge/outbox/test_power_cut.py",),
    ),
    Mutant(
        "the accelerator has a deadline",
        "edge/runtime/deadline.py",
        "return self._head_since_s + self.allowed_s() if self._requests else None",
        "return None",
        ("tests/edge/runtime/test_accelerator_faults.py",),
    ),
    Mutant(
        "the guard lets listed fields pass only",
        "edge/guard/guard.py",
        "if field not in allowed:",
        "if field in ():",
        ("tests/edge/guard",),
    ),
    Mutant(
        "the guard lets listed types pass only",
        "edge/guard/guard.py",
        "if expected is None or type(body.observed) is not expected:",
        "if expected is None:",
        ("tests/edge/guard",),
    ),
    Mutant(
        "track boxes stay on the box",
        "edge/guard/guard.py",
        "    if not evaluation:",
        "    if evaluation is None:",
        ("tests/edge/guard",),
    ),
    Mutant(
        "the audit log is appended to only",
        "fleet/store/migrations/versions/v0001_first_schema.py",
        "SELECT RAISE(ABORT, 'the audit log is append-only')",
        "SELECT 1",
        ("tests/fleet/store",),
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
        "the model's runtime tells nobody",
        "models/bundle/silent.py",
        "os.environ.update(OPT_OUT)",
        "OPT_OUT.copy()",
        ("tests/models/test_silent.py",),
    ),
    Mutant(
        "sources are drawn, not items",
        "models/factory/statistics.py",
        "np.unique([outcome.source for outcome in outcomes], return_inverse=True)",
        'np.unique([f"{i} {outcome.source}" for i, outcome in enumerate(outcomes)], return_inverse=True)',
        ("tests/models/factory/test_statistics.py",),
    ),
    Mutant(
        "two models are compared on the same items",
        "models/factory/comparison.py",
        "missing = counted[here] - counted[there]",
        "missing = counted[here] - counted[here]",
        ("tests/models/factory/test_comparison.py",),
    ),
    Mutant(
        "a figure measured on other data keeps no gate",
        "models/factory/gates.py",
        "found = [f for f in named if f.metric.on == gate.on]",
        "found = named",
        ("tests/models/factory/test_gates.py",),
    ),
    Mutant(
        "the worst variant decides",
        "models/factory/gates.py",
        "worst = max(found,",
        "worst = min(found,",
        ("tests/models/factory/test_gates.py",),
    ),
    Mutant(
        "a lowered gate goes on saying that its goal was missed",
        "models/factory/gates.py",
        "return self.reached and (self.value is None or self.gate.fulfilled_by(self.value))",
        "return self.reached and (self.value is None or self.gate.reached_by(self.value))",
        ("tests/models/factory/test_gates.py",),
    ),
    Mutant(
        "a gate is lowered with a record only",
        "models/factory/gates.py",
        "if (self.goal is None) != (not self.decision):",
        "if self.goal is None and self.decision:",
        ("tests/models/factory/test_gates.py",),
    ),
    Mutant(
        "a build that is killed while it replaces a bundle loses nothing",
        "models/factory/assemble.py",
        "            aside.rename(target)",
        "            shutil.rmtree(aside)",
        ("tests/models/factory/test_build.py",),
    ),
    Mutant(
        "no alphabet serves training and evaluation",
        "models/synthesis/glyphs.py",
        '"evaluate": range(10_000, 10_060)',
        '"evaluate": range(400, 460)',
        ("tests/models/recipes/test_plates.py",),
    ),
    Mutant(
        "identical content does not leak under another name",
        "models/factory/leaks.py",
        "if i.sha256 in first]",
        "if i.sha256 in first and name in learned]",
        ("tests/models/factory/test_leaks.py",),
    ),
    Mutant(
        "terms that nobody listed are no licence",
        "protocol/licences.py",
        'return _forbidden(part) or f"the terms {part!r} are not on the list of those that allow it"',
        "return _forbidden(part)",
        ("tests/protocol/test_licences.py",),
    ),
    Mutant(
        "an operating point is reported on other sources",
        "models/factory/operating.py",
        "check_apart([o.source for o in chosen], [o.source for o in reported], name)",
        "check_apart([], [o.source for o in reported], name)",
        ("tests/models/factory/test_operating.py",),
    ),
    Mutant(
        "text on the report's page is escaped",
        "models/factory/markup.py",
        "child if isinstance(child, Markup) else html.escape(visible(child))",
        "child if isinstance(child, Markup) else visible(child)",
        ("tests/models/factory/test_markup.py",),
    ),
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
        "a delta that saves next to nothing is not published",
        "ota/publisher/deltas.py",
        "return least if pays(least, whole) else whole",
        "return least",
        ("tests/ota/publisher/test_deltas.py",),
    ),
    Mutant(
        "a key counts once, whatever it is called",
        "ota/publisher/signatures.py",
        "found.setdefault(name, key)",
        "found.setdefault(key.keyid, key)",
        ("tests/ota/publisher/test_signatures.py",),
    ),
    Mutant(
        "a signature is checked, not believed",
        "ota/publisher/signatures.py",
        "key.verify_signature(signature, document.payload)",
        "signature.to_dict()",
        ("tests/ota/publisher/test_signatures.py",),
    ),
    Mutant(
        "a root follows from the one before",
        "ota/publisher/carried.py",
        "for judge in (root,) if before is None else (before, root):",
        "for judge in (root,):",
        ("tests/ota/publisher/test_carried.py",),
    ),
    Mutant(
        "a change is told against what is really in force",
        "ota/publisher/carried.py",
        "if not any(tally(root.signed, self.before).reached for root in inforce):",
        "if not inforce:",
        ("tests/ota/publisher/test_carried.py",),
    ),
    Mutant(
        "no change of a release is unseen",
        "ota/publisher/changes.py",
        "if before.get(path) != after.get(path):",
        "if path not in after:",
        ("tests/ota/publisher/test_carried.py",),
    ),
    Mutant(
        "online keys authorise no content",
        "ota/publisher/root.py",
        "offline.keys() & online.keys()",
        "offline.keys() - offline.keys()",
        ("tests/ota/publisher/test_signatures.py",),
    ),
    Mutant(
        "the publisher's files are on the disk before they have their name",
        "ota/publisher/disk.py",
        "            self._sync_file(beside)\n",
        "",
        ("tests/ota/publisher/test_publish_kill.py",),
    ),
    Mutant(
        "the publisher's names are on the disk before another file names them",
        "ota/publisher/disk.py",
        "            raise\n        self._sync_folder(path.parent)\n",
        "            raise\n",
        ("tests/ota/publisher/test_publish_kill.py",),
    ),
    Mutant(
        "what is current is published after what it names",
        "ota/publisher/output.py",
        "= [*live.roots[:-1], live.targets, live.snapshot]",
        "= [live.timestamp, *live.roots[:-1], live.targets, live.snapshot]",
        ("tests/ota/publisher/test_publish_kill.py",),
    ),
    Mutant(
        "root and timestamp are published in the order that serves every reader",
        "ota/publisher/output.py",
        "[live.timestamp, live.root] if timestamp_first else",
        "[live.timestamp, live.root] if not timestamp_first else",
        ("tests/ota/publisher/test_publish_kill.py",),
    ),
    Mutant(
        "the old online key signs once more while the new one takes over",
        "ota/publisher/live.py",
        "for key in keys_of(before, document.role) if before else ():",
        "for key in ():",
        ("tests/ota/publisher/test_rotation.py",),
    ),
    Mutant(
        "metadata of somebody else are not written over",
        "ota/publisher/output.py",
        "if found.version >= live.timestamp.version and tally(ahead, found).reached:",
        "if found.version < 0:",
        ("tests/ota/publisher/test_publish.py", "tests/ota/publisher/test_rotation.py"),
    ),
    Mutant(
        "of a file that comes back only signatures that count are taken",
        "ota/publisher/going.py",
        "counting = {key.keyid for key in may if has_signed(key, copy)}",
        "counting = set(copy.metadata.signatures)",
        ("tests/ota/publisher/test_publish.py",),
    ),
    Mutant(
        "one publisher at a time",
        "ota/publisher/lock.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        ("tests/ota/publisher/test_publish.py",),
    ),
    Mutant(
        "a number that somebody signed is not given again",
        "ota/publisher/releasing.py",
        "max(known.highest if known else 0, burnt.releases.get(bundle, 0))",
        "known.highest if known else 0",
        ("tests/ota/publisher/test_adding.py",),
    ),
    Mutant(
        "a version means one content for ever",
        "ota/publisher/releasing.py",
        "if was not in {None, manifest_sha256}:",
        'if was == "":',
        ("tests/ota/publisher/test_adding.py",),
    ),
    Mutant(
        "what somebody signed is never changed under its version",
        "ota/publisher/session.py",
        "if self.targets is not None and not dropped:",
        "if self.targets is not None:",
        ("tests/ota/publisher/test_adding.py",),
    ),
    Mutant(
        "a target has one spelling",
        "ota/publisher/catalogue.py",
        "if path != (name.path if match is None",
        "if not path or path == (name.path + name.path if match is None",
        ("tests/ota/publisher/test_verify.py",),
    ),
    Mutant(
        "every file of a release is read when it is verified",
        "ota/publisher/public.py",
        "return digest.hexdigest() == sha256(target)",
        "return bool(digest.hexdigest())",
        ("tests/ota/publisher/test_verify.py",),
    ),
    Mutant(
        "metadata are those that are signed as current",
        "ota/publisher/verification.py",
        "if meta is not None and meta != document.meta_file():",
        "if meta is not None and meta.version < 0:",
        ("tests/ota/publisher/test_verify.py",),
    ),
    Mutant(
        "a bare private key that others can read is refused",
        "ota/publisher/keys.py",
        "path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)",
        "path.stat().st_mode & stat.S_IRWXO & ~stat.S_IRWXO",
        ("tests/ota/publisher/test_keys.py",),
    ),
)


def occurrences(mutant: Mutant) -> int:
    """How often the text to replace stands in its file."""
    return (ROOT / mutant.file).read_text("utf-8").count(mutant.old)


def run_tests(tree: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run tests against a copy of the tree."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def survives(mutant: Mutant) -> str | None:
    """Try one mutant. Returns what is wrong, or ``None`` when its tests killed it."""
    if occurrences(mutant) != 1:
        return f"its text stands {occurrences(mutant)} times in {mutant.file}, expected once"
    with tempfile.TemporaryDirectory(prefix="lamplighter-mutant-") as folder:
        tree = Path(folder) / "tree"
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
            "\0"
        )
        for name in filter(None, listed):
            target = tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        before = run_tests(tree, mutant.tests)
        if before.returncode != 0:
            return f"its tests are red without it:\n{before.stdout[-2000:]}"
        path = tree / mutant.file
        path.write_text(path.read_text("utf-8").replace(mutant.old, mutant.new), "utf-8")
        after = run_tests(tree, mutant.tests)
        if after.returncode == 0:
            return "no test noticed"
        if after.returncode != 1:
            return f"the tests did not run (status {after.returncode}):\n{after.stdout[-2000:]}{after.stderr[-2000:]}"
    return None


def main() -> int:
    """Try every mutant; returns the exit status."""
    wanted = sys.argv[1:]
    failed = 0
    for mutant in MUTANTS:
        if wanted and not any(word in mutant.defence for word in wanted):
            continue
        fault = survives(mutant)
        failed += fault is not None
        print(f"{'SURVIVES' if fault else 'killed  '}  {mutant.defence}{f': {fault}' if fault else ''}", flush=True)  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
