"""Repositories for the publisher's tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ota.publisher.site import Site, published, serving


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    published(folder)
    return folder


@pytest.fixture
def site(_template: Path, tmp_path: Path) -> Site:
    """A repository with one release, signed and published."""
    shutil.copytree(_template, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "workshop" / "workshop.json"
    path.write_text(path.read_text().replace(str(_template), str(tmp_path)))
    return Site(tmp_path)


@pytest.fixture
def url(site: Site) -> Iterator[str]:
    """Where its public folder is served."""
    with serving(site.public) as address:
        yield address
