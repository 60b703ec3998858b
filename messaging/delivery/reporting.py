"""The pump's report: what of the valve an operator may read in front, brought down to words. See ADR 0021."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from messaging.campaigns.pump_report import DoubtWord, PumpReport, ValveWord, write_report
from messaging.delivery import valve
from messaging.delivery.valve import PauseReason

if TYPE_CHECKING:
    from messaging.delivery.orders import Stores
    from messaging.delivery.valve import ValveLimits, ValveView

_TOLD_STEP_S = 10
_SINCE_STEP_S = 60
_CARRIER = "carrier:"
_CODE = re.compile(r"[0-9]{1,6}|[A-Za-z][A-Za-z_.:-]{0,63}")
_WORDS: dict[str | None, ValveWord] = {
    PauseReason.BREAKER: ValveWord.BREAKER,
    PauseReason.OPERATOR: ValveWord.OPERATOR,
}


def report(stores: Stores, *, limits: ValveLimits, now: datetime) -> None:
    """Tell the serving side that this pump lives, and how the valve stands."""
    with stores.people() as session:
        seen = valve.get_view(session)
    with stores.serving.begin() as session:
        write_report(session, report=summarise(seen, limits=limits, now=now), number=stores.number)


def summarise(seen: ValveView, *, limits: ValveLimits, now: datetime) -> PumpReport:
    """Return what may be told of the valve: a count as one of two words, times cut to ten seconds or a minute."""
    reason = seen.pause_reason or ""
    code = reason.removeprefix(_CARRIER) if reason.startswith(_CARRIER) else ""
    return PumpReport(
        told_at=_cut(now, step_s=_TOLD_STEP_S),
        valve=_name(seen),
        carrier_code=code if seen.is_paused and _CODE.fullmatch(code) else None,
        since=_cut(seen.paused_at, step_s=_SINCE_STEP_S) if seen.is_paused and seen.paused_at else None,
        doubt=_judge(seen.in_doubt, limits=limits),
    )


def _name(seen: ValveView) -> ValveWord:
    if seen.is_paused:
        return _WORDS.get(seen.pause_reason, ValveWord.CARRIER)
    return ValveWord.TRIAL if seen.pause_reason == PauseReason.PROBING else ValveWord.OPEN


def _judge(in_doubt: int, *, limits: ValveLimits) -> DoubtWord:
    # Of how many results is not told: it would count messages.
    opens_at = min(limits.consecutive, limits.share * limits.window)
    return DoubtWord.RAISED if 2 * in_doubt >= opens_at else DoubtWord.LOW


def _cut(moment: datetime, *, step_s: int) -> datetime:
    return datetime.fromtimestamp(int(moment.timestamp()) // step_s * step_s, UTC)
