"""A time of day in Asia/Shanghai that, unlike `datetime.time`, knows 24:00."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

# The zone has known no daylight saving since 1991: a fixed offset is exact and needs no zone database.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

_MINUTES_A_DAY = 24 * 60
_WRITTEN = re.compile(r"([0-9]{2}):([0-5][0-9])")


@dataclass(frozen=True, slots=True, order=True)
class ClockTime:
    """Minutes since midnight in Asia/Shanghai, 0 to 1440; written `09:00`."""

    minutes: int

    def __post_init__(self) -> None:
        """Refuse what is no time of a day."""
        if not 0 <= self.minutes <= _MINUTES_A_DAY:
            raise ValueError("a time of day lies between 00:00 and 24:00")

    @classmethod
    def parse(cls, written: object) -> ClockTime:
        """Read `HH:MM`; raises ValueError on anything else."""
        if isinstance(written, ClockTime):
            return written
        match = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
        if match is None:
            raise ValueError("a time of day is written HH:MM")
        return cls(int(match[1]) * 60 + int(match[2]))

    def on(self, day: date) -> datetime:
        """Return this time on a day of Asia/Shanghai, aware; 24:00 is the next midnight."""
        return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(minutes=self.minutes)

    def to_time(self) -> time:
        """Return it as a `datetime.time`, in which 24:00 is 00:00."""
        return time(self.minutes // 60 % 24, self.minutes % 60)

    def __str__(self) -> str:
        """Return the written form."""
        return f"{self.minutes // 60:02d}:{self.minutes % 60:02d}"


def get_day(at: datetime) -> date:
    """Return the day of Asia/Shanghai that an aware time falls on."""
    return at.astimezone(SHANGHAI).date()
