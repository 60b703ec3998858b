"""Why a radar cannot answer. Typed attributes only: no HTTP, nobody's data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


class RadarError(Exception):
    """Anything that keeps a radar from answering."""


class UnknownAreaError(RadarError):
    """An adcode that is neither a district nor a city."""

    def __init__(self, *, adcode: int) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"no area {adcode}")
        self.adcode = adcode


class MonthNotReleasedError(RadarError):
    """A city has no release with district figures for that month (None: for any)."""

    def __init__(self, *, city_code: int, month: date | None) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"no district figures of {city_code} for {month}")
        self.city_code = city_code
        self.month = month


class CardsUsedUpError(RadarError):
    """A planner has seen as many different cards as a day allows; those seen can be seen again."""

    def __init__(self, *, limit: int, reset_at: datetime) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"{limit} cards until {reset_at.isoformat()}")
        self.limit = limit
        self.reset_at = reset_at


class CardsUncountableError(RadarError):
    """What a planner has seen today cannot be counted just now, so no card is shown."""

    def __init__(self, *, retry_after_s: int) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s


class CardUnknownError(RadarError):
    """A text that is no card of this planner: forged, damaged, or somebody else's."""


class CardExpiredError(RadarError):
    """A card of a day that is over."""
