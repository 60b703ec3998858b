"""Worker, horse and pump killed in the middle of a broadcast: every message leaves exactly once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from messaging.delivery.models import MessageState

if TYPE_CHECKING:
    from tests.faults.house import House

_AUDIENCE = 150


def _has_ended(house: House) -> bool:
    return house.world.count_states() == {MessageState.DELIVERED: _AUDIENCE}


def test_a_broadcast_survives_kill_9_of_worker_and_pump(house: House) -> None:
    for _ in range(_AUDIENCE):
        house.world.add_household()
    house.world.add_broadcast(quota=200)
    worker, pump = house.start("worker"), house.start("pump")
    for accepted in (15, 60, 105):
        house.wait_until(lambda accepted=accepted: house.get_stats()["accepted"] >= accepted)  # type: ignore[misc]
        house.kill(worker)
        house.kill(pump)
        time.sleep(0.3)
        worker, pump = house.start("worker"), house.start("pump")
    house.wait_until(lambda: _has_ended(house))
    stats = house.get_stats()
    assert (stats["accepted"], stats["duplicates"]) == (_AUDIENCE, 0)
    assert house.world.count_slots() == _AUDIENCE
