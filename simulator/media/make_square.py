"""Make ``square.mp4`` anew from Debian's package ``opencv-doc``: ``python -m simulator.media.make_square [--source FILE]``.

Without ``--source`` the package is fetched with ``apt-get download`` and unpacked in a temporary folder. The encoder decides
the bytes, so another version of FFmpeg makes another file; frames, order and size stay.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
INSIDE = "usr/share/doc/opencv-doc/examples/data/vtest.avi"
ENCODE = (
    "-an -c:v libx264 -preset slow -tune fastdecode -b:v 392k -g 50 -bf 0 -pix_fmt yuv420p -movflags +faststart "
    "-fps_mode passthrough"
)
"""Two passes to stay under 4 MB; no B-frames and no loop filter, since a box decodes this clip beside a model."""


def fetch(folder: Path) -> Path:
    """Download and unpack the Debian package; returns the recording."""
    subprocess.run(["apt-get", "download", "opencv-doc"], cwd=folder, check=True)
    package = next(folder.glob("opencv-doc_*.deb"))
    subprocess.run(["dpkg", "-x", package.name, "unpacked"], cwd=folder, check=True)
    return folder / "unpacked" / INSIDE


def encode(source: Path, target: Path, folder: Path) -> None:
    """Encode in two passes with FFmpeg's x264."""
    for number in (1, 2):
        log = str(folder / "x264")
        command = ["ffmpeg", "-y", "-v", "error", "-i", str(source), *ENCODE.split()]
        command += ["-pass", str(number), "-passlogfile", log]
        subprocess.run([*command, str(target)], check=True)


def main() -> None:
    """Make the clip and its manifest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, help="vtest.avi, when it is already here")
    wanted = parser.parse_args().source
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = wanted or fetch(folder)
        encode(source, HERE / "square.mp4", folder)
        manifest = json.loads((HERE / "square.json").read_text("utf-8"))
        manifest["source_sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
        manifest["sha256"] = hashlib.sha256((HERE / "square.mp4").read_bytes()).hexdigest()
        manifest["command"] = f"ffmpeg -i vtest.avi {ENCODE} -pass 1|2 square.mp4"
        (HERE / "square.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
