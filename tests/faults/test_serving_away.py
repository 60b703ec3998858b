"""The serving database goes away while a broadcast is under way: what was ordered is carried on without it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import make_url, select

from messaging.delivery.models import MessageState, Run, RunState
from tests.faults.relay import Relay, Wire

if TYPE_CHECKING:
    from tests.faults.house import House

_AUDIENCE = 50


def _get_drawn(house: House) -> UUID | None:
    with house.world.admin() as session:
        return session.scalar(select(Run.campaign_id).where(Run.state == RunState.RUNNING))


def _leave_to_a_dead_worker(house: House, *, campaign_id: UUID) -> None:
    """Add a message that a worker claimed and never sent: only a sweep and two listings bring it back."""
    world = house.world
    lease_until = world.clock() - timedelta(seconds=1)
    world.add_message(
        world.add_household(), campaign_id=campaign_id, state=MessageState.SENDING, attempt=1, lease_until=lease_until
    )


@pytest.mark.parametrize("wire", [Wire.CUT, Wire.FROZEN])
def test_sending_sweeping_and_reconciling_go_on_without_the_serving_database(house: House, wire: Wire) -> None:
    url = make_url(house.world.services.url("serving", role="field_sender"))
    with Relay(url.host or "", url.port or 5432) as relay:
        house.environment = {
            "SERVING_URL": url.set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False),
            # No worker and no Redis either: the pump's own threads do it all.
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "SEND_RATE_PER_S": "10",
        }
        for _ in range(_AUDIENCE):
            house.world.add_household()
        house.world.add_broadcast(quota=50)
        pump = house.start("pump")
        house.wait_until(lambda: _get_drawn(house) is not None)
        house.wait_until(lambda: house.get_stats()["accepted"] >= 3)
        relay.set(wire)
        campaign_id = _get_drawn(house)
        assert campaign_id is not None
        _leave_to_a_dead_worker(house, campaign_id=campaign_id)
        house.wait_until(lambda: house.world.count_states() == {MessageState.DELIVERED: _AUDIENCE + 1})
        stats = house.get_stats()
        assert (stats["accepted"], stats["duplicates"], pump.poll()) == (_AUDIENCE + 1, 0, None)
        assert relay.turned_away > 0 or wire is Wire.FROZEN
        # One lead from beginning to end: nothing was torn down.
        assert (house.logs / "pump.log").read_text().count("pump_started") == 1
        relay.set(Wire.OPEN)
        house.world.add_household()
        # More than there are households: the new one is drawn for certain.
        house.world.add_broadcast(quota=100)
        house.wait_until(lambda: house.get_stats()["accepted"] == _AUDIENCE + 2)


def test_a_pump_that_starts_without_the_serving_database_sends_what_was_drawn_before(house: House) -> None:
    house.environment = {
        "SERVING_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    campaign_id = house.world.add_run()
    for _ in range(5):
        house.world.add_message(house.world.add_household(), campaign_id=campaign_id)
    _leave_to_a_dead_worker(house, campaign_id=campaign_id)
    pump = house.start("pump")
    house.wait_until(lambda: house.world.count_states() == {MessageState.DELIVERED: 6})
    pump.terminate()
    assert pump.wait(timeout=60) == 0
