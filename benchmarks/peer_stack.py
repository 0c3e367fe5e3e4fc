"""What most people put together: OpenCV decodes, ONNX Runtime looks, ``trackers`` follows, ``supervision`` counts.

Runs in an environment of its own (``pip install supervision trackers onnxruntime``), without this project: ``python
peer_stack.py`` reads a task as JSON from standard input and writes the answer as JSON. One thread, one process. The clip is
decoded from file where time is taken; pictures between strides are grabbed, not converted. Answers of the model are remembered
while settings are tried. Several cameras are played in real time, with one session of the model.
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
        exact: whether the processor must be told not to cut sums of 8-bit products off.
    """

    def __init__(self, clip: str, model: str, fps: float, *, exact: bool) -> None:
        options = ort.SessionOptions()
        if exact:
            options.add_session_config_entry("session.x64quantprecision", "1")
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        _, self._height, self._width, _ = self._session.get_inputs()[0].shape
        self.clip, self.fps = clip, fps
        capture = cv2.VideoCapture(clip)
        self.size = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        self._known: dict[int, tuple[Any, Any]] = {}

    def remember(self, until: int) -> None:
        """Ask the model about so many pictures once."""
        camera = Camera(self, 1, SETTINGS[0], timed=True)
        while len(self._known) < until and camera.take():
            pass

    def run(
        self, stride: int, settings: tuple[float, ...], until: int, *, timed: bool, phase: int = 0
    ) -> tuple[list[int], float]:
        """Count people in each picture. Returns the counts and the processor time for each picture, seconds."""
        camera = Camera(self, stride, settings, timed=timed, phase=phase)
        counts: list[int] = []
        begun_s = time.process_time()
        while len(counts) < until and camera.take():
            counts.append(camera.people)
        return counts, (time.process_time() - begun_s) / max(1, len(counts))

    def look(self, number: int, capture: Any, least: float) -> Any:
        """Ask the model about the picture that was grabbed, or remember. Returns detections with at least that score."""
        if capture is not None:
            _, picture = capture.retrieve()
            image = cv2.cvtColor(cv2.resize(picture, (self._width, self._height)), cv2.COLOR_BGR2RGB)
            scores, boxes = self._session.run(["scores", "boxes"], {"image": image[None]})
            scores, boxes = scores.reshape(-1, scores.shape[-1])[:, 0], boxes.reshape(-1, 4)
            kept = scores >= _LEAST
            boxes = boxes[kept][:, [1, 0, 3, 2]] * np.array([*self.size, *self.size])
            self._known[number] = scores[kept], boxes
        scores, boxes = self._known[number]
        kept = scores >= least
        return sv.Detections(
            xyxy=boxes[kept].astype(np.float32), confidence=scores[kept], class_id=np.zeros(int(kept.sum()), int)
        ).with_nms(0.55)


class Camera:
    """One view: its recording, tracker, zone and line.

    Args:
        stack: whose model looks.
        stride: pictures from one look to the next.
        settings: one of :data:`SETTINGS`.
        timed: whether pictures are decoded and the model is asked, whatever is remembered.
        phase: pictures before the first look.
    """

    def __init__(self, stack: Stack, stride: int, settings: tuple[float, ...], *, timed: bool, phase: int = 0) -> None:
        self._least, begin, keep_s, confirm, overlap, high = settings
        self._stack, self._stride, self._phase = stack, stride, phase
        self._capture: Any = cv2.VideoCapture(stack.clip) if timed else None
        self._tracker = trackers.ByteTrackTracker(
            lost_track_buffer=max(1, round(keep_s * 30)),
            frame_rate=stack.fps / stride,
            track_activation_threshold=begin,
            minimum_consecutive_frames=int(confirm),
            minimum_iou_threshold=overlap,
            high_conf_det_threshold=high,
        )
        width, height = stack.size
        right, bottom = width - 1, height - 1
        corners = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]])
        self._zone = sv.PolygonZone(corners, triggering_anchors=[sv.Position.BOTTOM_CENTER])
        self._line = sv.LineZone(sv.Point(width // 2, height // 5), sv.Point(width // 2, bottom))
        self._number = 0
        self.people = 0
        """In the zone, at the last look."""

    def take(self) -> bool:
        """Take the next picture; ``False`` at the end of the recording."""
        if self._capture is not None and not self._capture.grab():
            return False
        if self._number % self._stride == self._phase:
            found = self._stack.look(self._number, self._capture, self._least)
            tracks = self._tracker.update(found)
            tracks = tracks[tracks.tracker_id >= 0]
            self._line.trigger(tracks)
            self.people = int(self._zone.trigger(tracks).sum())
        self._number += 1
        return True

    def rewind(self) -> None:
        """Begin the recording again."""
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        self._number = 0


def play(stack: Stack, task: dict[str, Any]) -> dict[str, float]:
    """Take several cameras in turn at their pace, looks spread evenly over their pictures.

    Returns:
        Pictures; those of them that were not done with when the camera's next was due; processor time and wall time, seconds.
    """
    cameras = [
        Camera(stack, task["stride"], tuple(task["settings"]), timed=True, phase=number % task["stride"])
        for number in range(task["cameras"])
    ]
    step_s, late = 1 / task["pace"], 0
    warm, pictures = (round(task[each] * task["pace"]) for each in ("warm_s", "seconds"))
    begun_s = spent_s = measured_s = time.monotonic()
    for number in range(-warm, pictures):
        due_s = begun_s + (number + warm) * step_s
        time.sleep(max(0.0, due_s - time.monotonic()))
        if number == 0:
            spent_s, measured_s, late = time.process_time(), time.monotonic(), 0
        for camera in cameras:
            if not camera.take():
                camera.rewind()
                camera.take()
            late += time.monotonic() > due_s + step_s
    return {
        "pictures": pictures * len(cameras),
        "late": late,
        "cpu_s": time.process_time() - spent_s,
        "wall_s": max(time.monotonic() - measured_s, pictures * step_s),
    }


def main() -> None:
    """Play several cameras; or tune each stride on the first pictures, and tell what the best settings come to."""
    task = json.load(sys.stdin)
    cv2.setNumThreads(1)
    os.sched_setaffinity(0, {task["core"]})
    stack = Stack(task["clip"], task["model"], task["fps"], exact=task["exact"])
    json.dump(play(stack, task) if "cameras" in task else tune(stack, task), sys.stdout)


def tune(stack: Stack, task: dict[str, Any]) -> list[dict[str, Any]]:
    """What each stride comes to with the settings that are best on the first pictures, whichever it looks at first."""
    truth, tuned, settled = task["people"], task["tuned"], task["settled"]
    stack.remember(len(truth))
    answers = []
    for stride in task["strides"]:

        def counted(settings: tuple[float, ...], until: int, stride: int = stride) -> list[list[int]]:
            return [stack.run(stride, settings, until, timed=False, phase=phase)[0] for phase in range(stride)]

        def off(settings: tuple[float, ...]) -> float:
            errors = [
                statistics.fmean(abs(a - b) for a, b in list(zip(counts, truth, strict=False))[settled:])
                for counts in counted(settings, tuned)
            ]
            return statistics.fmean(errors)

        best = min(SETTINGS, key=off)
        spent_s = [stack.run(stride, best, len(truth), timed=True)[1] for _ in range(_REPEATS)]
        counts = counted(best, len(truth))
        answers.append({"stride": stride, "settings": best, "counts": counts, "cpu_s": statistics.median(spent_s)})
    return answers


if __name__ == "__main__":
    main()
