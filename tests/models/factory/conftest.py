"""One evaluation for all tests that look at reports."""

from __future__ import annotations

import pytest

from models.factory.report import Report
from tests.models.factory.sample import sample


@pytest.fixture(scope="session")
def report() -> Report:
    """A plate reader's."""
    return sample()
