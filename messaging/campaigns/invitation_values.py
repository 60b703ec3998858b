"""What travels between the API, the invitations and the sender. Nothing here knows who is invited, or whether anybody.

An invitation is a broadcast with a quota of one and no leaves: its text, key, review and times are a broadcast's. What
it adds is the persona that one household is drawn from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from messaging.campaigns.content.values import Finding, Verdict
from messaging.campaigns.models import ReviewReason
from messaging.campaigns.text import FinalText
from messaging.campaigns.values import CampaignOrder
from privacy.release.slots import Activity, AgeBand
from privacy.release.values import Category

ANSWER_WITHIN: Final = timedelta(hours=72)
"""How long after the slot at which it is told as sent an invitation may be answered; to the second."""

TALK_LASTS: Final = timedelta(days=14)
"""How long a conversation is open, from the answer on. It keeps one handle for as long, and ends for both at once."""

LEAST_COUNT: Final = 50.0
SURE_SD: Final = 2.0
"""A card stands for a released count of at least 50 and two standard errors."""


class InvitationState(StrEnum):
    """What a planner is told. Only `accepted` depends on a person, and only on the person's own answer."""

    IN_REVIEW = "in_review"
    REFUSED = "refused"
    WAITING = "waiting"
    SENT = "sent"
    ACCEPTED = "accepted"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Persona:
    """The tuple behind a card."""

    district_adcode: int
    age_band: AgeBand
    activity: Activity
    category: Category

    @property
    def slot_name(self) -> str:
        """Return the name of its count in a release."""
        return f"{self.age_band}/{self.activity}/{self.category}"


@dataclass(frozen=True, slots=True)
class InvitationRequest:
    """One message to one person of a persona; `body` is the text as typed."""

    persona: Persona
    city_code: int
    release_id: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as its planner sees it; `handle` names the conversation once there is one."""

    invitation_id: UUID
    state: InvitationState
    persona: Persona
    release_id: str
    body: str = field(repr=False)
    final_text: str = field(repr=False)
    created_at: datetime
    told_at: datetime
    answer_by: datetime
    handle: str | None
    findings: tuple[Finding, ...] = ()
    refused_for: ReviewReason | None = None


@dataclass(frozen=True, slots=True)
class InvitationOrder:
    """What the sender must know of one invitation, as the rows say it: the sender judges each word itself."""

    order: CampaignOrder
    district_adcode: int
    age_band: str
    activity: str


@dataclass(frozen=True, slots=True)
class InvitationPreview:
    """What an invitation's text would become and what stands against it; `final` with the code of the link blank."""

    final: FinalText
    verdict: Verdict
    findings: tuple[Finding, ...]
