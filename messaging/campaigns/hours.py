"""When messages may leave, and when a sender is told `done`. Pure functions of settings and times."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from messaging.campaigns.clock_time import ClockTime, get_day

if TYPE_CHECKING:
    from messaging.campaigns.settings import MessagingRules

_DAY = timedelta(days=1)
_WHOLE_DAY = (ClockTime(0), ClockTime(24 * 60))


def _is_round_the_clock(settings: MessagingRules) -> bool:
    return (settings.sending_opens, settings.sending_closes) == _WHOLE_DAY


def is_open(at: datetime, *, settings: MessagingRules) -> bool:
    """Whether a message may leave at this time; the window is half-open, so not at the closing minute."""
    day = get_day(at)
    return settings.sending_opens.on(day) <= at < settings.sending_closes.on(day)


def get_opening(at: datetime, *, settings: MessagingRules) -> datetime:
    """Return the first time from `at` on at which the window is open: `at` itself when it is; UTC."""
    if is_open(at, settings=settings):
        return at.astimezone(UTC)
    opening = settings.sending_opens.on(get_day(at))
    return (opening if at < opening else settings.sending_opens.on(get_day(at) + _DAY)).astimezone(UTC)


def get_closing(at: datetime, *, settings: MessagingRules) -> datetime:
    """Return when the window that is open at `at`, or opens next, closes; a day later when it never does; UTC."""
    opening = get_opening(at, settings=settings)
    if _is_round_the_clock(settings):
        return opening + _DAY
    return settings.sending_closes.on(get_day(opening)).astimezone(UTC)


def get_sending_span(quota: int, *, settings: MessagingRules) -> timedelta:
    """Return how long a whole quota takes at the rate of sending."""
    return timedelta(seconds=quota / settings.send_rate_per_s)


def _get_expected_end(starts_at: datetime, *, quota: int, settings: MessagingRules) -> datetime:
    jitter = timedelta(seconds=settings.opening_jitter_s)
    sending = get_sending_span(quota, settings=settings)
    opening = get_opening(starts_at, settings=settings)
    end = opening + sending + (jitter if _is_opening(opening, settings=settings) else timedelta())
    if end < get_closing(opening, settings=settings):
        return end
    # What does not leave today waits for the next opening, with its jitter.
    return get_opening(get_closing(opening, settings=settings), settings=settings) + jitter + sending


def _is_opening(at: datetime, *, settings: MessagingRules) -> bool:
    return not _is_round_the_clock(settings) and at == settings.sending_opens.on(get_day(at))


def get_done_slot(starts_at: datetime, *, quota: int, settings: MessagingRules) -> datetime:
    """Return the fixed slot after the expected end of a broadcast, UTC; it knows the quota, never the outcome."""
    end = _get_expected_end(starts_at, quota=quota, settings=settings)
    if settings.done_every_s is not None:
        slots_before = math.floor(end.timestamp() / settings.done_every_s)
        return datetime.fromtimestamp((slots_before + 1) * settings.done_every_s, tz=UTC)
    today = get_day(end)
    slots = (slot.on(day) for day in (today, today + _DAY) for slot in settings.done_slots)
    return next(slot for slot in slots if slot > end).astimezone(UTC)
