"""Landmarks that outlast a restart: what is kept of a view, and what is made of a file that is damaged."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.capture.scene.kept import read_landmarks, write_landmarks
from edge.capture.scene.landmarks import BITS, Landmarks
from edge.capture.scene.place import MOST
from edge.capture.scene.post import Post, post
from protocol.config import Calibration, GroundPoint

SIZE = (192, 144)
CORNERS = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
CALIBRATION = Calibration(tuple(GroundPoint(at, (10 * at[0], 10 * at[1])) for at in CORNERS), (768, 576))


def landmarks(number: int = MOST) -> Landmarks:
    noise = np.random.default_rng(2)
    points = noise.uniform(0, [191, 143], (number, 2)).round(1).astype(np.float32)
    return Landmarks(points, noise.integers(0, 256, (number, BITS), np.uint8))


@pytest.fixture
def where(tmp_path: Path) -> Post:
    return post(tmp_path / "landmarks", "gate", CALIBRATION)


@pytest.mark.parametrize("moved", [False, True])
def test_what_was_kept_is_read(where: Post, moved: bool) -> None:
    write_landmarks(where, *SIZE, landmarks(), moved=moved)
    kept = read_landmarks(where, *SIZE)
    assert kept is not None
    assert (kept[0].points == landmarks().points).all()
    assert (kept[0].bits == landmarks().bits).all()
    assert kept[1] is moved


def test_it_is_small_and_its_owner_s(where: Post) -> None:
    write_landmarks(where, *SIZE, landmarks(), moved=False)
    info = Path(where.path).stat()
    assert info.st_size < 16_384
    assert stat.S_IMODE(info.st_mode) == 0o600


def test_landmarks_of_another_calibration_or_size_count_for_nothing(where: Post) -> None:
    write_landmarks(where, *SIZE, landmarks(), moved=True)
    other = post(Path(where.path).parent, "gate", msgspec.structs.replace(CALIBRATION, sigma_px=2.0))
    assert other.path == where.path
    assert read_landmarks(other, *SIZE) is None
    assert read_landmarks(where, 160, 120) is None
    assert read_landmarks(post(Path(where.path).parent, "other", CALIBRATION), *SIZE) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spoilt=st.binary(max_size=200) | st.tuples(st.integers(0, 14_000), st.binary(min_size=1, max_size=8)))
def test_whatever_a_damaged_file_holds_it_is_whole_or_nothing(where: Post, spoilt: bytes | tuple[int, bytes]) -> None:
    write_landmarks(where, *SIZE, landmarks(), moved=False)
    path = Path(where.path)
    if isinstance(spoilt, tuple):
        at, what = spoilt
        whole = path.read_bytes()
        spoilt = whole[:at] + what + whole[at + len(what) :]
    path.write_bytes(spoilt)
    kept = read_landmarks(where, *SIZE)
    if kept is not None:
        assert kept[0].points.shape == (MOST, 2)
        assert kept[0].bits.shape == (MOST, BITS)
        assert ((kept[0].points >= 0) & (kept[0].points <= SIZE)).all()


@pytest.mark.parametrize(
    "part",
    [
        {"points": [[1.0, 2.0]] * (MOST + 1)},
        {"points": [[1.0, 2.0]]},
        {"points": [[-1.0, 2.0]] * MOST},
        {"points": [[1e300, 2.0]] * MOST},
        {"points": [[None, 2.0]] * MOST},
        {"bits": ""},
        {"bits": "%"},
        {"width": 0},
        {"moved": 2},
    ],
    ids=str,
)
def test_what_no_landmarks_can_be_is_nothing(where: Post, part: dict[str, object]) -> None:
    write_landmarks(where, *SIZE, landmarks(), moved=False)
    kept = msgspec.json.decode(Path(where.path).read_bytes())
    Path(where.path).write_bytes(msgspec.json.encode({**kept, **part}))
    assert read_landmarks(where, *SIZE) is None
