"""What state a broadcast is shown in: a pure function of its row and the time, never of its messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from messaging.campaigns.models import BroadcastState, ReviewReason

if TYPE_CHECKING:
    from messaging.campaigns.settings import MessagingRules


def get_shown_state(
    state: BroadcastState,
    *,
    created_at: datetime,
    expires_at: datetime,
    done_at: datetime,
    now: datetime,
    settings: MessagingRules,
) -> BroadcastState:
    """Return the state to show: accepted ends as done at its slot, a review that nobody gave as refused.

    A pause that outlives the campaign ends as done too: what had not left by then never will.
    """
    if state is BroadcastState.IN_REVIEW and now >= created_at + timedelta(hours=settings.review_expires_h):
        return BroadcastState.REFUSED
    if state is BroadcastState.ACCEPTED and now >= done_at:
        return BroadcastState.DONE
    if state is BroadcastState.PAUSED and now >= expires_at:
        return BroadcastState.DONE
    return state


def get_shown_reason(shown: BroadcastState, *, refused_for: str | None) -> ReviewReason | None:
    """Return why a broadcast is shown as refused; without a reviewer's reason nobody decided in time."""
    if shown is not BroadcastState.REFUSED:
        return None
    return ReviewReason.NO_DECISION if refused_for is None else ReviewReason(refused_for)
