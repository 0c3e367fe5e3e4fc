"""Which variant runs where, and why no other: what an installer reads when a box runs the slow one."""

from __future__ import annotations

import msgspec
import pytest

from models.bundle.bundle import load_bundle, zoo
from models.bundle.choose import Offer, choose
from protocol.manifest import Manifest, Variant

CPU = Offer("cpu", "onnxruntime", ("int8", "fp32", "fp16"), available=True)
CUDA = Offer("cuda", "onnxruntime", ("fp16", "fp32"), available=True)
TPU = Offer("edgetpu", "edgetpu", ("int8",), available=True)
NO_TPU = Offer("edgetpu", "edgetpu", ("int8",), available=False, reason="no Coral is plugged in")


def manifest(*variants: str) -> Manifest:
    """A manifest with variants ``runtime/precision``; each file is named after its own."""
    made = []
    for text in variants:
        runtime, precision = text.split("/")
        made.append(Variant(f"{runtime}.{precision}", "0" * 64, 1, runtime, precision))
    return msgspec.structs.replace(load_bundle(zoo() / "person-vehicle-fast").manifest, variants=tuple(made))


ONNX_INT8, ONNX_FP16, ONNX_FP32 = "onnxruntime.int8", "onnxruntime.fp16", "onnxruntime.fp32"
BOTH = ("onnxruntime/int8", "onnxruntime/fp16")


@pytest.mark.parametrize(
    ("variants", "offers", "chosen", "accelerator", "rejected"),
    [
        pytest.param(BOTH, [CPU], ONNX_INT8, "cpu", {(ONNX_FP16, "cpu"): f"{ONNX_INT8} on cpu is better"}, id="cpu"),
        pytest.param(
            BOTH[::-1],
            [CPU],
            ONNX_INT8,
            "cpu",
            {(ONNX_FP16, "cpu"): f"{ONNX_INT8} on cpu is better"},
            id="any order in the file",
        ),
        pytest.param(
            BOTH,
            [CUDA, CPU],
            ONNX_FP16,
            "cuda",
            {
                (ONNX_INT8, "cuda"): "int8 is not run here (fp16, fp32)",
                (ONNX_INT8, "cpu"): f"{ONNX_FP16} on cuda is better",
                (ONNX_FP16, "cpu"): f"{ONNX_FP16} on cuda is better",
            },
            id="the better accelerator decides, not the better precision of a worse one",
        ),
        pytest.param(
            ("onnxruntime/int8",),
            [CUDA, CPU],
            ONNX_INT8,
            "cpu",
            {(ONNX_INT8, "cuda"): "int8 is not run here (fp16, fp32)"},
            id="the next one when it cannot",
        ),
        pytest.param(
            ("edgetpu/int8", "onnxruntime/int8"),
            [NO_TPU, CPU],
            ONNX_INT8,
            "cpu",
            {
                ("edgetpu.int8", "edgetpu"): "no Coral is plugged in",
                (ONNX_INT8, "edgetpu"): "no Coral is plugged in",
                ("edgetpu.int8", "cpu"): "made for edgetpu, this accelerator runs onnxruntime",
            },
            id="what is not there, with its reason",
        ),
        pytest.param(
            ("onnxruntime/fp16",),
            [TPU],
            None,
            "",
            {(ONNX_FP16, "edgetpu"): "made for onnxruntime, this accelerator runs edgetpu"},
            id="nothing runs",
        ),
        pytest.param(("onnxruntime/int8",), [], None, "", {}, id="a box without any"),
        pytest.param(
            ("onnxruntime/fp32", "onnxruntime/fp16"),
            [CPU],
            ONNX_FP32,
            "cpu",
            {(ONNX_FP16, "cpu"): f"{ONNX_FP32} on cpu is better"},
            id="in the accelerator's own order",
        ),
    ],
)
def test_the_choice_and_every_refusal(
    variants: tuple[str, ...], offers: list[Offer], chosen: str | None, accelerator: str, rejected: dict[tuple[str, str], str]
) -> None:
    choice = choose(manifest(*variants), offers)
    assert (choice.variant.file if choice.variant else None) == chosen
    assert choice.accelerator == accelerator
    assert {(r.variant, r.accelerator): r.reason for r in choice.rejected} == rejected
    assert len(choice.rejected) + (chosen is not None) == len(variants) * len(offers), "each pair is accounted for"


def test_not_available_without_a_reason_still_says_so() -> None:
    choice = choose(manifest("edgetpu/int8"), [Offer("edgetpu", "edgetpu", ("int8",), available=False)])
    assert [r.reason for r in choice.rejected] == ["not available"]


def test_what_was_measured_quicker_is_chosen_and_what_was_not_measured_never_is() -> None:
    litert = Offer("litert", "litert", ("int8",), available=True)
    both = msgspec.structs.replace(
        manifest(),
        variants=tuple(
            Variant(f"{runtime}.int8", digit * 64, 1, runtime, "int8")
            for digit, runtime in (("a", "onnxruntime"), ("b", "litert"))
        ),
    )
    cpu, other = ("a" * 64, "cpu"), ("b" * 64, "litert")
    for times, used in (
        ({}, "cpu"),
        ({other: 1.0}, "litert"),
        ({cpu: 10.0}, "cpu"),
        ({cpu: 10.0, other: 9.5}, "cpu"),
        ({cpu: 10.0, other: 8.0}, "litert"),
        ({cpu: 10.0, other: 8.0, ("b" * 64, "cpu"): 1.0}, "litert"),
    ):
        choice = choose(both, (CPU, litert), times)
        assert choice.accelerator == used, times
        assert len(choice.rejected) == 3
        assert all(rejection.reason for rejection in choice.rejected)
    assert "is quicker: 8.0 ms, here 10.0" in choose(both, (CPU, litert), {cpu: 10.0, other: 8.0}).rejected[0].reason
    assert "is better: 10.0 ms, here 9.5" in choose(both, (CPU, litert), {cpu: 10.0, other: 9.5}).rejected[0].reason
