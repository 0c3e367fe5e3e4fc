"""What a box has, and for what it lacks, why."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.accelerators import Accelerator, detect, find_package

CUDA_BUILD = "ort/onnxruntime/capi/libonnxruntime_providers_cuda.so"


def box(root: Path, *nodes: str, usb: tuple[str, str] | None = None) -> Path:
    """A file system with device nodes."""
    for node in nodes:
        path = root / node
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    if usb is not None:
        device = root / "sys" / "bus" / "usb" / "devices" / "1-1"
        device.mkdir(parents=True)
        (device / "idVendor").write_text(usb[0] + "\n")
        (device / "idProduct").write_text(usb[1] + "\n")
    return root


def packages(root: Path, *names: str) -> object:
    def find(name: str) -> Path | None:
        return root / name if name in names else None

    return find


def offer(found: tuple[Accelerator, ...], name: str) -> Accelerator:
    return next(accelerator for accelerator in found if accelerator.name == name)


def test_this_box_has_a_cpu_and_a_reason_for_everything_else() -> None:
    found = detect()
    assert [accelerator.name for accelerator in found] == ["tensorrt", "cuda", "edgetpu", "cpu", "litert", "openvino"]
    assert offer(found, "cpu").available
    assert all(accelerator.available or accelerator.reason for accelerator in found)


@pytest.mark.parametrize(
    ("nodes", "usb", "installed", "name", "words"),
    [
        ((), None, (), "cpu", "not installed"),
        ((), None, ("onnxruntime",), "cuda", "no NVIDIA GPU"),
        (("dev/nvidia0",), None, ("onnxruntime",), "cuda", "built without CUDA"),
        (
            ("dev/nvhost-gpu", CUDA_BUILD),
            None,
            ("onnxruntime",),
            "cuda",
            "no code",
        ),
        ((), None, (), "tensorrt", "no NVIDIA GPU"),
        (("dev/nvidia0",), None, (), "tensorrt", "tensorrt is not installed"),
        (("dev/nvidia0",), None, ("tensorrt",), "tensorrt", "no code"),
        ((), None, (), "edgetpu", "no Edge TPU"),
        (("dev/apex_0",), None, (), "edgetpu", "libedgetpu not found; install"),
        ((), ("1a6e", "089a"), (), "edgetpu", "libedgetpu not found; install"),
        ((), ("18d1", "9302"), (), "edgetpu", "libedgetpu not found; install"),
        ((), ("046d", "0825"), (), "edgetpu", "no Edge TPU"),
        ((), None, ("onnxruntime",), "litert", "ai-edge-litert is not installed"),
        ((), None, ("onnxruntime",), "openvino", "openvino is not installed"),
    ],
)
def test_what_cannot_be_used_says_why(
    tmp_path: Path, nodes: tuple[str, ...], usb: tuple[str, str] | None, installed: tuple[str, ...], name: str, words: str
) -> None:
    root = box(tmp_path, *nodes, usb=usb)
    found = offer(detect(root, packages(root / "ort", *installed), lambda _: None), name)  # type: ignore[arg-type]
    assert not found.available
    assert words in found.reason


@pytest.mark.parametrize("usb", [None, ("1a6e", "089a")])
def test_an_edge_tpu_with_its_library_and_litert_can_be_used(tmp_path: Path, usb: tuple[str, str] | None) -> None:
    root = box(tmp_path, *(() if usb else ("dev/apex_0",)), usb=usb)
    with_library = detect(root, packages(root), lambda name: f"lib{name}.so.1")  # type: ignore[arg-type]
    assert "ai-edge-litert is not installed" in offer(with_library, "edgetpu").reason
    whole = detect(root, packages(root, "ai_edge_litert"), lambda name: f"lib{name}.so.1")  # type: ignore[arg-type]
    assert offer(whole, "edgetpu").available
    assert offer(whole, "litert").available


def test_a_package_is_found_without_importing_it() -> None:
    assert find_package("onnxruntime") is not None
    assert find_package("nothing_of_that_name") is None
