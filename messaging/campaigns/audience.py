"""Whom a broadcast may address: leaves inside the sender's territory, where the released need is large enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from messaging.campaigns.errors import (
    AudienceEmptyError,
    AudienceTooSmallError,
    OutsideTerritoryError,
    QuotaNotAllowedError,
)
from messaging.campaigns.quotas import find_allowed_quotas

if TYPE_CHECKING:
    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.values import Actor, Audience, BroadcastRequest

_FEW_SD = 2.0
_MOE95_SD = 1.96


def check_audience(audience: Audience, *, actor: Actor) -> None:
    """Refuse an audience without leaves, or with districts outside the actor's territory."""
    if not audience.leaf_ids:
        raise AudienceEmptyError
    outside = audience.district_adcodes - actor.territory
    if outside or not audience.district_adcodes:
        raise OutsideTerritoryError(district_adcodes=outside)


def check_quota(request: BroadcastRequest, *, settings: MessagingRules) -> None:
    """Refuse a quota that the released need of the audience does not allow."""
    audience = request.audience
    if audience.need < settings.audience_need_min:
        raise AudienceTooSmallError(need_min=settings.audience_need_min)
    allowed = find_allowed_quotas(audience.need, need_sd=audience.need_sd, settings=settings)
    if request.quota not in allowed:
        raise QuotaNotAllowedError(quota=request.quota, allowed=allowed)


def get_shown_need(audience: Audience) -> tuple[float, float] | tuple[None, None]:
    """Return the released need with its 95 % margin, or nothing where it is "few" (below 2 SD)."""
    if audience.need < _FEW_SD * audience.need_sd:
        return None, None
    return audience.need, _MOE95_SD * audience.need_sd
