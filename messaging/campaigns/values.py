"""What travels between the API, the campaigns and the sender. Spans count characters (code points), half-open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar
from uuid import UUID

from messaging.campaigns.content.values import ContentVerdict, Finding, RuleClass, Verdict
from messaging.campaigns.models import BroadcastState, ReviewReason
from messaging.campaigns.segments import Encoding, SegmentCount
from privacy.release.values import Category

__all__ = [
    "Actor",
    "Audience",
    "BroadcastCursor",
    "BroadcastRequest",
    "BroadcastView",
    "CampaignOrder",
    "ContentVerdict",
    "Encoding",
    "Finding",
    "Preview",
    "QuotaKind",
    "Remaining",
    "Requested",
    "ReviewState",
    "ReviewView",
    "RuleClass",
    "SegmentCount",
    "Verdict",
]

CampaignId: TypeAlias = UUID


class QuotaKind(StrEnum):
    """Which amount was used up; a day is one of Asia/Shanghai, a week begins there on Monday."""

    BROADCASTS = "broadcasts"
    RECIPIENTS = "recipients"
    ORGANISATION = "organisation"
    INVITATIONS = "invitations"
    INVITATIONS_A_WEEK = "invitations_a_week"
    CONVERSATION = "conversation"


class ReviewState(StrEnum):
    """Where a review stands; what expired or was cancelled by its author stands nowhere any more."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `territory` holds the adcodes of the districts that the actor answers for."""

    account_id: UUID
    role: str
    territory: frozenset[int]


@dataclass(frozen=True, slots=True)
class Audience:
    """Target users as an area of released leaves and one category, never as people. `need` is the released sum."""

    leaf_ids: tuple[int, ...]
    city_code: int
    district_adcodes: frozenset[int]
    category: Category
    release_id: str
    need: float
    need_sd: float


@dataclass(frozen=True, slots=True)
class BroadcastRequest:
    """One message of at most `quota` households of an audience; `body` is the text as typed."""

    audience: Audience
    quota: int
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Remaining:
    """What an initiator may still request today, at least 0."""

    broadcasts: int
    recipients: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, and why not if not. `need` and its 95 % margin are None where the need is "few"."""

    final_text: str
    segments: int
    encoding: Encoding
    units: int
    verdict: Verdict
    findings: tuple[Finding, ...]
    rules_version: str
    need: float | None
    need_moe95: float | None
    allowed_quotas: tuple[int, ...]
    remaining: Remaining


@dataclass(frozen=True, slots=True)
class BroadcastView:
    """A broadcast as its sender sees it: nothing in it depends on what became of the messages.

    `findings` are why it needs a review; `refused_for` says why it was refused, never by whom.
    """

    broadcast_id: UUID
    state: BroadcastState
    city_code: int
    category: Category
    leaf_ids: tuple[int, ...]
    quota: int
    body: str = field(repr=False)
    final_text: str = field(repr=False)
    release_id: str
    rules_version: str
    created_at: datetime
    starts_at: datetime
    expires_at: datetime
    done_at: datetime
    findings: tuple[Finding, ...] = ()
    refused_for: ReviewReason | None = None


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A doubtful text as a reviewer sees it: what would be sent where, nothing about people nor about its author.

    `findings` are those of the newest rules, or, once it is decided, those that were decided about.
    """

    broadcast_id: UUID
    state: ReviewState
    created_at: datetime
    decide_by: datetime
    category: Category
    leaf_ids: tuple[int, ...]
    body: str = field(repr=False)
    final_text: str = field(repr=False)
    findings: tuple[Finding, ...]
    rules_version: str
    reason: ReviewReason | None


View = TypeVar("View")


@dataclass(frozen=True, slots=True)
class Requested(Generic[View]):
    """The answer to a request that sends; `is_replay` when the same key and body were answered before."""

    view: View
    is_replay: bool


@dataclass(frozen=True, slots=True)
class BroadcastCursor:
    """Where the next page of a list of broadcasts or of reviews begins: after this one."""

    created_at: datetime
    broadcast_id: UUID


@dataclass(frozen=True, slots=True)
class CampaignOrder:
    """What the sender must know of one campaign, as the row says it: the sender judges each word itself.

    `state` is accepted, paused or cancelled; `category` is the column of a category, if there is one with this number.
    """

    campaign_id: CampaignId
    initiator_id: UUID
    state: BroadcastState
    city_code: int
    release_id: str
    category: int
    leaf_ids: tuple[int, ...]
    quota: int
    body: str = field(repr=False)
    final_text: str = field(repr=False)
    text_sha256: bytes
    rules_version: str
    starts_at: datetime
    expires_at: datetime
