"""The valve before the carrier, one row for all workers: the rate of leaving, the breaker, the global pause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import case, func, literal, select, update

from messaging.delivery.models import Valve

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_ROW = 1
_CLOCK_JUMP = timedelta(minutes=1)
IN_DOUBT, DEFINITE = "1", "0"


class PauseReason(StrEnum):
    """Why nothing leaves, or leaves on trial. A carrier's refusal is `carrier:` and its code instead."""

    BREAKER = "breaker"
    PROBING = "probing"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class ValveLimits:
    """How fast messages leave and when the breaker opens."""

    rate_per_s: float = 10.0
    consecutive: int = 10
    window: int = 50
    share: float = 0.2
    rest_s: float = 60.0


@dataclass(frozen=True, slots=True)
class ValveView:
    """What an operator sees of the valve."""

    is_paused: bool
    pause_reason: str | None
    paused_at: datetime | None
    in_doubt: int
    results: int


def take_slot(session: Session, *, now: datetime, limits: ValveLimits) -> float | None:
    """Take the next moment at which a message may leave. Returns the seconds until then, None while paused.

    A bucket of one token that may run into debt: those who come at once are lined up 1 / rate apart. Time that runs
    backwards by over a minute (the server's clock was set) starts the bucket anew instead of closing it.
    """
    has_jumped = Valve.refilled_at > literal(now) + _CLOCK_JUMP
    elapsed_s = func.greatest(func.extract("epoch", literal(now) - Valve.refilled_at), 0.0)
    filled = func.least(1.0, Valve.tokens + elapsed_s * limits.rate_per_s)
    tokens = session.scalar(
        update(Valve)
        .where(Valve.valve_id == _ROW, Valve.is_paused.is_(False))
        .values(
            tokens=case((has_jumped, 1.0), else_=filled) - 1.0,
            refilled_at=case((has_jumped, now), else_=func.greatest(Valve.refilled_at, now)),
        )
        .returning(Valve.tokens),
        execution_options={"synchronize_session": False},
    )
    return None if tokens is None else max(0.0, -tokens / limits.rate_per_s)


def record_result(session: Session, *, is_in_doubt: bool, now: datetime, limits: ValveLimits) -> bool:
    """Note how a call ended; returns whether the breaker opened by it."""
    flag = IN_DOUBT if is_in_doubt else DEFINITE
    was_probing = Valve.pause_reason == PauseReason.PROBING
    row = session.execute(
        update(Valve)
        .where(Valve.valve_id == _ROW)
        .values(recent_in_doubt=func.right(Valve.recent_in_doubt + flag, limits.window))
        .returning(Valve.recent_in_doubt, Valve.is_paused, was_probing),
        execution_options={"synchronize_session": False},
    ).one()
    recent, is_paused, is_probing = row
    if is_paused:
        return False
    if _is_too_doubtful(recent, limits=limits) or (is_in_doubt and is_probing):
        return pause(session, reason=PauseReason.BREAKER, now=now)
    if is_probing:
        _release(session, reason=None)
    return False


def _is_too_doubtful(recent: str, *, limits: ValveLimits) -> bool:
    is_row = recent.endswith(IN_DOUBT * limits.consecutive)
    return is_row or recent.count(IN_DOUBT) >= limits.share * limits.window


def pause(session: Session, *, reason: str, now: datetime) -> bool:
    """Stop everything that is not yet on its way. Returns whether this changed anything; the first reason stays."""
    changed = session.execute(
        update(Valve)
        .where(Valve.valve_id == _ROW, Valve.is_paused.is_(False))
        .values(is_paused=True, pause_reason=reason, paused_at=now)
        .returning(Valve.valve_id),
        execution_options={"synchronize_session": False},
    )
    return changed.first() is not None


def reopen(session: Session) -> None:
    """Let messages leave again, with a clean sheet: an operator has seen to the cause."""
    _release(session, reason=None)


def probe(session: Session, *, now: datetime, limits: ValveLimits) -> bool:
    """Let messages leave on trial once the breaker has rested: the first in-doubt result closes it again."""
    row = session.scalar(select(Valve).where(Valve.valve_id == _ROW).with_for_update())
    if row is None or not row.is_paused or row.pause_reason != PauseReason.BREAKER or row.paused_at is None:
        return False
    if now - row.paused_at < timedelta(seconds=limits.rest_s):
        return False
    _release(session, reason=PauseReason.PROBING)
    return True


def _release(session: Session, *, reason: str | None) -> None:
    session.execute(
        update(Valve)
        .where(Valve.valve_id == _ROW)
        .values(is_paused=False, pause_reason=reason, paused_at=None, recent_in_doubt=""),
        execution_options={"synchronize_session": False},
    )


def is_open(session: Session) -> bool:
    """Say whether messages may leave."""
    return bool(session.scalar(select(Valve.is_paused.is_(False)).where(Valve.valve_id == _ROW)))


def get_view(session: Session) -> ValveView:
    """Return the valve as an operator sees it."""
    row = session.get_one(Valve, _ROW)
    recent = row.recent_in_doubt
    return ValveView(row.is_paused, row.pause_reason, row.paused_at, recent.count(IN_DOUBT), len(recent))
