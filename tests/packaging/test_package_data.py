"""Every file that is kept in a package is in the wheel: a bench finds its record there, and a box each form of a model."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import PurePosixPath

import tomllib

from tests.packaging.programs import ROOT, run


def test_every_file_of_a_package_goes_into_the_wheel() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    packages, patterns = setuptools["packages"]["find"]["include"], setuptools["package-data"]["*"]
    kept = [PurePosixPath(name) for name in run("git", "ls-files", "-z", cwd=ROOT).stdout.split("\0") if "/" in name]
    packed = [path for path in kept if any(fnmatch(path.parts[0], package) for package in packages)]
    assert {path.parts[0] for path in packed} >= {"protocol", "models", "edge", "fleet", "benchmarks"}
    left_out = [str(path) for path in packed if not any(fnmatch(path.name, pattern) for pattern in (*patterns, "*.py"))]
    assert left_out == [], "name their kind in package-data of pyproject.toml"
    assert [str(path) for path in packed if any("." in part for part in path.parts[:-1])] == [], (
        "setuptools finds no such folder"
    )
