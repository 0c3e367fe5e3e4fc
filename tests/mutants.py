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
        ("tests/ota/device/test_machine.py",),
    ),
    Mutant(
        "going back needs no disk",
        "ota/device/ledger.py",
        "frozenset(Phase) - {Phase.PROBATION, Phase.ROLLBACK, Phase.QUARANTINE}",
        "frozenset(Phase)",
        ("tests/ota/device/test_machine.py",),
    ),
    Mutant(
        "a crash loop is left",
        "ota/device/recovery.py",
        "if strikes < LIMIT:",
        "if strikes >= 0:",
        ("tests/ota/device/test_machine.py",),
    ),
    Mutant(
        "a start that cannot be counted begins with what ran before",
        "ota/device/recovery.py",
        "                why, blame = disk_reason(error), False\n",
        "                return\n",
        ("tests/ota/device/test_machine.py",),
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
        ("tests/ota/device/test_machine.py",),
    ),
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
        "ota/device/orders.py",
        "or uses != [ExtendedKeyUsageOID.CODE_SIGNING]",
        "or not uses",
        ("tests/ota/device/test_orders.py",),
    ),
    Mutant(
        "orders are signed under this fleet's authority",
        "ota/device/orders.py",
        "if not any(_made_by(certificate, authority) for authority in trusted):",
        "if not trusted:",
        ("tests/ota/device/test_orders.py",),
    ),
    Mutant(
        "a box starts from the root of its installation",
        "ota/device/trust.py",
        "bootstrap=self._root)",
        'bootstrap=self._kept.files.get("1.root.json", self._root))',
        ("tests/ota/device/test_trust.py",),
    ),
    Mutant(
        "metadata are held against the box's own time",
        "ota/device/trust.py",
        "    trusted.reference_time = now\n",
        "    del now\n",
        ("tests/ota/device/test_trust.py",),
    ),
    Mutant(
        "what was verified is kept also where a refresh fails",
        "ota/device/trust.py",
        "            _guarded(updater.refresh)\n        finally:\n            self.keep()\n",
        "            _guarded(updater.refresh)\n        except OSError:\n            pass\n        self.keep()\n",
        ("tests/ota/device/test_trust.py",),
    ),
    Mutant(
        "metadata have a size in all",
        "ota/device/trust.py",
        "if sum(map(len, files.values())) > _MOST_BYTES:",
        "if not files:",
        ("tests/ota/device/test_trust.py",),
    ),
    Mutant(
        "online keys cannot stop the clock",
        "ota/device/moment.py",
        "return max(floor, min(timestamp - VALIDITY, root - _MARGIN, targets - _MARGIN))",
        "return max(floor, timestamp - VALIDITY)",
        ("tests/ota/device/test_when.py", "tests/ota/device/test_trust.py"),
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
    Mutant(
        "it switches in its window only",
        "ota/device/windows.py",
        "if any(window.opens <= now < window.closes for window in windows):",
        "if any(window.opens <= now for window in windows):",
        ("tests/ota/device/test_when.py",),
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
    Mutant(
        "a rollout stops when its error budget is reached, not when it is passed",
        "fleet/rollouts/brake.py",
        "if tally.failed and tally.failed * WHOLE >= hundredths",
        "if tally.failed and tally.failed * WHOLE > hundredths",
        ("tests/fleet/rollouts/test_brake.py",),
    ),
    Mutant(
        "a group of which nobody came to an end is never passed",
        "fleet/rollouts/brake.py",
        "needed = max(1, min(group.minimum, tally.size))",
        "needed = min(group.minimum, tally.size)",
        ("tests/fleet/rollouts/test_brake.py",),
    ),
    Mutant(
        "the next group waits until the one before has passed",
        "fleet/rollouts/scheduler.py",
        "return Outlook(None, words, passed=isinstance(judged, Pass))",
        "return Outlook(None, words, passed=True)",
        ("tests/fleet/rollouts/test_life.py",),
    ),
    Mutant(
        "a second person approves",
        "fleet/rollouts/decisions.py",
        "if found.state is RolloutState.PLANNED and found.planned_by == person.name:",
        "if found.state is RolloutState.PLANNED and found.planned_by == '':",
        ("tests/fleet/rollouts/test_life.py",),
    ),
    Mutant(
        "nothing runs that nobody approved",
        "fleet/rollouts/states.py",
        "    _R.PLANNED: frozenset({_R.APPROVED, _R.ABORTED}),",
        "    _R.PLANNED: frozenset({_R.APPROVED, _R.ABORTED, _R.RUNNING}),",
        ("tests/fleet/rollouts/test_states.py",),
    ),
    Mutant(
        "a paused rollout gives no order",
        "fleet/rollouts/issue.py",
        "if found.state is not RolloutState.RUNNING or found.joined_at is None:",
        "if found.state not in ACTIVE or found.joined_at is None:",
        ("tests/fleet/rollouts/test_life.py",),
    ),
    Mutant(
        "an order never loses its windows",
        "fleet/rollouts/issue.py",
        "no_window = hours is not None and not windows",
        "no_window = False",
        ("tests/fleet/rollouts/test_overdue.py",),
    ),
    Mutant(
        "orders of a rollout that was stopped are taken back",
        "fleet/rollouts/scheduler.py",
        "more |= self._issuer.withdraw(found.number) > 0",
        "more |= False",
        ("tests/fleet/rollouts/test_life.py",),
    ),
    Mutant(
        "two rollouts never want one box",
        "fleet/rollouts/conflicts.py",
        "    if shared:\n",
        "    if not shared:\n        return\n    if len(shared) > 10**9:\n",
        ("tests/fleet/rollouts/test_membership.py",),
    ),
    Mutant(
        "a box that was replaced begins anew",
        "fleet/rollouts/membership.py",
        "return member.state not in {BoxState.WAITING, BoxState.ASIDE} and member.key != box.key",
        "return member.state is BoxState.ASIDE and member.key == ''",
        ("tests/fleet/rollouts/test_membership.py",),
    ),
    Mutant(
        "whoever is next in line is not drawn into a canary that has its boxes",
        "fleet/rollouts/cohort.py",
        "if not taken and number not in filled:",
        "if not taken:",
        ("tests/fleet/rollouts/test_membership.py",),
    ),
    Mutant(
        "a report counts when its box has signed it",
        "fleet/rollouts/intake.py",
        "flag = classify(one.report, order.given if order else None) if one.genuine else Flag.FORGED",
        "flag = classify(one.report, order.given if order else None)",
        ("tests/fleet/rollouts/test_intake.py",),
    ),
    Mutant(
        "a report counts for the order that it names",
        "fleet/rollouts/verification.py",
        "if (report.bundle, report.release, report.nonce) != (given.bundle, given.release, given.nonce):",
        "if report.nonce != given.nonce:",
        ("tests/fleet/rollouts/test_verification.py",),
    ),
    Mutant(
        "a report counts under a counter that was sent",
        "fleet/rollouts/verification.py",
        "if not given.first_counter <= report.counter <= given.last_counter:",
        "if report.counter < 0:",
        ("tests/fleet/rollouts/test_verification.py",),
    ),
    Mutant(
        "a report counts once",
        "fleet/rollouts/verification.py",
        "    if reached is given.state:\n        return Flag.DOUBLED",
        "    if reached is given.state:\n        return Flag.COUNTED",
        ("tests/fleet/rollouts/test_verification.py",),
    ),
    Mutant(
        "time without power does not count against a box",
        "fleet/rollouts/overdue.py",
        "return seconds_inside(hours, _moment(since), _moment(until)) >= plan.timeout_s",
        "return bool(hours) or True",
        ("tests/fleet/rollouts/test_overdue.py",),
    ),
    Mutant(
        "the time of a box begins with its acceptance",
        "fleet/rollouts/overdue.py",
        "began, oldest = b.accepted_at, ",
        "began, oldest = b.ordered_at, ",
        ("tests/fleet/rollouts/test_overdue.py",),
    ),
    Mutant(
        "the counter of orders rises whatever the clock says",
        "fleet/rollouts/orders.py",
        "counter = max(self.counter + 1, self.now)",
        "counter = self.now",
        ("tests/fleet/rollouts/test_orders.py",),
    ),
    Mutant(
        "a new configuration keeps the orders that stand",
        "fleet/twins.py",
        "msgspec.Raw(wanted), orders or self.orders)",
        "msgspec.Raw(wanted), orders)",
        ("tests/fleet/rollouts/test_life.py",),
    ),
    Mutant(
        "the certificate for orders is for nothing else",
        "fleet/identity/authority.py",
        "x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])",
        "x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.CLIENT_AUTH])",
        ("tests/fleet/rollouts/test_signer.py",),
    ),
    Mutant(
        "a repository that is not signed as its root asks is not read",
        "fleet/rollouts/repository.py",
        "root.signed.verify_delegate(role, found.signed_bytes, found.signatures)",
        "root.signed.roles[role]",
        ("tests/fleet/rollouts/test_repository.py",),
    ),
    Mutant(
        "reports are worked in the transaction that says so",
        "fleet/rollouts/intake.py",
        "                self._work(connection, said)\n",
        "                _move_cursor(connection, rows[-1].row)\n"
        "        with writing(self._engine) as connection:\n"
        "            if said:\n"
        "                self._work(connection, said)\n",
        ("tests/fleet/rollouts/test_killed.py",),
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
