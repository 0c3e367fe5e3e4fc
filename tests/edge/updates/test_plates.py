"""A new release of the reader of plates goes all the way to a box that reads plates: with the models that are shipped."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from benchmarks.traffic_clip import clip
from edge.infer.outcome import Seen
from models.bundle.bundle import MANIFEST, zoo
from ota.device.judge import Criteria
from protocol.config import Anpr, Gate, Source
from tests.edge.infer.test_plates import CPU
from tests.edge.runtime.box import Box
from tests.edge.runtime.test_plates import BUNDLES
from tests.edge.updates.site import FINAL, Site

READER = "plate-reader"
CRITERIA = Criteria(shadow_s=0.5, shadow_looks=3, probation_s=0.5, probation_looks=10, stall_s=20.0, alive_s=5.0, look_s=0.1)
BEGUN_S, UPDATED_S = 60.0, 180.0


def test_a_new_reader_is_tried_on_the_plates_that_go_by_and_then_reads_them(tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    for name in BUNDLES:
        shutil.copytree(zoo() / name, installed / name)
    files = {path.name: path.read_bytes() for path in (installed / READER).iterdir()}
    manifest = msgspec.json.decode(files[MANIFEST])
    manifest["version"] = "99.0.0"
    files[MANIFEST] = msgspec.json.encode(manifest)
    site = Site(tmp_path, clip())
    site.repository.add(files, 1)
    site.repository.publish(("targets", "snapshot", "timestamp"))
    watched = Source("gate", str(clip()), gate=Gate(region_px=512), anpr=Anpr(), repeat=True)
    looks = Box(installed, entry=CPU), watched
    with site.mirror() as mirror, site.started(mirror, criteria=CRITERIA, looks=looks) as start:
        results = start.box.results

        def readers(since: int = 0) -> set[str]:
            plates = [r for r in results[since:] if isinstance(r.outcome, Seen) and r.outcome.looked and r.outcome.looked.seen]
            return {result.reader.version for result in plates if result.reader is not None}

        start.until(lambda: bool(readers()), BEGUN_S)
        start.updates.take(site.orders(1, bundle=READER))
        start.until(lambda: any(report.step in FINAL for report in site.said), UPDATED_S)
        assert site.steps() == ["accepted", "fetched", "on-probation", "succeeded"], site.said[-1]
        assert site.said[-1].agreement == 1.0, "it is the same reader under another number"
        after = len(results)
        start.until(lambda: bool(readers(after)), BEGUN_S)
        assert readers(after) == {"99.0.0"}
