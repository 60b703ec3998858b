"""What a pump says of itself to the serving side: one row of fixed words, no number that comes from messages.

The table refuses anything finer (migrations 0010, 0011), whoever writes it; ADR 0021 says why each word may cross.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, SmallInteger, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from messaging.campaigns.models import Campaigns

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ValveWord(StrEnum):
    """Whether messages may leave: yes, on trial after the breaker, or not, and for whose sake. Best first."""

    OPEN = "open"
    TRIAL = "trial"
    BREAKER = "breaker"
    OPERATOR = "operator"
    CARRIER = "carrier"


_WORDS = tuple(ValveWord)


class DoubtWord(StrEnum):
    """How near the breaker is: `raised` from half of the results in doubt that would open it."""

    LOW = "low"
    RAISED = "raised"


@dataclass(frozen=True, slots=True)
class PumpReport:
    """`told_at` on a full ten seconds, `since` (while nothing may leave) on a full minute; `carrier_code` why."""

    told_at: datetime
    valve: ValveWord
    carrier_code: str | None
    since: datetime | None
    doubt: DoubtWord


class StoredReport(Campaigns):
    """A row for each group of cities, by its number from 1 on; the one row where there are none."""

    __tablename__ = "pump_report"

    report_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    told_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    valve: Mapped[str] = mapped_column(Text)
    carrier_code: Mapped[str | None] = mapped_column(Text)
    since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    doubt: Mapped[str] = mapped_column(Text)


def write_report(session: Session, *, report: PumpReport, number: int = 1) -> None:
    """Put a report of the pump of a group in the place of the one before. Does not commit."""
    values = {
        "told_at": report.told_at,
        "valve": report.valve,
        "carrier_code": report.carrier_code,
        "since": report.since,
        "doubt": report.doubt,
    }
    row = insert(StoredReport).values(report_id=number, **values)
    session.execute(row.on_conflict_do_update(index_elements=[StoredReport.report_id], set_=values))


def find_report(session: Session) -> PumpReport | None:
    """Return the last report, None while no pump ever ran.

    Of several groups' it is the worst: the oldest time, the valve that lets least through, doubt wherever there is any.
    """
    rows = session.scalars(select(StoredReport).order_by(StoredReport.report_id)).all()
    if not rows:
        return None
    worst = max(rows, key=lambda row: _WORDS.index(ValveWord(row.valve)))
    is_raised = any(row.doubt == DoubtWord.RAISED for row in rows)
    return PumpReport(
        min(row.told_at for row in rows),
        ValveWord(worst.valve),
        worst.carrier_code,
        worst.since,
        DoubtWord.RAISED if is_raised else DoubtWord.LOW,
    )
