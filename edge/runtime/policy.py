"""Time limits and sizes of the runtime, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.capture.sound.watch import WatchPolicy
from edge.runtime.backoff import BackoffPolicy
from edge.runtime.deadline import DeadlinePolicy

PORTS = {
    "file": "edge.capture.file:file_port",
    "rtsp": "edge.capture.rtsp:RtspPort",
    "mjpeg": "edge.capture.mjpeg:MjpegPort",
    "v4l2": "edge.capture.v4l2:V4l2Port",
}
SOUND_PORTS = {"file": "edge.capture.sound.file:SoundFile", "alsa": "edge.capture.sound.alsa:AlsaMicrophone"}
LISTENER = "edge.analytics.gunshot.listener:make_listener"


@dataclass(frozen=True)
class RuntimePolicy:
    """What a test may shorten and a box leaves alone."""

    start_s: float = 20.0
    """A process that has not said its first word by then is killed: importing takes a second, on a small and busy board ten."""
    silence_s: float = 4.0
    """A source that says nothing for so long is stuck: below the five seconds in which a fault must be known."""
    blind_s: float = 4.0
    """A source of which nothing has been looked at for so long is blind, however alive it is; below those five seconds too."""
    source_backoff: BackoffPolicy = field(default_factory=lambda: BackoffPolicy(0.5, 1.5, 30.0))
    """A camera or microphone that was away for days is there again within five seconds: this wait, a process, a connection, a
    whole picture. A try costs a fiftieth of a second of a core, because the fork server has FFmpeg already."""
    refused_s: float = 900.0
    """A camera that refuses a password is told it again after so long, or when the technician has written another: cameras lock
    accounts after a few refusals in a row."""
    accelerator_backoff: BackoffPolicy = field(default_factory=lambda: BackoffPolicy(0.5, 3.0, 60.0))
    """Likewise; a try loads the models, on a core that has nothing else to do meanwhile."""
    fallback_cap_s: float = 30.0
    """Longest wait where the processor looks meanwhile: who plugs it in again waits so long, and an accelerator that is ready
    and then hangs at its first picture costs its sources two seconds of thirty."""
    model_backoff: BackoffPolicy = field(default_factory=lambda: BackoffPolicy(0.5, 60.0, 60.0))
    """Of a model that was refused: each try keeps the others of its accelerator waiting."""
    deadline: DeadlinePolicy = field(default_factory=DeadlinePolicy)
    ports: Mapping[str, str] = field(default_factory=PORTS.copy)
    """Where ports are made, by the kind of a source."""
    sound_ports: Mapping[str, str] = field(default_factory=SOUND_PORTS.copy)
    """Where the ports for sound are made, by the kind of a microphone."""
    listener: str = LISTENER
    """Where what listens within a microphone's process is made."""
    sound_watch: WatchPolicy = field(default_factory=WatchPolicy)
    """When a microphone counts as silent or clipped."""
    slots: int = 5
    """Pictures in a ring: two that an accelerator has, one that waits, one being written, one to spare."""
    stop_s: float = 2.0
    """How long a process may take to end in order."""
