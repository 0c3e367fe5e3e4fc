"""Plans from the bundles of a box and the accelerators that it has."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from edge.capture.sound.listener import HearingModel
from edge.gate.expected import Acuity
from edge.infer.messages import ModelOrder, Task
from edge.region import Size
from edge.runtime.plan import HearingPlan, NoPlan, Plan, PlatePlan, Proof, bundles_of
from hardware.accelerators import Accelerator
from models.bundle.boxes import DECODERS
from models.bundle.bundle import Bundle, BundleError, load_bundle
from models.bundle.choose import UNMEASURED, Choice, Offer, Times, choose
from models.bundle.litert import PACKAGE, RUNTIME, installed
from models.bundle.plates import CHARACTERS, CORNERS, LABEL, VEHICLE_POINT, VEHICLES
from protocol.config import Anpr, Microphone, Source
from protocol.events import ModelRef
from protocol.manifest import Manifest

ENTRIES = {
    "cpu": "edge.infer.onnx_cpu:OnnxCpu",
    "litert": "edge.infer.litert_cpu:LiteRtCpu",
    "openvino": "edge.infer.openvino_cpu:OpenVinoCpu",
    "edgetpu": "edge.infer.edgetpu:EdgeTpu",
}
"""Where each accelerator is made."""

SOUNDS = ("sound-pictures", "sound-classes")
"""How the outputs of a model that listens are read."""

PROCESSOR = "cpu"
"""Where models listen: they are small, and sound stays in one process (docs/adr/0022-sound-stays-in-one-process.md)."""

PROVES_SOUND = (PROCESSOR, "litert")
"""Where such a model is proven, as the process that listens would run it."""

PRECISIONS = ("int8", "fp16", "fp32")
"""As LiteRT runs them best."""

LEAST_PX = "least-px"
"""Setting of an operating point: height of the smallest person that the model finds well, pixels of its input."""

SURE = "sure"
"""Setting of an operating point: score from which a detection begins a track."""

DEFAULT_POINT = "default"
"""Operating point of models of plates."""

PERSON_LABEL = "person"
"""First label of every detector that counts people; the pipeline picks its class by place."""


class BundlePlanner:
    """Chooses from a folder of bundles.

    Args:
        folder: holds a folder for each bundle, by its name.
        accelerators: what the box has, the best first.
        entries: where each accelerator is made, ``package.module:Class`` by name.
        times: what was measured on this box.

    Attributes:
        standby: what the processor runs, which looks while another accelerator fails.
        places: folders of bundles that lie elsewhere, by name.
    """

    def __init__(
        self,
        folder: Path,
        accelerators: tuple[Accelerator, ...],
        entries: dict[str, str] | None = None,
        times: Times = UNMEASURED,
    ) -> None:
        self.folder = folder
        self._times = times
        self._entries = ENTRIES if entries is None else entries
        self._offers = tuple(self._offer(accelerator) for accelerator in accelerators)
        self.standby = tuple(self._offer(accelerator) for accelerator in accelerators if accelerator.on_processor)
        self.places: dict[str, Path] = {}

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What takes part in the choice, with the reason of each that cannot be used."""
        return self._offers

    def entry(self, accelerator: str) -> str:
        """Where an accelerator that takes part in the choice is made."""
        return self._entries[accelerator]

    def choices(self, source: Source) -> Iterator[tuple[str, Choice]]:
        """Of each bundle that looks at a source, as :meth:`plan` chooses: which variant runs where, and why no other.

        Raises:
            BundleError: when one is not there.
        """
        looks = self._choice(load_bundle(self.place(source.bundle)), on_processor=False, measured=source.anpr is None)
        yield source.bundle, looks
        for name in bundles_of(source)[1:]:
            yield name, self._beside(load_bundle(self.place(name)).manifest, looks.accelerator)

    def place(self, name: str) -> Path:
        """Where a bundle lies, if there is one of that name."""
        return self.places.get(name, self.folder / name)

    def replaced(self, bundle: str, folder: Path | None) -> BundlePlanner:
        """See :class:`edge.runtime.plan.Planner`."""
        planner = copy.copy(self)
        planner.places = {name: place for name, place in self.places.items() if name != bundle}
        if folder is not None:
            planner.places[bundle] = folder
        return planner

    def plan(self, source: Source, *, on_processor: bool = False) -> Plan | NoPlan:
        """See :class:`edge.runtime.plan.Planner`."""
        bundle = self._bundle(source.bundle)
        if isinstance(bundle, NoPlan):
            return bundle
        point = source.operating_point
        if point not in bundle.manifest.operating_points:
            return NoPlan("model-operating-point", _unknown_point(bundle.manifest, point))
        if bundle.manifest.output.decoder not in DECODERS:
            needed = " or ".join(DECODERS)
            found = f"{source.bundle} has {bundle.manifest.output.decoder}"
            return NoPlan("model-finds-no-people", f"{found}; counting needs {needed}: name another bundle")
        if bundle.manifest.labels[:1] != (PERSON_LABEL,):
            first = ", ".join(bundle.manifest.labels[:3])
            return NoPlan("model-finds-no-people", f"{source.bundle} finds {first}; counting needs {PERSON_LABEL!r} first")
        choice = self._choice(bundle, on_processor=on_processor, measured=source.anpr is None)
        if choice.variant is None:
            why = "; ".join(f"{r.variant} on {r.accelerator}: {r.reason}" for r in choice.rejected)
            return NoPlan("model-unsuitable", f"no variant of {source.bundle} runs on this box: {why}")
        order = ModelOrder(f"{source.bundle}@{point}", str(bundle.folder), choice.variant.file, point)
        ref = bundle.ref(choice.variant, point)
        plates = None if source.anpr is None else self._plates(source.anpr, bundle, choice.accelerator)
        settings = bundle.manifest.operating_points[point].settings
        return Plan(
            choice.accelerator,
            self._entries[choice.accelerator],
            order,
            ref,
            bundle.manifest.labels,
            plates,
            _acuity(bundle.manifest, settings.get(LEAST_PX)),
            settings.get(SURE),
        )

    def listens(self, microphone: Microphone) -> HearingPlan | NoPlan:
        """See :class:`edge.runtime.plan.Planner`."""
        name, point = microphone.model, microphone.operating_point
        bundle = self._bundle(name)
        if isinstance(bundle, NoPlan):
            return bundle
        found = bundle.manifest.output.decoder
        if found not in SOUNDS:
            return NoPlan(
                "model-hears-nothing", f"{name} has {found}; listening needs {' or '.join(SOUNDS)}: name another bundle"
            )
        if point not in bundle.manifest.operating_points:
            return NoPlan("model-operating-point", _unknown_point(bundle.manifest, point))
        choice = choose(bundle.manifest, [*(offer for offer in self._offers if offer.accelerator == PROCESSOR), _litert()])
        if choice.variant is None:
            why = "; ".join(f"{r.variant}: {r.reason}" for r in choice.rejected)
            return NoPlan("model-unsuitable", f"no variant of {name} runs on the processor: {why}")
        model = HearingModel(f"{name}@{point}", str(bundle.folder), choice.variant.file, point)
        return HearingPlan(model, bundle.ref(choice.variant, point))

    def proves(self, bundle: str) -> Proof | NoPlan:
        """See :class:`edge.runtime.plan.Planner`."""
        found = self._bundle(bundle)
        if isinstance(found, NoPlan):
            return found
        listens = found.manifest.output.decoder in SOUNDS
        choice = choose(found.manifest, [offer for offer in self._offers if not listens or offer.accelerator in PROVES_SOUND])
        if choice.variant is None:
            why = "; ".join(f"{r.variant} on {r.accelerator}: {r.reason}" for r in choice.rejected)
            return NoPlan("model-unsuitable", f"no variant of {bundle} runs on this box: {why}")
        order = ModelOrder(bundle, str(found.folder), choice.variant.file, "", Task.PROOF)
        return Proof(choice.accelerator, self._entries[choice.accelerator], order)

    def _bundle(self, name: str) -> Bundle | NoPlan:
        try:
            return load_bundle(self.place(name))
        except BundleError as error:  # its folder would leave no room for the remedy
            return NoPlan("model-missing", str(error).replace(f"{self.place(name).parent}/", ""))

    def _plates(self, anpr: Anpr, vehicles: Bundle, accelerator: str) -> PlatePlan | NoPlan:
        """Choose what finds and reads plates, on the accelerator that finds the vehicles."""
        manifest = vehicles.manifest
        point = manifest.operating_points.get(VEHICLE_POINT)
        if point is None or not set(VEHICLES) & set(manifest.labels) & set(point.thresholds):
            has = f"needs a label of {', '.join(VEHICLES)} and the operating point {VEHICLE_POINT!r} for it"
            return NoPlan("model-finds-no-vehicles", f"{manifest.name} finds no vehicles: reading plates {has}")
        detector = self._of_plates(anpr.detector, CORNERS, "model-finds-no-plates", accelerator)
        if isinstance(detector, NoPlan):
            return detector
        reader = self._of_plates(anpr.reader, CHARACTERS, "model-reads-no-plates", accelerator)
        return reader if isinstance(reader, NoPlan) else PlatePlan(*detector, *reader)

    def _of_plates(self, name: str, decoder: str, code: str, accelerator: str) -> tuple[ModelOrder, ModelRef] | NoPlan:
        bundle = self._bundle(name)
        if isinstance(bundle, NoPlan):
            return bundle
        found, point = bundle.manifest.output.decoder, bundle.manifest.operating_points.get(DEFAULT_POINT)
        if found != decoder:
            return NoPlan(code, f"{name} has {found}; {decoder} is needed: name another bundle")
        if point is None or LABEL not in point.thresholds:
            return NoPlan(code, f"{name} has no operating point {DEFAULT_POINT!r} for {LABEL!r}: name another bundle")
        choice = self._beside(bundle.manifest, accelerator)
        if choice.variant is None:
            why = "; ".join(f"{r.variant}: {r.reason}" for r in choice.rejected if r.accelerator == accelerator)
            return NoPlan("model-unsuitable", f"no variant of {name} runs on {accelerator}, where vehicles are found: {why}")
        order = ModelOrder(f"{name}@{DEFAULT_POINT}", str(bundle.folder), choice.variant.file, DEFAULT_POINT, Task.PLATES)
        return order, bundle.ref(choice.variant, DEFAULT_POINT)

    def _beside(self, manifest: Manifest, accelerator: str) -> Choice:
        """Of a model of plates, on the accelerator where vehicles are found."""
        why = f"vehicles are found on {accelerator}" if accelerator else "nothing here finds vehicles"
        others = [
            offer if offer.accelerator == accelerator else replace(offer, available=False, reason=why) for offer in self._offers
        ]
        return choose(manifest, others)

    def _choice(self, bundle: Bundle, *, on_processor: bool, measured: bool) -> Choice:
        """With what was measured, of the files that are here: an update brings only those that it needs."""
        here = tuple(v for v in bundle.manifest.variants if (bundle.folder / v.file).is_file())
        known = {v.sha256 for v in here}
        times = {(sha256, name): ms for (sha256, name), ms in self._times.items() if measured and sha256 in known}
        if on_processor:
            return choose(msgspec.structs.replace(bundle.manifest, variants=here), self.standby, times)
        return choose(bundle.manifest, self._offers, times)

    def _offer(self, found: Accelerator) -> Offer:
        available = found.available and found.name in self._entries
        reason = found.reason or ("" if available else "this version of the agent has no code for it")
        return Offer(found.name, found.runtime, found.precisions, available, reason)


def _acuity(manifest: Manifest, least_px: float | None) -> Acuity | None:
    return None if not least_px else Acuity(Size(manifest.input.width, manifest.input.height), least_px)


def _litert() -> Offer:
    """What listens may also be run by LiteRT, in its own process."""
    return Offer(PROCESSOR, RUNTIME, PRECISIONS, installed(), f"LiteRT is not here: pip install {PACKAGE}")


def _unknown_point(manifest: Manifest, point: str) -> str:
    return f"bundle {manifest.name} has no operating point {point!r}; it has {', '.join(sorted(manifest.operating_points))}"
