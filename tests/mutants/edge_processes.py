"""Defences between the agent and its processes: what one of them, taken over by what it decodes, can say and leave."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_RING = ("tests/edge/capture/test_ring.py",)
_ROGUE = ("tests/edge/runtime/test_source_faults.py::test_one_that_names_what_cannot_be_harms_no_accelerator",)
_CHANNEL = ("tests/edge/test_channel.py",)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "nobody takes the end of a ring away from who reads it",
        "edge/capture/ring.py",
        "fcntl.F_ADD_SEALS, _FIRM | fcntl.F_SEAL_GROW",
        "fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW",
        _RING,
    ),
    Mutant(
        "memory whose end can be taken away is no ring",
        "edge/capture/ring.py",
        "bool(fcntl.fcntl(fd, fcntl.F_GET_SEALS) & _FIRM)",
        "fd >= 0",
        _RING,
    ),
    Mutant(
        "memory that is smaller than its ring is none",
        "edge/capture/ring.py",
        "return firm and os.fstat(fd).st_size >= layout.total_bytes",
        "return firm",
        _RING,
    ),
    Mutant(
        "memory that cannot be a ring is handed on to no accelerator",
        "edge/runtime/source.py",
        "        if not self._can_be(layout, fd):\n            os.close(fd)",
        "        if fd < 0:\n            os.close(fd)",
        _ROGUE,
    ),
    Mutant(
        "nor to whoever aims",
        "edge/runtime/source.py",
        "            if not self._can_be(layout, fd):\n                self._died(_NO_RING)",
        "            if fd < 0:\n                self._died(_NO_RING)",
        ("tests/edge/runtime/test_aim.py",),
    ),
    Mutant(
        "a ring has no more slots than it was given",
        "edge/runtime/source.py",
        "0 < layout.slots <= self._policy.slots",
        "0 < layout.slots",
        _ROGUE,
    ),
    Mutant(
        "a slot that is not there is handed on to no accelerator",
        "edge/runtime/source.py",
        "0 <= slot.index < layout.slots",
        "0 <= slot.index",
        _ROGUE,
    ),
    Mutant(
        "nor is a part that lies outside the picture",
        "edge/runtime/source.py",
        "if ring is None or not _is_in(shot, shot.slot, ring.layout):",
        "if ring is None or not 0 <= shot.slot.index < ring.layout.slots:",
        _ROGUE,
    ),
    Mutant(
        "what is said after it makes nothing good",
        "edge/runtime/source.py",
        "if not self._process.running:  # it was ended",
        "if shot is None:  # it was ended",
        (f"{_ROGUE[0]}[after]",),
    ),
    Mutant(
        "what a process says has an end",
        "edge/channel.py",
        "recv_bytes(MOST_BYTES)",
        "recv_bytes()",
        _CHANNEL,
    ),
    Mutant(
        "a process that says no UTF-8 ends itself, not the agent",
        "edge/channel.py",
        "msgspec.DecodeError, UnicodeDecodeError) as error",
        "msgspec.DecodeError) as error",
        _CHANNEL,
    ),
    Mutant(
        "who begins to speak and stops, or does not listen, holds up nobody",
        "edge/runtime/child.py",
        "Channel(connection, self._receives, _PATIENCE_S)",
        "Channel(connection, self._receives)",
        (f"{_ROGUE[0]}[half]",),
    ),
    Mutant(
        "nothing is said after half a message",
        "edge/channel.py",
        "end.shutdown(socket.SHUT_RDWR)",
        "pass",
        _CHANNEL,
    ),
    Mutant(
        "no process of the agent leaves its memory to a core dump",
        "edge/process.py",
        "    keep_from_dumps()\n",
        "",
        ("tests/edge/capture/test_worker.py::test_a_crash_leaves_no_picture_in_a_core_dump",),
    ),
    Mutant(
        "no picture to aim by is left to a core dump",
        "edge/aim/session.py",
        "        shield()\n",
        "",
        ("tests/edge/aim/test_session.py::test_the_command_lets_no_picture_into_a_core_dump",),
    ),
    Mutant(
        "each picture of a slow camera is told of before its silence is that of one that hangs",
        "edge/capture/worker.py",
        "since_s = min(first.captured.monotonic_s, self._captured_s)",
        "since_s = first.captured.monotonic_s",
        ("tests/edge/capture/test_worker.py::test_each_picture_of_a_slow_camera_is_told_of_before_the_next_one_comes",),
    ),
    Mutant(
        "a box without a free descriptor serves its sockets again when it has one",
        "edge/ownersocket.py",
        "self._closed.wait(_AGAIN_S)\n                continue",
        "return",
        ("tests/edge/test_ownersocket.py",),
    ),
    Mutant(
        "what is written with sudo is read by the agent",
        "edge/ownerfile.py",
        "os.fchown(descriptor, found.st_uid, found.st_gid)",
        "os.fstat(descriptor)",
        ("tests/edge/test_ownerfile.py",),
    ),
)
