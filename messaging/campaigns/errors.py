"""Why a request that sends was not accepted. Typed attributes only: no text of a user, no HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from messaging.campaigns.models import BroadcastState
    from messaging.campaigns.values import ContentVerdict, QuotaKind


class CampaignError(Exception):
    """Anything that keeps a campaign from being accepted or changed."""


class IdempotencyKeyMissingError(CampaignError):
    """A request that sends came without an Idempotency-Key."""


class IdempotencyKeyInvalidError(CampaignError):
    """The key is not 8 to 128 visible ASCII characters."""


class IdempotencyKeyReusedError(CampaignError):
    """The key was used before with another body."""


class IdempotencyKeyBusyError(CampaignError):
    """A request with this key is being answered at this moment."""

    def __init__(self, *, retry_after_s: int) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"busy, retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s


class DuplicateBroadcastError(CampaignError):
    """The same audience and text were requested by the same actor a few minutes ago, under another key."""

    def __init__(self, *, broadcast_id: UUID) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"same as {broadcast_id}")
        self.broadcast_id = broadcast_id


class QuotaExceededError(CampaignError):
    """The day's amount is used up; nothing was counted for the refused request."""

    def __init__(self, *, kind: QuotaKind, limit: int, reset_at: datetime) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"{kind}: {limit} until {reset_at.isoformat()}")
        self.kind = kind
        self.limit = limit
        self.reset_at = reset_at


class QuotaUnreadableError(CampaignError):
    """The counter cannot be read just now, so nothing is accepted."""

    def __init__(self, *, retry_after_s: int) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s


class QuotaNotAllowedError(CampaignError):
    """The released need does not allow this quota; `allowed` may be empty."""

    def __init__(self, *, quota: int, allowed: tuple[int, ...]) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"{quota} is not one of {allowed}")
        self.quota = quota
        self.allowed = allowed


class AudienceTooSmallError(CampaignError):
    """The released need of the audience is below the smallest that may be messaged."""

    def __init__(self, *, need_min: int) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"needs {need_min}")
        self.need_min = need_min


class AudienceEmptyError(CampaignError):
    """The audience holds no leaf."""


class OutsideTerritoryError(CampaignError):
    """The audience reaches into districts that the actor does not answer for."""

    def __init__(self, *, district_adcodes: frozenset[int]) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"districts {sorted(district_adcodes)}")
        self.district_adcodes = district_adcodes


class TextRefusedError(CampaignError):
    """The text breaks rules for certain; the findings say which and where."""

    def __init__(self, *, content: ContentVerdict) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"{len(content.findings)} findings")
        self.content = content


class BroadcastNotFoundError(CampaignError):
    """No such broadcast, or one of somebody else: the two look the same."""


class ReviewNotFoundError(CampaignError):
    """No such broadcast, or one that never needed a review."""


class ReviewClosedError(CampaignError):
    """Somebody else decided, or decided otherwise; or the time for it ran out, or the author cancelled."""


class OwnReviewError(CampaignError):
    """The reviewer is the author: nobody decides about an own text."""


class RuleVersionNotFoundError(CampaignError):
    """No version of the operator's rules has this number."""


class ConversationNotFoundError(CampaignError):
    """No such conversation, one of somebody else, or a handle of somebody else's: all look the same."""


class ConversationOverError(CampaignError):
    """The conversation's time is up; the answer is the same for whoever wrote in it last."""


class BroadcastStateError(CampaignError):
    """The broadcast is in a state from which the wanted change does not lead."""

    def __init__(self, *, state: BroadcastState) -> None:
        """Keep the attributes; the message beside them is for the log."""
        super().__init__(f"is {state}")
        self.state = state
