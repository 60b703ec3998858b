"""What the draw of a broadcast costs over the bare INSERT of the rows that it planned."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from sqlalchemy import insert, text

from messaging.delivery.expansion import expand
from messaging.delivery.models import Message, RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from benchmarks.outbox import Outbox
    from messaging.delivery.composition import SenderParts

DRAW: Final = "expansion of a 1,000-household broadcast at 10 M households"
DRAWN: Final = 1_000


def time_draws(outbox: Outbox, parts: SenderParts, *, leaf_ids: Sequence[int], rounds: int) -> tuple[float, ...]:
    """Return the ratio of each round, after one that warms up. Raises RuntimeError where too few live in the leaves."""
    return tuple(_time_draw(outbox, parts, leaf_ids=leaf_ids) for _ in range(rounds + 1))[1:]


def _time_draw(outbox: Outbox, parts: SenderParts, *, leaf_ids: Sequence[int]) -> float:
    """Time a whole draw, and the bare INSERT of as many rows as it planned; leave neither."""
    now = datetime.now(UTC)
    campaign_id = outbox.add_run(quota=DRAWN, now=now, state=RunState.EXPANDING, leaf_ids=leaf_ids)

    def draw() -> None:
        while expand(parts.stores.people, campaign_id=campaign_id, draw=parts.draw, now=now):
            pass

    drawn_s = time_once(draw)
    rows = outbox.read_messages(campaign_id)
    if len(rows) != DRAWN:
        raise RuntimeError(f"{len(rows)} messages planned")
    other = outbox.add_run(quota=DRAWN, now=now, leaf_ids=leaf_ids)
    copies = [row | {"message_id": uuid4(), "token": uuid4(), "campaign_id": other} for row in rows]

    def insert_bare() -> None:
        with parts.stores.people.begin() as session:
            session.execute(insert(Message), copies)

    bare_s = time_once(insert_bare)
    for each in (campaign_id, other):
        _forget(outbox, each)
    return drawn_s / bare_s


def time_once(work: Callable[[], object]) -> float:
    """Return the seconds that a piece of work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _forget(outbox: Outbox, campaign_id: UUID) -> None:
    with outbox.admin.begin() as session:
        for table in ("messages", "held_out", "runs"):
            session.execute(text(f"DELETE FROM delivery.{table} WHERE campaign_id = :id"), {"id": campaign_id})  # noqa: S608 - our own tables
