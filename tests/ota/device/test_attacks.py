"""The table of attacks on a repository: a mirror that serves them gets nowhere alone, and changes nothing beside an honest one.

Each runs against mirrors in memory, and again over HTTP on loopback. What only HTTP can do is in the second half.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ota.device.http import HttpTransport
from ota.device.state import Phase
from ota.device.transport import Pace
from simulator.updates.box import SimulatedBox
from simulator.updates.bundles import files_of
from simulator.updates.transport import MemoryTransport
from tests.ota.attacks import ATTACKS, Attack, Files
from tests.ota.device.world import READER, Town
from tests.ota.server import Answer, Request, head, honest, serving

QUICK = Pace(least_bytes_s=1e6, grace_s=0.7, metadata_s=0.7)
"""No test waits for a minute; servers on loopback are quicker."""


@pytest.fixture(params=["in memory", "over HTTP"])
def serve(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """Have a town's mirrors serve files, each its own."""
    with ExitStack() as stack:
        http = HttpTransport(environment={}, wait_s=5.0)
        stack.callback(http.close)

        def over(town: Town, *mirrors: Files) -> None:
            if request.param == "in memory":
                town.world.transport = MemoryTransport({f"mirror{at}": files for at, files in enumerate(mirrors)})
                town.world.mirrors = tuple(f"memory://mirror{at}" for at in range(len(mirrors)))
            else:
                town.world.transport = http
                town.world.mirrors = tuple(stack.enter_context(serving(honest(files))).url for files in mirrors)

        yield over


def attempt(town: Town, box: SimulatedBox, steps: int = 12) -> str:
    """Order release 2, and look what becomes of it in a while; returns the trouble, or the reason of the last word."""
    town.order(box, (READER, 2))
    said = ""
    for _ in range(steps):
        box.machine.step()
        said = box.machine.trouble.code if box.machine.trouble is not None else said
    final = [report.reason.code for report in town.world.said if report.reason is not None]
    return final[-1] if final else said


def untouched(box: SimulatedBox) -> None:
    """It runs what it ran, and nothing new is anywhere on the disk but what was signed."""
    assert box.machine.state.running == {READER: 1}
    assert box.trial.running[READER] == "1.1.0"
    assert box.machine.state.phase in {"idle", Phase.RESOLVE, Phase.DOWNLOAD}
    assert [staged.release for staged in box.machine.state.staged] == [1]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_alone_it_gets_nowhere(tmp_path: Path, serve: Callable[..., None], attack: Attack) -> None:
    town = Town(tmp_path)
    town.runs(town.start(), 1)
    files = attack.files(town)
    serve(town, files)
    box = town.start("later")
    assert attempt(town, box) in attack.trouble
    untouched(box)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_row_6_beside_an_honest_mirror_it_changes_nothing(tmp_path: Path, serve: Callable[..., None], attack: Attack) -> None:
    town = Town(tmp_path)
    town.runs(town.start(), 1)
    files = attack.files(town)
    serve(town, files, town.repository.files)
    box = town.start("later")
    if attack.thief:
        assert attempt(town, box) == "metadata"
        for role in ("snapshot", "timestamp"):
            town.repository.rotate(role)
        town.repository.publish()
    else:
        town.order(box, (READER, 2))
    box.run()
    assert town.said[-1] == (2, "succeeded", "")
    found = {path.name: path.read_bytes() for path in box.store.folder(READER, 2).iterdir()}
    assert found == {file: data for file, data in files_of(READER, 2).items() if "fp16" not in file}


def test_row_3_nothing_is_asked_for_that_is_not_signed(tmp_path: Path) -> None:
    """A mirror may hold what it likes; and of what is signed, a box fetches what it needs."""
    town = Town(tmp_path)
    box = town.runs(town.start(), 1)
    town.publish(2)
    town.repository.files[f"targets/{READER}/2/extra.bin"] = b"x"
    town.order(box, (READER, 2))
    box.run()
    asked = {path.rpartition("/")[2].partition(".")[2] for path, _ in town.transport.asked if path.startswith("targets/")}
    assert asked == {"manifest.json", "golden.npz", f"{READER}.int8.onnx"}


def test_row_4_after_a_rotation_of_the_online_keys_versions_that_ran_ahead_are_forgotten(tmp_path: Path) -> None:
    town = Town(tmp_path)
    box = town.runs(town.start(), 1)
    thief = town.repository
    thief.snapshot.version = thief.timestamp.version = 1_000_000
    thief.publish(["snapshot", "timestamp"])
    assert attempt(town, box) == "unknown-release", "believed: the keys were right"
    for role in ("snapshot", "timestamp"):
        thief.rotate(role)
        thief.signed[role].version = 2
    town.publish(2)
    box.run()
    assert town.said[-1] == (2, "succeeded", "")


@pytest.mark.parametrize("name", ["../../../etc/passwd", "a/b", "..", ".hidden", "x" * 65, "ü.onnx", "a\0b", "CON\n", ""])
def test_row_13_a_name_in_signed_metadata_that_leads_away_is_refused(tmp_path: Path, name: str) -> None:
    town = Town(tmp_path)
    box = town.runs(town.start(), 1)
    town.repository.add(files_of(READER, 2), 2)
    release = town.repository.targets.targets[f"{READER}/2/manifest.json"].unrecognized_fields["custom"]["release"]
    release["files"] = [*release["files"], name]
    town.repository.put(f"{READER}/2/{name}", b"x")
    town.repository.publish()
    assert attempt(town, box) == "metadata-wrong"
    untouched(box)
    assert {path.name for path in tmp_path.iterdir()} == {"disk", "installed", "scratch"}


def test_row_15_a_manager_that_was_broken_into_can_only_choose(tmp_path: Path) -> None:
    """His orders are signed rightly. Whatever he orders, what runs was signed by two people, fits, and is not older."""
    town = Town(tmp_path)
    town.publish(1)
    town.publish(2, hardware=("Jetson",))
    town.publish(3)
    box = town.start()
    ran = set()
    for release in (3, 1, 2, 9, 3, 2**53 - 1):
        town.order(box, (READER, release))
        box.run()
        ran.add(box.trial.running[READER])
    assert ran == {"1.3.0"}


# What only a server can do.


def lying(files: Files, lie: Callable[[Request, bytes], Answer]) -> Callable[[Request], Answer]:
    """Honest about metadata, and not about files."""
    truth = honest(files)
    return lambda request: (
        lie(request, files[request.path[1:]]) if request.path[1:] in files and "/targets/" in request.path else truth(request)
    )


def drip(_request: Request, data: bytes) -> Iterator[bytes]:
    yield head(200, Content_Length=len(data))
    for at in range(len(data)):
        yield data[at : at + 1]
        time.sleep(0.01)  # the server's own slowness


def endless(_request: Request, data: bytes) -> Iterator[bytes]:
    yield head(200)
    yield data[:1000]
    for _ in itertools.count():
        yield bytes(65536)


LIES: dict[str, Callable[[Request, bytes], Answer]] = {
    "19: 200 for 206": lambda _, data: [head(200, Content_Length=len(data)), data[: len(data) // 2]],
    "19: a short body": lambda _, data: [head(200, Content_Length=len(data)), data[:-1]],
    "19: a short body that says so": lambda _, data: [head(200, Content_Length=len(data) - 1), data[:-1]],
    "19: a changed validator at each request": lambda request, data: [
        head(200, Content_Length=len(data), ETag=f'"{time.monotonic_ns()}"'), data[: 1 + len(data) // 3]
    ],
    "19: 206 nobody asked for": lambda _, data: [head(206, Content_Range=f"bytes 0-9/{len(data)}"), data[:10]],
    "19: 206 from another byte": lambda request, data: [
        head(206, Content_Range=f"bytes {request.at + 1}-{len(data)}/{len(data)}"), data
    ],
    "19: packed": lambda _, data: [head(200, Content_Encoding="gzip"), data],
    "2: an endless body": endless,
    "2: an endless header": lambda _, __: [b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 200_000],
    "6: another file of the same length": lambda _, data: [head(200, Content_Length=len(data)), bytes(len(data))],
    "6: a page to log in": lambda _, __: [head(302, Location="/login", Content_Length=0)],
    "6: errors": lambda _, __: [head(503, Content_Length=0)],
    "11: dropped": lambda _, __: [b""],
    "11: a byte at a time": drip,
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_over_http_a_server_that_lies_costs_time_and_nothing_else(tmp_path: Path, lie: str) -> None:
    town = Town(tmp_path)
    town.runs(town.start(), 1)
    town.publish(2)
    http = HttpTransport(environment={}, wait_s=5.0)
    with serving(lying(town.repository.files, LIES[lie])) as liar, serving(honest(town.repository.files)) as truth:
        town.world.transport, town.world.pace = http, QUICK
        town.world.mirrors = (liar.url,)
        box = town.start("later")
        assert attempt(town, box, steps=4) in {"fetch", "fetch-wrong", "fetch-slow", "fetch-status"}
        untouched(box)
        town.world.mirrors = (liar.url, truth.url)
        again = town.start("later still")
        again.run()
        http.close()
    assert town.said[-1] == (2, "succeeded", "")


def test_over_http_a_download_is_gone_on_with_after_a_power_cut(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.runs(town.start(), 1)
    town.publish(2)
    http = HttpTransport(environment={}, wait_s=5.0)

    def breaks(request: Request, data: bytes) -> Answer:
        first, *_ = honest({request.path[1:]: data})(request)
        return [first, data[request.at : request.at + 300]]

    with serving(lying(town.repository.files, breaks)) as breaking, serving(honest(town.repository.files)) as whole:
        town.world.transport, town.world.mirrors = http, (breaking.url,)
        box = town.start("later")
        attempt(town, box, steps=5)
        town.world.mirrors = (whole.url,)
        again = town.start("later still")
        again.run()
        http.close()
        resumed = [request.at for request in whole.asked if request.at]
    assert town.said[-1] == (2, "succeeded", "")
    assert resumed, "not from the beginning"
