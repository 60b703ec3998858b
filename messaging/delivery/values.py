"""What passes between claim, call and finish."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

SHORTEST_KEPT: Final = timedelta(days=60)
"""How long a campaign stays after its end: receipts, answers, caps and the month's release are done with it then."""


@dataclass(frozen=True, slots=True)
class Timings:
    """The times of messaging.md D. Tests shorten them; the order of events never depends on them."""

    lease: timedelta = timedelta(seconds=90)
    call: timedelta = timedelta(seconds=38)
    minimum_validity: timedelta = timedelta(seconds=5)
    retry: timedelta = timedelta(seconds=5)
    longest_retry: timedelta = timedelta(minutes=5)
    first_listing: timedelta = timedelta(seconds=120)
    next_listing: timedelta = timedelta(seconds=60)
    listing_patience: timedelta = timedelta(hours=24)
    first_poll: timedelta = timedelta(minutes=30)
    poll_patience: timedelta = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long one call may take to connect, and then to answer, seconds."""

    connect_s: float
    read_s: float


@dataclass(frozen=True, slots=True)
class Claim:
    """One message in one worker's hands until `lease_until`. The phone and the text stay out of every log.

    `opt_out_hashes` stand under every version of their key, the newest, `opt_out_version`, first.
    """

    message_id: UUID
    attempt: int
    token: UUID
    household_id: UUID
    opt_out_hashes: tuple[bytes, ...]
    opt_out_version: int
    phone: str
    text: str
    lease_until: datetime
    window_closes_at: datetime
    has_resent: bool

    def __repr__(self) -> str:
        """Name the message only."""
        return f"Claim({self.message_id}, attempt={self.attempt})"


@dataclass(frozen=True, slots=True)
class Passed:
    """One due message was looked at and skipped, or put off to the next opening; there may be more."""
