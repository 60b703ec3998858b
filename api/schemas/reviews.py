"""Reviews: the doubtful texts that wait, and a decision about one."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from api.errors import Fault
from api.schemas.broadcasts import FindingSchema
from api.schemas.fields import choice
from messaging.campaigns.models import ReviewDecision, ReviewReason
from messaging.campaigns.values import ReviewState
from privacy.release.values import Category

_APPROVING = frozenset({ReviewReason.HARMLESS, ReviewReason.PROVEN})


class ReviewAreaSchema(Schema):
    """Where a text would go: communities of one district by name; `elsewhere` when also outside any of them."""

    district = fields.String(required=True)
    communities = fields.List(fields.String(), required=True)
    elsewhere = fields.Boolean(required=True)


class ReviewSchema(Schema):
    """A doubtful text: what would be sent where. Nothing about its author, nothing about people."""

    review_id = fields.UUID(required=True, metadata={"description": "The id of the broadcast"})
    state = choice(ReviewState, required=True)
    created_at = fields.AwareDateTime(required=True)
    decide_by = fields.AwareDateTime(required=True, metadata={"description": "From then on it is refused"})
    category = choice(Category, required=True)
    areas = fields.List(fields.Nested(ReviewAreaSchema), required=True)
    body = fields.String(required=True, metadata={"description": "The text as typed; findings point into it"})
    final_text = fields.String(required=True)
    findings = fields.List(fields.Nested(FindingSchema), required=True)
    rules_version = fields.String(required=True)
    reason = choice(ReviewReason, required=True, allow_none=True)


class ReviewsSchema(Schema):
    """One page of the texts that wait, oldest first."""

    items = fields.List(fields.Nested(ReviewSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class DecisionSchema(Schema):
    """A decision: `harmless` and `proven` are reasons to approve, the others to refuse."""

    decision = choice(ReviewDecision, required=True)
    reason = choice(ReviewReason, required=True)

    @validates_schema
    def check_reason(self, data: dict[str, Any], **_: object) -> None:
        """Raise unless the reason is one of the decision's."""
        is_approving = data["decision"] is ReviewDecision.APPROVE
        if data["reason"] is ReviewReason.NO_DECISION or is_approving != (data["reason"] in _APPROVING):
            raise ValidationError(Fault.CHOICE, "reason")
