"""A new release of the bundle that listens, on a box with a microphone: real networks, a real process of the microphone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ota.device.state import Phase
from protocol.config import Microphone
from simulator.updates.repository import ROLES
from tests.edge.analytics.gunshot.bundle import NAME, make_bundle
from tests.edge.analytics.gunshot.rendered import burst
from tests.edge.capture.sound.sounds import write_wav
from tests.edge.infer.test_plates import CPU
from tests.edge.runtime.box import QUICK as POLICY
from tests.edge.runtime.box import Box
from tests.edge.updates.obeying import ENTRY
from tests.edge.updates.site import FINAL, QUICK, Site, Start

CRITERIA = replace(QUICK, probation_looks=2, stall_s=20.0)
"""Seconds of sound; and a machine that is busy elsewhere may take its time to open a microphone."""
STRICT = replace(CRITERIA, stall_s=1.0)
"""For those that never answer."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, tmp_path / "no clip")


@pytest.fixture
def microphone(tmp_path: Path) -> Microphone:
    return Microphone("roof", str(write_wav(tmp_path / "street.wav", burst(41, 1, 600, after_s=0.5).sound)), repeat=True)


def box(site: Site) -> Box:
    return Box(site.folder / "models", replace(POLICY, listener=ENTRY), CPU)


def release(site: Site, number: int, told: float = 3.0, labels: tuple[str, str] = ("gunshot", "fireworks")) -> None:
    made = site.folder / f"made-{number}"
    make_bundle(made, told, f"9.{number}.0", labels)
    site.repository.add({path.name: path.read_bytes() for path in (made / NAME).iterdir()}, number)
    site.repository.publish(ROLES[1:])


def versions(start: Start) -> list[str]:
    """Versions that heard shots, in order."""
    found = [here.model.version for here in start.box.heard]
    return [version for i, version in enumerate(found) if i == 0 or found[i - 1] != version]


def listens_with(start: Start, version: str) -> Callable[[], bool]:
    return lambda: versions(start)[-1:] == [version]


def ended(site: Site) -> bool:
    return any(report.step in FINAL for report in site.said if report.counter == site.counter)


def code(site: Site) -> str:
    reason = site.said[-1].reason
    return "" if reason is None else reason.code


def test_a_good_release_is_proven_swapped_in_and_listens_from_then_on(site: Site, microphone: Microphone) -> None:
    make_bundle(site.folder / "models")
    release(site, 1)
    with site.mirror() as mirror, site.started(mirror, criteria=CRITERIA, looks=(box(site), microphone)) as start:
        start.until(listens_with(start, "1.0.0"))
        start.updates.take(site.orders(1, bundle=NAME))
        start.until(lambda: ended(site))
        assert site.steps() == ["accepted", "fetched", "on-probation", "succeeded"], site.said[-1]
        assert (site.said[-1].running, site.said[-1].agreement) == (1, None), "nothing listened beside the old one"
        start.until(listens_with(start, "9.1.0"))
        assert versions(start) == ["1.0.0", "9.1.0"]
        assert start.box.codes("microphone roof") == ()
    with site.started(looks=(box(site), microphone)) as start:
        start.until(listens_with(start, "9.1.0"))
        assert versions(start) == ["9.1.0"], "the next start begins with it"


KNOWING, KNOWING_NOTHING = ("gunshot", "fireworks"), ("thunder", "fireworks")


@pytest.mark.parametrize(("does", "labels"), [("hang", KNOWING), ("crash", KNOWING), ("", KNOWING_NOTHING)])
def test_one_that_does_not_listen_gives_way_to_the_old_one(
    site: Site, microphone: Microphone, does: str, labels: tuple[str, str]
) -> None:
    """Each answers as its reference; the last one knows no shot."""
    make_bundle(site.folder / "models")
    release(site, 1, labels=labels)
    (site.folder / "9.1.0").write_text(does)
    with site.mirror() as mirror, site.started(mirror, criteria=STRICT, looks=(box(site), microphone)) as start:
        start.until(lambda: bool(start.box.heard))
        start.updates.take(site.orders(1, bundle=NAME))
        start.until(lambda: ended(site))
        assert (site.steps()[-1], code(site)) == ("rolled-back", "stalled"), site.said[-1]
        assert start.updates.state.is_quarantined(NAME, 1)
        before = len(start.box.heard)
        start.until(lambda: len(start.box.heard) > before)
        assert versions(start) == ["1.0.0"]


@pytest.mark.parametrize(("told", "ratio", "why"), [(1.0, 50.0, "golden"), (3.0, 1e-3, "slow")])
def test_one_that_answers_otherwise_than_its_reference_or_slower_than_the_old_one_never_listens(
    site: Site, microphone: Microphone, told: float, ratio: float, why: str
) -> None:
    make_bundle(site.folder / "models")
    release(site, 1, told)
    criteria = replace(CRITERIA, latency_ratio=ratio)
    with site.mirror() as mirror, site.started(mirror, criteria=criteria, looks=(box(site), microphone)) as start:
        start.updates.take(site.orders(1, bundle=NAME))
        start.until(lambda: ended(site))
        assert (site.steps()[-1], code(site)) == ("refused", why), site.said[-1]
        start.until(lambda: bool(start.box.heard))
        assert versions(start) == ["1.0.0"]


def test_a_microphone_that_waits_for_its_first_bundle_gets_it_over_the_air(site: Site, microphone: Microphone) -> None:
    release(site, 1)
    with site.mirror() as mirror, site.started(mirror, criteria=CRITERIA, looks=(box(site), microphone)) as start:
        assert start.box.codes("microphone roof") == ("model-missing",)
        start.updates.take(site.orders(1, bundle=NAME))
        start.until(lambda: ended(site))
        assert site.steps()[-1] == "succeeded", site.said[-1]
        start.until(listens_with(start, "9.1.0"))


def test_one_that_nothing_uses_is_proven_and_kept(site: Site) -> None:
    release(site, 1)
    release(site, 2, told=1.0)
    with site.mirror() as mirror, site.started(mirror, criteria=CRITERIA, looks=(box(site), None)) as start:
        start.updates.take(site.orders(1, bundle=NAME))
        start.until(lambda: ended(site))
        assert site.steps()[-1] == "succeeded", site.said[-1]
        start.updates.take(site.orders(2, bundle=NAME))
        start.until(lambda: ended(site))
        assert (site.steps()[-1], code(site)) == ("refused", "golden")
        assert start.updates.state.running == {NAME: 1}


def test_a_microphone_that_is_missing_is_not_held_against_a_release(site: Site, microphone: Microphone) -> None:
    make_bundle(site.folder / "models")
    release(site, 1)
    with site.mirror() as mirror, site.started(mirror, criteria=CRITERIA, looks=(box(site), microphone)) as start:
        start.until(lambda: bool(start.box.heard))
        start.updates.take(site.orders(1, bundle=NAME))
        start.until(lambda: start.updates.state.phase == Phase.PROBATION)
        Path(microphone.uri).rename(site.folder / "unplugged.wav")
        start.box.runtime.restart("roof")
        start.until(lambda: start.box.codes("microphone roof") == ("microphone-missing",))
        found = start.box.runtime.hearing.attention(NAME)
        assert (found.asked, found.failures) == (found.heard, 0), "of one that is missing nothing is asked"
        (site.folder / "unplugged.wav").rename(microphone.uri)
        start.until(lambda: ended(site))
        assert site.steps()[-1] == "succeeded", site.said[-1]
