"""What lies on the disk: staged releases are whole, what nothing points to goes, and what anything points to stays."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ota.deltafile import Content
from ota.device.disk import RealDisk
from ota.device.state import Job, Part, Phase, Plan, Staged, State
from ota.device.store import Store
from protocol.orders import Order
from simulator.updates.bundles import files_of, release_of

NAME = "plate-reader"


def put(store: Store, data: bytes) -> Content:
    assert store.objects.put(Content.of(data), lambda file: file.write(data))
    return Content.of(data)


def staged(store: Store, release: int) -> Staged:
    """A release in its folder."""
    parts = []
    for file, data in files_of(NAME, release).items():
        content = put(store, data)
        parts.append(Part(file=file, size=content.size, sha256=content.sha256))
    made = Staged(bundle=NAME, release=release, form=f"{NAME}.int8.onnx", parts=tuple(parts))
    store.stage(made)
    return made


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(RealDisk(tmp_path))


def test_a_staged_release_is_its_files(store: Store) -> None:
    made = staged(store, 3)
    assert store.is_whole(made)
    folder = store.folder(NAME, 3)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files_of(NAME, 3)
    assert (folder / "golden.npz").stat().st_nlink == 2, "a second name, not a copy"
    (folder / "golden.npz").unlink()
    assert not store.is_whole(made)


def test_what_an_earlier_try_has_left_is_not_part_of_it(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "releases" / NAME / "3"
    folder.mkdir(parents=True)
    (folder / "strange.onnx").write_bytes(b"x")
    (folder / "golden.npz").write_bytes(b"x")
    staged(store, 3)
    assert {path.name for path in folder.iterdir()} == set(files_of(NAME, 3))


def test_where_a_file_system_has_no_links_files_are_copied(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(store.disk, "link", refuse)
    made = staged(store, 3)
    assert store.is_whole(made)
    assert {path.name: path.read_bytes() for path in store.folder(NAME, 3).iterdir()} == files_of(NAME, 3)


def test_what_a_pointer_points_to_stays_and_the_rest_goes(store: Store, tmp_path: Path) -> None:
    releases = {number: staged(store, number) for number in (1, 2, 3, 4)}
    put(store, b"left over")
    (tmp_path / "state-0.new").write_bytes(b"half a state")
    (tmp_path / "somebody-elses").write_bytes(b"x")
    store.save(State(staged=tuple(releases.values()), running={NAME: 4}, good={NAME: 3}, spare={NAME: 2}))
    store.save(store.state)
    store.recover()
    assert [path.name for path in sorted((tmp_path / "releases" / NAME).iterdir())] == ["2", "3", "4"]
    assert all(store.is_whole(releases[number]) for number in (2, 3, 4))
    assert len(store.disk.names("objects")) == len({part.sha256 for n in (2, 3, 4) for part in releases[n].parts})
    assert (tmp_path / "somebody-elses").exists()
    assert not (tmp_path / "state-0.new").exists()


def test_what_the_state_before_points_to_stays_one_write_longer(store: Store) -> None:
    """A card that loses the newest write falls back to the one before, and finds its model there."""
    one, two = staged(store, 1), staged(store, 2)
    store.save(State(staged=(one, two), running={NAME: 1}))
    store.save(State(staged=(two,), running={NAME: 2}))
    store.collect()
    assert store.is_whole(one)
    store.save(store.state)
    store.collect()
    assert not store.is_whole(one)
    assert store.is_whole(two)


def test_it_knows_when_there_is_something_to_collect(store: Store) -> None:
    one, two = staged(store, 1), staged(store, 2)
    found = []
    for state in (State(staged=(one, two), running={NAME: 1}), State(staged=(two,), running={NAME: 2})):
        store.save(state)
        found.append(store.holds_more)
    store.save(store.state)
    assert [*found, store.holds_more] == [False, True, False]


def test_what_a_job_fetches_stays_while_it_lasts(store: Store) -> None:
    files = files_of(NAME, 5)
    parts = tuple(Part(file=file, size=len(data), sha256=put(store, data).sha256) for file, data in files.items())
    job = Job(order=Order(NAME, 5, "0" * 32), counter=1, phase=Phase.DOWNLOAD)
    plan = Plan(release=release_of(files, 5), form="x", parts=parts)
    for _ in range(2):
        store.save(State(job=msgspec.structs.replace(job, plan=plan)))
    store.collect()
    assert all(store.objects.has(part.content) for part in parts)
    store.forget_partials()
    assert store.used() == 0


def test_a_bundle_that_is_gone_leaves_no_folder(store: Store, tmp_path: Path) -> None:
    staged(store, 1)
    (tmp_path / "releases" / "other" / "nonsense").mkdir(parents=True)
    for _ in range(2):
        store.save(State())
    store.collect()
    assert names(tmp_path / "releases") == []
    assert list((tmp_path / "releases").iterdir()) == []


def test_a_second_start_finds_what_the_first_has_left(store: Store, tmp_path: Path) -> None:
    made = staged(store, 1)
    store.save(State(staged=(made,), running={NAME: 1}, counter=7))
    again = Store(RealDisk(tmp_path))
    again.recover()
    assert again.state == store.state
    assert again.is_whole(made)
