"""What listens within a microphone's process, with a real network in a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from edge.analytics.gunshot.listener import ShotListener, make_listener
from edge.capture.sound.listener import HearingModel, Said
from edge.clock import Instant
from edge.runtime.plan import HearingPlan
from edge.runtime.planner import BundlePlanner
from hardware.accelerators import Accelerator
from models.bundle.bundle import BundleError, fetched
from models.bundle.litert import installed
from models.bundle.yamnet import SAMPLES
from models.recipes.yamnet.loading import inputs
from protocol.config import Microphone
from protocol.events import Phase
from simulator.faults.clocks import EPOCH
from tests.edge.analytics.gunshot.bundle import RATE, make_bundle
from tests.edge.analytics.gunshot.rendered import burst

BLOCK = 800
MICROPHONE = Microphone("mast", "street.wav")


def fed(listener: ShotListener, sound: np.ndarray, first: int) -> list[Said]:
    told: list[Said] = []
    for start in range(0, sound.shape[1], BLOCK):
        told += listener.take(sound[:, start : start + BLOCK], first + start, Instant(0.0, EPOCH))
    return told


def test_a_shot_is_told_where_it_is_in_the_stream_also_after_a_hole(tmp_path: Path) -> None:
    listener = make_listener(MICROPHONE, make_bundle(tmp_path))
    sound = burst(41, 1, 600, after_s=2.2).sound
    for first in (7_000, 900_000):
        told = fed(listener, sound, first)
        assert [(one.phase, one.observed.shots.value) for one in told] == [(Phase.NEW, 1.0), (Phase.END, 1.0)]
        assert told[0].onset == pytest.approx(first + 0.4 * RATE, abs=2e-4 * RATE)
        assert told[0].assessed is not None
        assert told[0].assessed.probability > 0.9
        assert listener.forget() == []
    assert listener.onsets >= 2


def test_a_hole_ends_what_goes_on(tmp_path: Path) -> None:
    listener = make_listener(MICROPHONE, make_bundle(tmp_path))
    told = fed(listener, burst(41, 1, 600, after_s=0.8).sound, 0)
    (ended,) = listener.forget()
    assert [one.phase for one in told] == [Phase.NEW]
    assert (ended.phase, ended.key) == (Phase.END, told[0].key)


def test_a_network_that_answers_otherwise_than_its_reference_does_not_listen(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="answers otherwise than its reference"):
        make_listener(MICROPHONE, make_bundle(tmp_path, told=1.0))


def test_a_variant_that_is_not_in_the_bundle_is_named(tmp_path: Path) -> None:
    model = make_bundle(tmp_path)
    with pytest.raises(BundleError, match=r"has no file 'other.onnx'"):
        make_listener(MICROPHONE, HearingModel(model.name, model.folder, "other.onnx", model.operating_point))


@pytest.mark.skipif(not installed(), reason="LiteRT: pip install ai-edge-litert")
@pytest.mark.skipif(not (fetched() / "yamnet").is_dir(), reason="YAMNet: lamplighter models fetch yamnet")
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_yamnet_listens_where_it_is_installed(rate: Literal[16_000, 48_000]) -> None:
    plan = BundlePlanner(fetched(), (Accelerator("cpu", "onnxruntime", ("int8",), available=True),)).listens(
        Microphone("mast", "street.wav", model="yamnet")
    )
    assert isinstance(plan, HearingPlan), plan
    listener = make_listener(Microphone("mast", "street.wav", rate_hz=rate), plan.model)
    apart = 4 * rate
    sound = 0.002 * np.random.default_rng(1).standard_normal((len(inputs()) + 1) * apart)
    for number, bangs in enumerate(inputs(), start=1):
        heard = np.repeat(bangs, rate // RATE)
        sound[number * apart : number * apart + len(heard)] += 0.5 * heard
    told = fed(listener, sound[None].astype(np.float32), 0)
    assert told, "each of its labels is heard in one of them"
    assert told[0].phase is Phase.NEW
    assert told[0].assessed is not None
    assert told[0].assessed.probability > 0.5
    assert told[0].onset % apart < SAMPLES * rate / RATE
