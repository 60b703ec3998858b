"""A whole sending side for faults: carrier double, gateway, and the sender's processes, all on shortened times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from stack.test_services import run_services
from tests.faults.opening import open_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Give databases, keys, a carrier and a gateway; the test starts and kills the sender's processes itself."""
    with run_services() as services, open_house(tmp_path, services=services, clock=lambda: datetime.now(UTC)) as house:
        yield house
