"""One running system for all the tests that go from end to end; the last of them stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.system import RunningSystem, run_system

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def system() -> Iterator[RunningSystem]:
    """Give a whole system with a fresh city."""
    with run_system("end-to-end") as running:
        yield running
