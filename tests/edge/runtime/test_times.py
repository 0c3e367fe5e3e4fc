"""Times that were measured are kept, and a file that holds none stops nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.runtime.times import FILE, read_times, write_times

TIMES = st.dictionaries(
    st.tuples(st.text("0123456789abcdef", min_size=64, max_size=64), st.sampled_from(["cpu", "litert"])), st.floats(0.01, 1000)
)


@given(TIMES)
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, times: dict[tuple[str, str], float]) -> None:
    folder = tmp_path_factory.mktemp("state")
    write_times(folder / "new", times)
    assert read_times(folder / "new") == pytest.approx(times, abs=0.001)
    assert [path.name for path in (folder / "new").iterdir()] == [FILE]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"a": 1}',
        b'{"a": {"cpu": -1}}',
        b'{"a": {"cpu": 1e99}}',
        b"\xff" * 9,
        b"[" * 100_000,
        b" " * (1 << 19),
    ],
)
def test_a_file_that_holds_no_times_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)
    assert read_times(tmp_path) == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_what_a_technician_measures_as_root_is_read_by_who_runs_the_agent(tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, 1235)
    write_times(tmp_path, {("0" * 64, "cpu"): 9.5})
    found = (tmp_path / FILE).stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (1234, 1235, 0o600)


def test_no_file_is_none(tmp_path: Path) -> None:
    assert read_times(tmp_path / "nowhere") == {}
