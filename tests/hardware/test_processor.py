"""Which processors cut off sums of 8-bit products: x86 without VNNI, and an x86 that does not say."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from hardware.processor import saturates

SKYLAKE = "processor\t: 0\nmodel name\t: Intel(R) Core(TM) i5-6500\nflags\t\t: fpu sse4_1 avx avx2 fma\nbugs\t\t: meltdown\n\n"
ALDER_LAKE = "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu sse4_1 avx avx2 avx_vnni fma\n\n"
EPYC = "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu avx2 avx512f avx512_vnni\n\n"
CORTEX = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU implementer\t: 0x41\n\n"


@pytest.mark.parametrize(
    ("machine", "cpuinfo", "expected"),
    [
        pytest.param("x86_64", SKYLAKE, True, id="AVX2 alone"),
        pytest.param("x86_64", ALDER_LAKE, False, id="AVX-VNNI"),
        pytest.param("x86_64", EPYC, False, id="AVX-512 VNNI"),
        pytest.param("AMD64", SKYLAKE, True, id="as Windows and the BSDs say it"),
        pytest.param("x86_64", "", True, id="says nothing"),
        pytest.param("x86_64", "model name : avx_vnni\nflags : fpu\n", True, id="a name is no flag"),
        pytest.param("x86_64", None, True, id="nothing to read"),
        pytest.param("aarch64", CORTEX, False, id="ARM"),
        pytest.param("aarch64", None, False, id="ARM, nothing to read"),
    ],
)
def test_who_saturates(tmp_path: Path, machine: str, cpuinfo: str | None, *, expected: bool) -> None:
    if cpuinfo is not None:
        (tmp_path / "proc").mkdir()
        (tmp_path / "proc" / "cpuinfo").write_text(cpuinfo, "ascii")
    assert saturates(tmp_path, machine) is expected


def test_this_machine() -> None:
    text = Path("/proc/cpuinfo").read_text("ascii", "replace")
    assert saturates() is (platform.machine() == "x86_64" and "vnni" not in text)
