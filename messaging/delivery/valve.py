"""The valve before the carrier, one row for all workers: the rate of leaving, the breaker, the global pause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, Float, bindparam, case, func, select, update

from messaging.delivery.models import Valve

if TYPE_CHECKING:
    from collections.abc import Sequence
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


_NOW, _RATE = bindparam("now", type_=DateTime(timezone=True)), bindparam("rate", type_=Float)
_HAS_JUMPED = Valve.refilled_at > _NOW + _CLOCK_JUMP
_FILLED = func.least(1.0, Valve.tokens + func.greatest(func.extract("epoch", _NOW - Valve.refilled_at), 0.0) * _RATE)
# Made once: these stand in the way of every message.
_TAKE_SLOTS = (
    update(Valve)
    .where(Valve.valve_id == _ROW, Valve.is_paused.is_(False))
    .values(
        tokens=case((_HAS_JUMPED, 1.0), else_=_FILLED) - bindparam("count", type_=Float),
        refilled_at=case((_HAS_JUMPED, _NOW), else_=func.greatest(Valve.refilled_at, _NOW)),
    )
    .returning(Valve.tokens)
)
_TABLE = Valve.__table__
_SEE = select(_TABLE.c.recent_in_doubt, _TABLE.c.is_paused, _TABLE.c.pause_reason).where(_TABLE.c.valve_id == _ROW)


@dataclass(frozen=True, slots=True)
class ValveView:
    """What an operator sees of the valve."""

    is_paused: bool
    pause_reason: str | None
    paused_at: datetime | None
    in_doubt: int
    results: int


def take_slots(session: Session, count: int, /, *, now: datetime, limits: ValveLimits) -> list[float] | None:
    """Take the next moments at which messages may leave. Returns the seconds until each, None while paused.

    A bucket of one token that may run into debt: those who come at once are lined up 1 / rate apart. Time that runs
    backwards by over a minute (the server's clock was set) starts the bucket anew instead of closing it.
    """
    tokens = session.scalar(
        _TAKE_SLOTS,
        {"now": now, "rate": limits.rate_per_s, "count": float(count)},
        execution_options={"synchronize_session": False},
    )
    if tokens is None:
        return None
    debts = (tokens + count - number for number in range(1, count + 1))
    return [max(0.0, -debt / limits.rate_per_s) for debt in debts]


def return_slots(session: Session, count: int, /) -> None:
    """Give back slots that nobody will use, so that the next to come need not wait for them."""
    session.execute(
        update(Valve).where(Valve.valve_id == _ROW).values(tokens=func.least(1.0, Valve.tokens + float(count))),
        execution_options={"synchronize_session": False},
    )


def record_results(session: Session, in_doubt: Sequence[bool], /, *, now: datetime, limits: ValveLimits) -> bool:
    """Note how calls ended, one after another; returns whether the breaker opened by it."""
    seen = session.execute(_SEE).one()
    if not any(in_doubt) and seen == (DEFINITE * limits.window, False, None):
        # One more of what is all that is remembered changes nothing, whoever writes at the same time: no lock.
        return False
    recent, is_paused, reason = session.execute(_SEE.with_for_update()).one()
    has_opened = False
    for is_doubt in in_doubt:
        recent = (recent + (IN_DOUBT if is_doubt else DEFINITE))[-limits.window :]
        is_probing = reason == PauseReason.PROBING
        if is_paused:
            continue
        if _is_too_doubtful(recent, limits=limits) or (is_doubt and is_probing):
            has_opened = is_paused = pause(session, reason=PauseReason.BREAKER, now=now)
        elif is_probing:
            _release(session, reason=None)
            recent, reason = "", None
    session.execute(
        update(Valve).where(Valve.valve_id == _ROW).values(recent_in_doubt=recent),
        execution_options={"synchronize_session": False},
    )
    return has_opened


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
