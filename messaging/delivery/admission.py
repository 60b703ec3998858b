"""What an order must be before anybody is drawn for it: the sender believes nothing that stands in it.

The web process can write any row. So the text is built and judged again here, and whom it may reach is read again from
the released figures, which the web process cannot write.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, BigInteger, any_, literal, select

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Verdict
from messaging.campaigns.quotas import find_allowed_quotas
from messaging.campaigns.review_queries import is_approved
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.text import compose
from privacy.release.audience import sum_needs
from privacy.release.models import LeafFigures, Release
from privacy.release.values import CATEGORIES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.text import FinalText
    from messaging.campaigns.values import CampaignOrder


class Refusal(StrEnum):
    """Why the sender does not carry an order out; the only words about it that are written down."""

    CONTENT = "content"
    REVIEW = "review"
    TEXT = "text"
    HASH = "hash"
    TIMES = "times"
    QUOTA = "quota"
    CATEGORY = "category"
    LEAVES = "leaves"
    PERSONA = "persona"
    RELEASE = "release"
    AUDIENCE = "audience"
    QUOTA_NOT_ALLOWED = "quota_not_allowed"
    UNREADABLE = "unreadable"


def find_refusal(session: Session, order: CampaignOrder, *, rules: MessagingRules) -> Refusal | None:
    """Return why an order is not to be carried out, None where nothing stands against it. Reads the serving side."""
    return (
        judge_text(session, order, final=compose(order.body, settings=rules), rules=rules)
        or _judge_shape(order, rules=rules)
        or _judge_reach(session, order, rules=rules)
    )


def judge_text(session: Session, order: CampaignOrder, *, final: FinalText, rules: MessagingRules) -> Refusal | None:
    """Judge a text and what was made of it; `final` is what is made of its body here."""
    # Length comes first in the check, so that nothing below works on a text beyond it. The rules are the newest: what
    # they became certain about since is refused whoever approved it, what they became doubtful about was not approved.
    content = check_text(order.body, rules=rules, table=get_rules(session))
    if content.verdict is Verdict.REFUSE:
        return Refusal.CONTENT
    if final.text != order.final_text:
        return Refusal.TEXT
    if sha256(order.final_text.encode("utf-8")).digest() != order.text_sha256:
        return Refusal.HASH
    if content.verdict is Verdict.REVIEW and not is_approved(
        session,
        broadcast_id=order.campaign_id,
        initiator_id=order.initiator_id,
        text_sha256=order.text_sha256,
        findings=content.findings,
    ):
        return Refusal.REVIEW
    return None


def _judge_shape(order: CampaignOrder, *, rules: MessagingRules) -> Refusal | None:
    lasts_h = (order.expires_at - order.starts_at).total_seconds() / 3600
    if not 0 < lasts_h <= rules.campaign_expires_h:
        return Refusal.TIMES
    if order.quota not in rules.broadcast_quotas:
        return Refusal.QUOTA
    if not 0 <= order.category < len(CATEGORIES):
        return Refusal.CATEGORY
    are_numbers = all(isinstance(leaf_id, int) for leaf_id in order.leaf_ids)
    if not order.leaf_ids or not are_numbers or len(set(order.leaf_ids)) != len(order.leaf_ids):
        return Refusal.LEAVES
    return None


def _judge_reach(session: Session, order: CampaignOrder, *, rules: MessagingRules) -> Refusal | None:
    """Judge leaves and quota by the released figures: those of the release that the order names, of its city."""
    city_code = session.scalar(select(Release.city_code).where(Release.release_id == order.release_id))
    if city_code is None or city_code != order.city_code:
        return Refusal.RELEASE
    column = order.category + 1  # an array in SQL begins at 1
    leaf_ids = literal(list(order.leaf_ids), ARRAY(BigInteger))
    figures = session.execute(
        select(LeafFigures.needs[column], LeafFigures.needs_sd[column])
        .where(LeafFigures.release_id == order.release_id, LeafFigures.leaf_id == any_(leaf_ids))
        .order_by(LeafFigures.leaf_id)
    ).all()
    if len(figures) != len(order.leaf_ids):
        return Refusal.LEAVES
    need, need_sd = sum_needs([row[0] for row in figures], needs_sd=[row[1] for row in figures])
    if not (isfinite(need) and isfinite(need_sd)) or need < rules.audience_need_min:
        return Refusal.AUDIENCE
    if order.quota not in find_allowed_quotas(need, need_sd=need_sd, settings=rules):
        return Refusal.QUOTA_NOT_ALLOWED
    return None
