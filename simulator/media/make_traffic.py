"""Draw ``traffic.mp4`` and its truth ``traffic.json`` anew: ``python -m simulator.media.make_traffic``, or ``make traffic``.

Nothing is fetched: everything in the pictures is drawn by :mod:`simulator.media.driving`. The encoder decides the bytes, so
that another release of PyAV makes another file; what is in the pictures stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from models.synthesis.canvas import Picture
from simulator.media.driving import (
    HEIGHT,
    RATE,
    SECONDS,
    WIDTH,
    Street,
    draw_backdrop,
    draw_street,
    recorded,
    within,
)

HERE = Path(__file__).parent
SEED = 5
CRF = 27
"""Constant rate factor: plates 60 pixels wide stay readable, and the file is 1.6 megabytes."""
OPTIONS = {"preset": "slow", "tune": "fastdecode", "crf": str(CRF), "g": "50", "bf": "0", "movflags": "+faststart"}
"""No B-frames and no loop filter, since a box decodes this clip beside its models."""


def draw(traffic: Street, frames: int) -> tuple[list[Picture], list[dict[int, Any]]]:
    """Draw the pictures, and what is where in each."""
    backdrop = draw_backdrop(traffic.seed, traffic.camera)
    random = np.random.default_rng([traffic.seed, 2])
    pictures: list[Picture] = []
    truth: list[dict[int, Any]] = []
    for number in range(frames):
        fine, seen = traffic.picture(number / RATE, backdrop)
        pictures += recorded([fine], random)
        truth.append(seen)
    return pictures, truth


def told(traffic: Street, truth: Sequence[dict[int, Any]]) -> list[dict[str, Any]]:
    """What the truth says of each vehicle; frames are counted from 1."""
    rows = []
    for number, vehicle in enumerate(traffic.vehicles):
        boxes = {frame: seen[number] for frame, seen in enumerate(truth, 1) if number in seen and within(seen[number][0])}
        if not boxes:
            continue
        widths = {frame: float(np.linalg.norm(plate[1] - plate[0])) for frame, (_, plate) in boxes.items() if _inside(plate)}
        rows.append({
            "plate": vehicle.plate.text,
            "kind": vehicle.body.kind.value,
            "colour": vehicle.colour,
            "lane": vehicle.lane,
            "from": min(boxes),
            "to": max(boxes),
            "plate_px": round(max(widths.values(), default=0.0)),
            "boxes": [_clipped(boxes[frame][0]) for frame in sorted(boxes)],
        })  # fmt: skip
    return sorted(rows, key=lambda row: row["from"])


def encode(pictures: Sequence[Picture], target: Path) -> None:
    """Encode with x264 through PyAV, on one thread."""
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.thread_count = 1
        stream.options = {name: value for name, value in OPTIONS.items() if name != "movflags"}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def main() -> None:
    """Make the clip and its truth."""
    traffic = draw_street(SEED)
    frames = RATE * SECONDS
    pictures, truth = draw(traffic, frames)
    target = HERE / "traffic.mp4"
    encode(pictures, target)
    manifest = {
        "file": target.name,
        "what": "A street with two lanes by day, drawn; invented plates of Belgium's form, index 5 to 7, which are not issued",
        "frames": frames,
        "width": WIDTH,
        "height": HEIGHT,
        "fps": RATE,
        "seed": SEED,
        "origin": "drawn by simulator/media/driving.py with models/synthesis, lettering by pens: no typeface, no photo",
        "terms": "as this repository",
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "vehicles": told(traffic, truth),
    }
    (HERE / "traffic.json").write_text(_written(manifest), "utf-8")


def _written(manifest: dict[str, Any]) -> str:
    """JSON with a line for each vehicle."""
    rows = ",\n".join("    " + json.dumps(row) for row in manifest["vehicles"])
    head = json.dumps({**manifest, "vehicles": []}, indent=2)
    return head.removesuffix("[]\n}") + f"[\n{rows}\n  ]\n}}\n"


def _inside(plate: Any) -> bool:
    return bool((plate >= 0).all() and (plate <= [WIDTH, HEIGHT]).all())


def _clipped(box: Any) -> list[int]:
    return [round(float(value)) for value in np.clip(box, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])]


if __name__ == "__main__":
    main()
