"""From an order to a folder: resolve, download, verify, stage. Whatever goes wrong here, the box runs what it ran.

Rules:

- Metadata are asked once, in the first of these steps; the plan that comes of it is on the disk, and the rest needs the mirrors
  for nothing but bytes.
- A delta is taken where its base is here. One that fails is left out of the plan, and the full file is fetched (row 20).
- What was fetched is hashed once more before it gets its folder, and the bundle's own reader and the law have their say then.
"""

from __future__ import annotations

import msgspec

from models.bundle.bundle import BundleError, load_bundle
from models.bundle.choose import choose
from ota.deltafile import Content, DeltaError
from ota.device import transitions
from ota.device.bases import Bases
from ota.device.delta import apply
from ota.device.disk import read
from ota.device.errors import LyingError, RefusedError, StatusError, Why
from ota.device.ports import Next, Ports, Site
from ota.device.reports import told
from ota.device.resolve import check_room, objection, resolve
from ota.device.state import DeltaPart, Job, Part, Phase, Plan, Staged, State
from ota.device.store import Store
from protocol.events import UpdateStep
from protocol.manifest import GoldenVectors, Manifest, ManifestError, Variant, read_manifest
from protocol.release import MANIFEST_FILE, TargetName

_MANIFEST_BYTES = 1 << 18
_MOST_SPOILT = 2
"""Times that a fetched file may turn out to be spoilt on the disk before the disk is held to be at fault."""

_replace = msgspec.structs.replace


class Fetching:
    """The first four steps.

    Args:
        store: what is on the disk.
        site: this box.
        ports: ways outside.
    """

    def __init__(self, store: Store, site: Site, ports: Ports) -> None:
        self._store, self._site, self._ports = store, site, ports
        self._bases = Bases(store, site.installed)
        self._fetched = 0

    def resolve(self, state: State, job: Job) -> Next:
        """Find out what is to be fetched."""
        refused = objection(state, job.bundle, job.release)
        if refused is not None:
            raise refused
        catalogue = self._ports.repository(job.source).catalogue(job.bundle, job.release)
        plan = resolve(job.bundle, job.release, catalogue, self._site.box, self._bases.contents(job.bundle))
        check_room(plan, self._store.objects.has, self._store.disk.free(), self._store.used(), self._site.budget)
        return Next(transitions.moved(state, job, Phase.DOWNLOAD, plan=plan))

    def download(self, state: State, job: Job) -> Next:
        """Fetch one file, or find that its delta leads nowhere; the next step does the next."""
        plan = _plan(job)
        part = next((part for part in plan.parts if not self._store.objects.has(part.content)), None)
        if part is None:
            return Next(transitions.moved(state, job, Phase.VERIFY))
        if part.delta is None:
            name = TargetName(job.bundle, job.release, part.file)
            self._fetch(job, name.path, part.content)
        elif not self._by_delta(job, part, part.delta):
            plan = _without_delta(plan, part)
        return Next(self.charged(transitions.moved(state, job, Phase.DOWNLOAD, plan=plan)))

    def charged(self, state: State) -> State:
        """The state with what has come over the wire since this was asked last; paid for, whatever became of it."""
        fetched, self._fetched = self._fetched, 0
        if state.job is None or not fetched:
            return state
        return _replace(state, job=_replace(state.job, fetched_bytes=state.job.fetched_bytes + fetched))

    def verify(self, state: State, job: Job) -> Next:
        """Hash everything again, and read the manifest."""
        plan = _plan(job)
        spoilt = [part for part in plan.parts if not self._store.objects.is_sound(part.content)]
        for part in spoilt:
            self._store.disk.unlink(self._store.objects.path(part.content))
        if spoilt and job.spoilt >= _MOST_SPOILT:
            msg = f"{spoilt[0].file} is not what was written, {job.spoilt + 1} times now; change the card"
            raise RefusedError(Why.DISK_DAMAGED, msg)
        if spoilt:
            return Next(transitions.moved(state, job, Phase.DOWNLOAD, spoilt=job.spoilt + 1))
        self._check_manifest(plan)
        return Next(told(transitions.moved(state, job, Phase.STAGE), job, UpdateStep.FETCHED))

    def stage(self, state: State, job: Job) -> Next:
        """Give it its folder, and let the bundle's reader look at it there."""
        plan = _plan(job)
        staged = Staged(bundle=job.bundle, release=job.release, form=plan.form, parts=plan.parts)
        self._store.stage(staged)
        try:
            load_bundle(self._store.folder(job.bundle, job.release))
        except BundleError as error:
            raise RefusedError(Why.BUNDLE, str(error), blame=True) from error
        others = tuple(item for item in state.staged if (item.bundle, item.release) != (job.bundle, job.release))
        state = _replace(state, staged=(*others, staged))
        return Next(transitions.moved(state, job, Phase.GOLDEN, system=self._site.system, strikes=0, orderly=False))

    def _by_delta(self, job: Job, part: Part, delta: DeltaPart) -> bool:
        """Try the shorter way; returns whether it led there."""
        base = self._bases.open(job.bundle, delta.base)
        if base is None:
            return False
        objects = self._store.objects
        with base:
            try:
                if not objects.has(delta.content):
                    self._fetch(job, TargetName(job.bundle, job.release, part.file).delta_from(delta.base), delta.content)
                with objects.open(delta.content) as file:
                    return objects.put(part.content, lambda target: apply(file, base, target, part.content))
            except (DeltaError, StatusError, LyingError):
                return False

    def _fetch(self, job: Job, path: str, content: Content) -> None:
        self._ports.repository(job.source).fetch(path, content, self._store.objects, self._count)

    def _count(self, size: int) -> None:
        self._fetched += size

    def _check_manifest(self, plan: Plan) -> None:
        """What the manifest says must be what was signed of the release."""
        parts = {part.file: part for part in plan.parts}
        path = self._store.objects.path(parts[MANIFEST_FILE].content)
        try:
            manifest = read_manifest(read(self._store.disk, path, _MANIFEST_BYTES))
        except ManifestError as error:
            raise RefusedError(Why.MANIFEST, str(error), blame=True) from error
        fault = _contradiction(manifest, plan, parts)
        chosen = choose(manifest, self._site.box.offers).variant
        if fault is None and (chosen is None or chosen.file != plan.form):
            fault = f"this box would run {'nothing' if chosen is None else chosen.file} of it, not {plan.form}"
        if fault is not None:
            msg = f"the manifest of release {plan.release.release} of {plan.release.bundle} is not what was signed: {fault}"
            raise RefusedError(Why.MANIFEST, msg, blame=True)


def _contradiction(manifest: Manifest, plan: Plan, parts: dict[str, Part]) -> str | None:
    if (manifest.name, manifest.version) != (plan.release.bundle, plan.release.version):
        return f"it is of {manifest.name} {manifest.version}"
    items: tuple[Variant | GoldenVectors, ...] = (manifest.golden, *manifest.variants)
    for item in items:
        part = parts.get(item.file)
        if part is None and item.file not in {manifest.golden.file, plan.form}:
            continue  # a variant for other boxes
        if part is None or (part.size, part.sha256) != (item.size, item.sha256):
            return f"{item.file} is another file"
    return None


def _plan(job: Job) -> Plan:
    assert job.plan is not None, "every phase behind resolve has one"
    return job.plan


def _without_delta(plan: Plan, part: Part) -> Plan:
    """The plan with the full file in place of a delta that leads nowhere."""
    bare = _replace(part, delta=None)
    return _replace(plan, parts=tuple(bare if item is part else item for item in plan.parts))
