"""One storm from beginning to end: plan three thousand messages, let it rage, wait for calm, and count."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from messaging.delivery.models import Message, MessageState, Run, RunState
from messaging.delivery.outbox import AWAITED, OUTSTANDING
from privacy.people.models import Contact
from stack.test_services import run_services
from tests.faults.opening import open_house
from tests.faults.shifted_clock import ShiftedClock
from tests.faults.values import Verdict, Weather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.house import House
    from tests.faults.values import Storm

INSTALLATION = "faults-{}"
"""Each storm breaks servers of its own, so that several can rage at once."""
_LEAVES = (7, 8, 9)
_QUOTAS, _QUICK_QUOTAS = (1000, 200), (200, 50)
_SPARE = 1.2
_CALM_WITHIN_S = 240.0
_TIMES = {
    "SEND_RATE_PER_S": "120",
    "SENDER_CONNECTIONS": "8",
    "FIRST_LISTING_S": "25",
    "NEXT_LISTING_S": "5",
    # Receipts come within a second; who asks sooner than they can come, on two cores, delays them.
    "FIRST_POLL_S": "15",
}


def run_storm(storm: Storm, *, is_quick: bool = False) -> Verdict:
    """Run a storm over 3,000 messages and 200 more to the same people (quick: 600 and 50); judge what is left."""
    began = time.monotonic()
    with _open(storm) as weather:
        house = weather.house
        _order(house, *(_QUICK_QUOTAS if is_quick else _QUOTAS))
        for _ in range(storm.workers):
            house.start("worker")
        for _ in range(storm.pumps):
            house.start("pump")
        storm.rage(weather)
        house.order(mode="none")
        house.wait_until(lambda: _is_calm(house), within_s=_CALM_WITHIN_S)
        return _judge(house, took_s=time.monotonic() - began)


@contextmanager
def _open(storm: Storm) -> Iterator[Weather]:
    clock = ShiftedClock()
    with (
        TemporaryDirectory() as folder,
        run_services(INSTALLATION.format(storm.name), durable=True) as services,
        open_house(Path(folder), services=services, clock=clock) as house,
    ):
        clock.install(house.world)
        house.environment = _TIMES | dict(storm.environment)
        if storm.begins_at is not None:
            clock.go_to(house.world, storm.begins_at)
        yield Weather(house, clock, is_over=lambda: _is_tried(house))


def _order(house: House, quota: int, second_quota: int) -> None:
    """Order three broadcasts to different leaves, and a fourth to people whom the first reaches too."""
    for leaf_id in _LEAVES:
        house.world.add_households(int(quota * _SPARE), leaf_id=leaf_id)
    house.world.add_release(needs=dict.fromkeys(_LEAVES, 5000.0))
    for leaf_id in _LEAVES:
        house.world.add_broadcast(quota=quota, leaf_ids=[leaf_id])
    house.world.add_broadcast(quota=second_quota, leaf_ids=[_LEAVES[0]])


def _is_tried(house: House) -> bool:
    """Say whether every broadcast is drawn and every message was in a worker's hands once."""
    drawn = select(func.count()).select_from(Run).where(Run.state != RunState.EXPANDING)
    untried = select(func.count()).select_from(Message)
    untried = untried.where(Message.state == MessageState.PLANNED, Message.attempt == 0)
    with house.world.admin() as session:
        return session.scalar(drawn) == len(_LEAVES) + 1 and session.scalar(untried) == 0


def _is_calm(house: House) -> bool:
    return not {*OUTSTANDING, *AWAITED} & house.world.count_states().keys()


def _judge(house: House, *, took_s: float) -> Verdict:
    states, stats = house.world.count_states(), house.get_stats()
    skipped = states.get(MessageState.SKIPPED, 0)
    planned = sum(states.values())
    waited = select(func.max(func.extract("epoch", Message.accepted_at) - func.extract("epoch", Message.not_before)))
    slots = select(func.count().label("slots")).select_from(Contact).group_by(Contact.household_id).subquery()
    with house.world.admin() as session:
        return Verdict(
            planned=planned,
            taken=stats["accepted"],
            skipped=skipped,
            duplicates=stats["duplicates"],
            lost=planned - skipped - (stats["accepted"] - stats["duplicates"]),
            outstanding=sum(states.get(state, 0) for state in OUTSTANDING),
            unconfirmed=states.get(MessageState.UNCONFIRMED, 0),
            over_cap=session.scalar(select(func.count()).select_from(slots).where(slots.c.slots > 1)) or 0,
            resent=session.scalar(select(func.sum(Message.resends))) or 0,
            longest_wait_s=float(session.scalar(waited) or 0),
            took_s=took_s,
        )
