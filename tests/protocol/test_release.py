"""What releases are called, and what their metadata may say."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.errors import InvalidNameError
from protocol.examples import TARGET
from protocol.release import Difference, ReleaseError, TargetName, difference_of, release_of, to_custom

BASE, RESULT = "1a" * 32, "2b" * 32
RELEASE = TARGET.release
assert RELEASE is not None


def test_every_file_of_a_release_has_a_path_of_its_own() -> None:
    name = TargetName("plate-reader", 7, "plate-reader.int8.onnx")
    assert name.path == "plate-reader/7/plate-reader.int8.onnx"
    assert name.delta_from(BASE) == "plate-reader/7/plate-reader.int8.onnx.from-1a1a1a1a1a1a1a1a.delta"


@pytest.mark.parametrize("bundle", ["", "..", "a/b", "A", "a" * 33, "a\n", "pl\u0430te"])
def test_a_bundle_has_a_name_that_needs_no_escaping(bundle: str) -> None:
    with pytest.raises(InvalidNameError):
        TargetName(bundle, 1, "manifest.json")


@pytest.mark.parametrize(
    ("release", "file"),
    [
        (0, "a"),
        (-1, "a"),
        (2**53, "a"),
        (1, ""),
        (1, ".."),
        (1, "../a"),
        (1, "a/b"),
        (1, "a\\b"),
        (1, "a" * 65),
        (1, "a\n"),
        (1, ".a"),
    ],
)
def test_so_have_releases_and_files(release: int, file: str) -> None:
    with pytest.raises(ReleaseError, match="no valid name"):
        TargetName("plate-reader", release, file)


def test_metadata_say_what_was_written() -> None:
    assert RELEASE is not None
    assert release_of(to_custom(RELEASE)) == RELEASE
    difference = Difference(BASE, RESULT, 812_004)
    assert difference_of(to_custom(difference)) == difference


@pytest.mark.parametrize("custom", [None, {}, [], "release", {"release": {}}, {"release": None}, {"other": 1}])
def test_metadata_of_something_else_are_refused(custom: Any) -> None:
    for read in (release_of, difference_of):
        with pytest.raises(ReleaseError, match="sign it again"):
            read(custom)


def test_one_is_not_taken_for_the_other() -> None:
    assert RELEASE is not None
    with pytest.raises(ReleaseError, match="nothing of a delta"):
        difference_of(to_custom(RELEASE))
    with pytest.raises(ReleaseError, match="nothing of a release"):
        release_of(to_custom(Difference(BASE, RESULT, 1)))
