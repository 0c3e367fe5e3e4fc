"""Row 10: what an order means on this box is read from signed metadata, and refused before anything is fetched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from models.bundle.choose import Offer, choose
from ota.deltafile import Content
from ota.device.catalogue import Target
from ota.device.errors import MissingError, RefusedError, Why
from ota.device.resolve import FILE_BYTES, RESERVE_BYTES, Box, check_room, form_for, objection, resolve
from ota.device.state import Quarantined, State
from ota.device.stick import offered
from protocol.manifest import read_manifest
from protocol.release import Difference, TargetName, to_custom
from simulator.updates.bundles import files_of, release_of

NAME = "plate-reader"
CPU = Offer("cpu", "onnxruntime", ("int8", "fp32"), available=True)
GPU = Offer("gpu", "tensorrt", ("fp16", "int8"), available=True)
TPU = Offer("tpu", "edgetpu", ("int8",), available=True)
FP32 = replace(CPU, precisions=("fp32",))
BOX = Box("Raspberry Pi 5 Model B Rev 1.0", "0.2.1", (CPU,))
FILES = {release: files_of(NAME, release) for release in (1, 2, 3)}


class Signed:
    """A catalogue in a dictionary."""

    def __init__(self, release: int = 2, said: Any = None, **of_release: Any) -> None:
        self.targets: dict[str, Target] = {}
        files = FILES[release]
        custom = to_custom(release_of(files, release, **of_release)) if said is None else said
        for file, data in files.items():
            self.put(TargetName(NAME, 2, file).path, Content.of(data), custom if file == "manifest.json" else None)

    def put(self, path: str, content: Content, custom: object = None) -> None:
        self.targets[path] = Target(path, content, custom)

    def find(self, path: str) -> Target | None:
        return self.targets.get(path)

    def paths(self) -> tuple[str, ...]:
        return tuple(self.targets)


def test_what_is_fetched_is_what_this_box_needs() -> None:
    plan = resolve(NAME, 2, Signed(), BOX, ())
    assert plan.form == f"{NAME}.int8.onnx"
    assert {part.file: part.content for part in plan.parts} == {
        file: Content.of(data) for file, data in FILES[2].items() if "fp16" not in file
    }
    assert not any(part.delta for part in plan.parts)
    assert resolve(NAME, 2, Signed(), replace(BOX, offers=(GPU, CPU)), ()).form == f"{NAME}.fp16.onnx"


def test_row_50_what_stands_in_is_fetched_too() -> None:
    """A box runs the release on its processor while its accelerator fails."""
    plan = resolve(NAME, 2, Signed(), replace(BOX, offers=(GPU, CPU), standby=(CPU,)), ())
    assert plan.form == f"{NAME}.fp16.onnx"
    assert {part.file for part in plan.parts} >= {f"{NAME}.fp16.onnx", f"{NAME}.int8.onnx"}
    assert resolve(NAME, 2, Signed(), replace(BOX, standby=(CPU,)), ()) == resolve(NAME, 2, Signed(), BOX, ())
    without = replace(BOX, offers=(GPU, CPU), standby=(replace(CPU, available=False),))
    assert resolve(NAME, 2, Signed(), without, ()) == resolve(NAME, 2, Signed(), replace(BOX, offers=(GPU, CPU)), ())


@pytest.mark.parametrize("offers", [(CPU,), (GPU,), (CPU, GPU), (GPU, CPU), (TPU, CPU), (replace(GPU, available=False), CPU)])
def test_the_variant_is_the_one_that_the_agent_will_choose(offers: tuple[Offer, ...]) -> None:
    chosen = choose(read_manifest(FILES[2]["manifest.json"]), offers).variant
    form = form_for(release_of(FILES[2], 2).forms, offers)
    assert (form and form.file) == (chosen and chosen.file)
    assert form is not None


def without(file: str) -> Signed:
    signed = Signed()
    del signed.targets[f"{NAME}/2/{file}"]
    return signed


def large() -> Signed:
    signed = Signed()
    signed.put(f"{NAME}/2/golden.npz", Content(FILE_BYTES + 1, "0" * 64))
    return signed


@pytest.mark.parametrize(
    ("signed", "box", "why", "words"),
    [
        pytest.param(lambda: Signed(hardware=("Jetson",)), BOX, Why.HARDWARE, "for Jetson; this is a Rasp", id="10: board"),
        pytest.param(lambda: Signed(agent="0.3"), BOX, Why.AGENT, "needs agent 0.3, this is 0.2.1", id="10: agent"),
        pytest.param(Signed, replace(BOX, offers=(TPU,)), Why.RUNTIME, "this box has edgetpu int8", id="10: runtime"),
        pytest.param(Signed, replace(BOX, offers=(FP32,)), Why.RUNTIME, "onnxruntime fp32", id="10: precision"),
        pytest.param(
            Signed, replace(BOX, offers=(replace(CPU, available=False),)), Why.RUNTIME, "has nothing", id="10: nothing works"
        ),
        pytest.param(lambda: Signed(3), BOX, Why.METADATA_WRONG, "is release 3 of", id="another release under this name"),
        pytest.param(lambda: Signed(said={}), BOX, Why.METADATA_WRONG, "say nothing of a release", id="nothing said"),
        pytest.param(lambda: Signed(said={"release": {}}), BOX, Why.METADATA_WRONG, "cannot be read", id="nonsense said"),
        pytest.param(lambda: Signed(said=[1]), BOX, Why.METADATA_WRONG, "cannot be read", id="no object"),
        pytest.param(lambda: without("golden.npz"), BOX, Why.METADATA_WRONG, "golden.npz is not signed", id="a file of it"),
        pytest.param(large, BOX, Why.TOO_LARGE, "bytes, at most", id="2: a file too large"),
    ],
)  # fmt: skip
def test_row_10_what_does_not_fit_is_refused(signed: Callable[[], Signed], box: Box, why: Why, words: str) -> None:
    with pytest.raises(RefusedError, match=words) as caught:
        resolve(NAME, 2, signed(), box, ())
    assert caught.value.why is why
    assert not caught.value.blame, "it may fit another box, or be signed better"


def test_a_release_that_is_not_there_may_come() -> None:
    with pytest.raises(MissingError, match="release 7 of plate-reader is not in the repository"):
        resolve(NAME, 7, Signed(), BOX, ())


def why(signed: Signed, box: Box) -> Why | None:
    try:
        resolve(NAME, 2, signed, box, ())
    except RefusedError as error:
        return error.why
    return None


@pytest.mark.parametrize(
    ("asked", "here", "fits"),
    [
        (("Raspberry Pi 5",), BOX.board, True),
        (("Jetson", "Raspberry"), BOX.board, True),
        ((), BOX.board, True),
        (("Pi 5",), BOX.board, False),
        (("raspberry",), BOX.board, False),
        (("Raspberry Pi 5 Model B Rev 1.0.1",), BOX.board, False),
        (("Jetson",), "", False),
    ],
)
def test_boards_are_named_by_their_beginnings(asked: tuple[str, ...], here: str, fits: bool) -> None:
    assert why(Signed(hardware=asked), replace(BOX, board=here)) is (None if fits else Why.HARDWARE)


@pytest.mark.parametrize(
    ("asked", "here", "fits"),
    [("0.1", "0.2.1", True), ("0.2.1", "0.2.1", True), ("0.2.2", "0.2.1", False), ("0.10", "0.9", False),
     ("0.2", "0.2.0", True), ("0.2.0", "0.2", True), ("1.0", "0.99.99", False), ("0.2", "0.2.dev3", True),
     ("0.3", "0.2.dev3", False), ("0.1", "unknown", False)],
)  # fmt: skip
def test_versions_of_the_agent(asked: str, here: str, fits: bool) -> None:
    assert why(Signed(agent=asked), replace(BOX, agent=here)) is (None if fits else Why.AGENT)


MODEL = f"{NAME}.int8.onnx"
BASE, RESULT = Content.of(FILES[1][MODEL]), Content.of(FILES[2][MODEL])


def with_delta(base: Content = BASE, size: int = 500, said: Any = None) -> Signed:
    signed = Signed()
    said = to_custom(Difference(base.sha256, RESULT.sha256, RESULT.size)) if said is None else said
    signed.put(TargetName(NAME, 2, MODEL).delta_from(base.sha256), Content(size, "d" * 64), said)
    return signed


def delta_of(signed: Signed, *bases: Content) -> int | None:
    plan = resolve(NAME, 2, signed, BOX, bases)
    (delta,) = [part.delta for part in plan.parts if part.file == MODEL]
    return None if delta is None else delta.size


def test_a_delta_from_what_is_here_is_taken() -> None:
    assert delta_of(with_delta(), BASE) == 500
    assert delta_of(with_delta()) is None
    assert delta_of(with_delta(), Content(5, "e" * 64)) is None


def test_the_shortest_of_several() -> None:
    signed = with_delta()
    other = Content(77, "a" * 64)
    difference = to_custom(Difference(other.sha256, RESULT.sha256, RESULT.size))
    signed.put(TargetName(NAME, 2, MODEL).delta_from(other.sha256), Content(300, "c" * 64), difference)
    assert delta_of(signed, BASE, other) == 300


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({}, id="nothing said"),
        pytest.param(to_custom(Difference("b" * 64, RESULT.sha256, RESULT.size)), id="20: from another base"),
        pytest.param(to_custom(Difference(BASE.sha256, "b" * 64, RESULT.size)), id="20: to another file"),
        pytest.param(to_custom(Difference(BASE.sha256, RESULT.sha256, 5)), id="20: of another size"),
        pytest.param({"difference": 5}, id="nonsense said"),
    ],
)
def test_row_20_a_delta_that_is_signed_wrongly_is_left(said: Any) -> None:
    assert delta_of(with_delta(said=said), BASE) is None


def test_a_delta_that_saves_nothing_is_left() -> None:
    assert delta_of(with_delta(size=RESULT.size), BASE) is None


def test_row_18_what_does_not_fit_on_the_disk_is_refused_before_it_is_fetched() -> None:
    plan = resolve(NAME, 2, with_delta(), BOX, (BASE,))
    needed = sum(part.size for part in plan.parts) + 500
    check_room(plan, lambda _: False, needed + RESERVE_BYTES, 1000, needed + 1000)
    with pytest.raises(RefusedError, match=f"{needed} bytes are needed, {needed - 1} are free") as caught:
        check_room(plan, lambda _: False, needed + RESERVE_BYTES - 1, 0, 1 << 40)
    assert caught.value.why is Why.DISK_FULL
    with pytest.raises(RefusedError, match="allow more") as caught:
        check_room(plan, lambda _: False, 1 << 40, 1001, needed + 1000)
    assert caught.value.why is Why.DISK_BUDGET
    check_room(plan, lambda _: True, RESERVE_BYTES, 0, 0)


def test_row_8_what_is_older_or_has_failed_is_refused() -> None:
    state = State(committed={NAME: 4}, quarantine=(Quarantined(bundle=NAME, release=5, code="hot"),))
    found = {release: objection(state, NAME, release) for release in (3, 4, 5, 6)}
    assert {release: error and error.why for release, error in found.items()} == {
        3: Why.OLDER, 4: None, 5: Why.QUARANTINED, 6: None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State(), ((NAME, 2),)),
        (State(running={NAME: 1}), ((NAME, 2),)),
        (State(running={NAME: 2}), ()),
        (State(committed={NAME: 3}), ()),
        (State(quarantine=(Quarantined(bundle=NAME, release=2, code="hot"),)), ()),
    ],
)
def test_of_a_stick_what_is_newer_is_taken(state: State, expected: tuple[tuple[str, int], ...]) -> None:
    signed = Signed()
    for path in (
        "other/9/manifest.json",
        f"{NAME}/x/manifest.json",
        f"{NAME}/٣/manifest.json",
        f"{NAME}/7/golden.npz",
        "a",
        "",
    ):
        signed.put(path, Content(1, "0" * 64))
    signed.put(f"{NAME}/{'9' * 40}/manifest.json", Content(1, "0" * 64))
    assert offered(signed, state, {NAME}) == expected
