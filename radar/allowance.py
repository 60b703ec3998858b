"""Twenty different cards a planner and day (Asia/Shanghai): what was seen can be seen again, what is new is counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from privacy.release.values import LOCAL
from radar.errors import CardsUncountableError, CardsUsedUpError
from radar.models import SeenCards

CARDS_PER_DAY = 20
_LOCK_TIMEOUT_MS = 3_000
_RETRY_AFTER_S = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What a planner may be shown now, in the order wanted, and how many new cards the day still holds."""

    cards: tuple[str, ...]
    remaining: int


def get_day(now: datetime) -> date:
    """Return the day of Asia/Shanghai that an aware time falls on."""
    return now.astimezone(LOCAL).date()


def get_reset(now: datetime) -> datetime:
    """Return the next midnight of Asia/Shanghai, UTC."""
    return datetime.combine(get_day(now) + timedelta(days=1), time(), tzinfo=LOCAL).astimezone(UTC)


@contextmanager
def _closed_when_unreadable() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise CardsUncountableError(retry_after_s=_RETRY_AFTER_S) from error


def _lock(session: Session, *, planner_id: UUID, day: date, timeout_ms: int) -> SeenCards:
    """Lock the planner's row of the day until the transaction ends: two screens at once then count in turn."""
    with _closed_when_unreadable():
        session.execute(text("SELECT set_config('lock_timeout', :ms, true)"), {"ms": f"{timeout_ms}"})
        fresh = {"planner_id": planner_id, "day": day, "cards": []}
        session.execute(insert(SeenCards).values(fresh).on_conflict_do_nothing())
        return session.get_one(SeenCards, (planner_id, day), with_for_update=True, populate_existing=True)


def see(
    session: Session,
    *,
    planner_id: UUID,
    now: datetime,
    wanted: Sequence[str],
    limit: int,
    lock_timeout_ms: int = _LOCK_TIMEOUT_MS,
) -> Seen:
    """Return at most `limit` cards of `wanted`, in its order, and count those that are new today.

    The first ones are shown as far as the day allows; where it does not, cards seen before fill their places. Raises
    CardsUsedUpError where the day is used up and none of the cards seen is wanted - also where there is none to want,
    lest the refusal tell which cards there are - and CardsUncountableError.
    """
    row = _lock(session, planner_id=planner_id, day=get_day(now), timeout_ms=lock_timeout_ms)
    known = list(row.cards)
    for card in wanted[:limit]:
        if card not in known and len(known) < CARDS_PER_DAY:
            known.append(card)
    shown = [card for card in wanted if card in known][:limit] if len(known) >= CARDS_PER_DAY else wanted[:limit]
    if not shown and len(known) >= CARDS_PER_DAY:
        raise CardsUsedUpError(limit=CARDS_PER_DAY, reset_at=get_reset(now))
    row.cards = known
    return Seen(tuple(shown), CARDS_PER_DAY - len(known))
