"""Render ``bangs.flac`` and its truth ``bangs.json`` anew: ``python -m simulator.media.make_bangs``, or ``make bangs``.

Nothing is fetched: everything that is heard is rendered by :mod:`simulator.media.bangs`. Needs SciPy (extra ``dev``).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from simulator.devices.town import CITY_SEED
from simulator.media.bangs import AIR, FULL_SCALE_DB, RATE, SECONDS, ears, plan, render, travel_s
from simulator.worlds.city import City, make_city
from simulator.worlds.sites import ear_sites

HERE = Path(__file__).parent
SEED = 1
LAYOUT = "5.1"
"""Six channels, in the order of the boxes; FLAC has no name for six microphones."""


def encode(sound: npt.NDArray[np.float32], target: Path) -> None:
    """Write (6, n) as FLAC of 16 bits: silence between bangs takes no room."""
    steps = np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    with av.open(str(target), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout=LAYOUT, format="s16", options={"compression_level": "12"})
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(steps.T).reshape(1, -1), format="s16", layout=LAYOUT)
        frame.sample_rate = RATE
        fifo = av.AudioFifo()
        fifo.write(frame)
        while (part := fifo.read(4096, partial=True)) is not None:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


def told(city: City) -> list[dict[str, Any]]:
    """What the truth says of each bang: where it was, and how long its sound took to each box."""
    rows = []
    for bang in plan(city):
        lon, lat = city.origin.to_degrees(bang.where[:2])
        rows.append({
            "kind": bang.kind,
            "place": bang.place,
            "at_s": bang.at_s,
            "rounds": bang.rounds,
            "lat": lat,
            "lon": lon,
            "up_m": bang.where[2],
            "travel_s": {
                site.device: round(travel_s(bang, ear), 6) for site, ear in zip(ear_sites(city), ears(city), strict=True)
            },
        })  # fmt: skip
    return rows


def main() -> None:
    """Make the recording and its truth."""
    city = make_city(CITY_SEED)
    target = HERE / "bangs.flac"
    encode(render(SEED, city), target)
    manifest = {
        "file": target.name,
        "what": "Shots in two streets and fireworks over three squares, as six microphones hear them, without any background",
        "seconds": SECONDS,
        "rate_hz": RATE,
        "full_scale_db": FULL_SCALE_DB,
        "celsius": AIR.celsius,
        "seed": SEED,
        "origin": "rendered by simulator/media/bangs.py with models/synthesis/sound: no recording of anything",
        "terms": "as this repository",
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "bangs": told(city),
    }
    (HERE / "bangs.json").write_text(_written(manifest), "utf-8")


def _written(manifest: dict[str, Any]) -> str:
    """JSON with a line for each bang."""
    rows = ",\n".join("    " + json.dumps(row) for row in manifest["bangs"])
    head = json.dumps({**manifest, "bangs": []}, indent=2)
    return head.removesuffix("[]\n}") + f"[\n{rows}\n  ]\n}}\n"


if __name__ == "__main__":
    main()
