"""Several groups are asked at once: one whose threads are all taken is late, and holds no other up."""

from __future__ import annotations

import time
from threading import Event
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.orm import sessionmaker

from messaging.delivery.everywhere import Everywhere, GatewayParts, NotInTime
from messaging.delivery.values import Timings
from privacy.people.keys import FileKeyStore
from privacy.people.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import FakeClock

WITHIN_S = 5.0


@pytest.fixture
def release() -> Iterator[Event]:
    """Give what a group that hangs waits for; it comes at the end."""
    event = Event()
    yield event
    event.set()


def test_a_group_that_is_full_keeps_no_token_of_another_from_its_answer(
    key_file: Path, clock: FakeClock, release: Event
) -> None:
    vault = Vault(FileKeyStore(key_file))
    hanging, quick = (GatewayParts(sessionmaker(), vault, clock, Timings()) for _ in range(2))
    everywhere = Everywhere([hanging, quick], threads=1, within_s=WITHIN_S)

    def answer(parts: GatewayParts) -> str:
        if parts is hanging:
            release.wait()
        return "here"

    began = time.monotonic()
    assert [everywhere.find(answer) for _ in range(6)] == ["here"] * 6
    with pytest.raises(NotInTime):
        everywhere.find(lambda _: "", is_nothing=lambda said: not said)
    assert time.monotonic() - began < WITHIN_S
