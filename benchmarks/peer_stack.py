"""What most people put together: OpenCV decodes, ONNX Runtime looks, ``trackers`` follows, ``supervision`` counts.

Runs in an environment of its own (``pip install supervision trackers onnxruntime``), without this project: ``python
peer_stack.py`` reads a task as JSON from standard input and writes the answer as JSON. One thread, one process. The clip is
decoded from file in each run; pictures between strides are grabbed, not converted. Answers of the model are remembered while
settings are tried, and not while time is taken.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import statistics
import sys
import time
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
cv2: Any = importlib.import_module("cv2")
np: Any = importlib.import_module("numpy")
ort: Any = importlib.import_module("onnxruntime")
sv: Any = importlib.import_module("supervision")
trackers: Any = importlib.import_module("trackers")

SETTINGS = tuple(itertools.product((0.3, 0.4), (0.5, 0.6), (0.5, 1.0), (1, 2), (0.05, 0.1), (0.4, 0.5, 0.6)))
"""Score to detect, score to begin a track, seconds to keep a lost one, detections to confirm, least overlap, high score."""
_LEAST = 0.1
_REPEATS = 3


class Stack:
    """The usual loop.

    Args:
        clip: path of the recording.
        model: path of the ONNX file: uint8 (1, height, width, 3) RGB to ``scores`` and ``boxes``.
        fps: pictures a second of the scene.
    """

    def __init__(self, clip: str, model: str, fps: float) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        _, self._height, self._width, _ = self._session.get_inputs()[0].shape
        self._clip, self._fps = clip, fps
        self._known: dict[int, tuple[Any, Any]] = {}

    def run(self, stride: int, settings: tuple[float, ...], until: int, *, timed: bool) -> tuple[list[int], float]:
        """Count people in each picture. Returns the counts and the processor time for each picture, seconds."""
        least, begin, keep_s, confirm, overlap, high = settings
        capture = cv2.VideoCapture(self._clip)
        size = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        tracker = trackers.ByteTrackTracker(
            lost_track_buffer=max(1, round(keep_s * 30)),
            frame_rate=self._fps / stride,
            track_activation_threshold=begin,
            minimum_consecutive_frames=int(confirm),
            minimum_iou_threshold=overlap,
            high_conf_det_threshold=high,
        )
        right, bottom = size[0] - 1, size[1] - 1
        corners = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]])
        zone = sv.PolygonZone(corners, triggering_anchors=[sv.Position.BOTTOM_CENTER])
        line = sv.LineZone(sv.Point(size[0] // 2, size[1] // 5), sv.Point(size[0] // 2, bottom))
        counts: list[int] = []
        people = 0
        begun_s = time.process_time()
        while len(counts) < until and capture.grab():
            if len(counts) % stride == 0:
                found = self._look(len(counts), capture, size, least, timed=timed)
                tracks = tracker.update(found)
                tracks = tracks[tracks.tracker_id >= 0]
                line.trigger(tracks)
                people = int(zone.trigger(tracks).sum())
            counts.append(people)
        return counts, (time.process_time() - begun_s) / max(1, len(counts))

    def _look(self, number: int, capture: Any, size: tuple[int, int], least: float, *, timed: bool) -> Any:
        if timed or number not in self._known:
            _, picture = capture.retrieve()
            image = cv2.cvtColor(cv2.resize(picture, (self._width, self._height)), cv2.COLOR_BGR2RGB)
            scores, boxes = self._session.run(["scores", "boxes"], {"image": image[None]})
            scores, boxes = scores.reshape(-1, scores.shape[-1])[:, 0], boxes.reshape(-1, 4)
            kept = scores >= _LEAST
            boxes = boxes[kept][:, [1, 0, 3, 2]] * np.array([size[0], size[1], size[0], size[1]])
            self._known[number] = scores[kept], boxes
        scores, boxes = self._known[number]
        kept = scores >= least
        return sv.Detections(
            xyxy=boxes[kept].astype(np.float32), confidence=scores[kept], class_id=np.zeros(int(kept.sum()), int)
        ).with_nms(0.55)


def main() -> None:
    """Tune each stride on the first pictures, and tell what the best settings come to."""
    task = json.load(sys.stdin)
    cv2.setNumThreads(1)
    os.sched_setaffinity(0, {task["core"]})
    stack = Stack(task["clip"], task["model"], task["fps"])
    truth, tuned = task["people"], task["tuned"]
    answers = []
    for stride in task["strides"]:

        def off(settings: tuple[float, ...], stride: int = stride) -> float:
            counts, _ = stack.run(stride, settings, tuned, timed=False)
            return statistics.fmean(abs(a - b) for a, b in zip(counts, truth, strict=False))

        best = min(SETTINGS, key=off)
        counts, _ = stack.run(stride, best, len(truth), timed=False)
        spent_s = [stack.run(stride, best, len(truth), timed=True)[1] for _ in range(_REPEATS)]
        answers.append({"stride": stride, "settings": best, "counts": counts, "cpu_s": statistics.median(spent_s)})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
