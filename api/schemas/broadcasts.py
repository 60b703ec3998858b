"""小微播音台: checking, requesting and following a broadcast."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from api.errors import Fault
from api.schemas.fields import BodyWhole, QueryWhole, choice, in_length, in_range, like, one_of
from api.schemas.figures import MeasureSchema, ReleaseSchema, category_field
from messaging.campaigns.models import BroadcastState, ReviewReason
from messaging.campaigns.values import Encoding, RuleClass, Verdict
from privacy.release.values import Category

MAX_PLACES = 200


class _Distinct(validate.Validator):
    """No place twice."""

    def __call__(self, value: list[str]) -> list[str]:
        """Raise unless all differ."""
        if len(set(value)) != len(value):
            raise ValidationError(Fault.REPEATED)
        return value


def _places(pattern: str) -> fields.List[str]:
    rules = [in_length(1, MAX_PLACES), _Distinct()]
    return fields.List(fields.String(validate=like(pattern)), validate=rules, metadata={"uniqueItems": True})


class AreaSchema(Schema):
    """Target users: of communities or of cells, and of one category. Never drawn shapes, never lists of people."""

    community_codes = _places(r"[A-Za-z0-9_:.-]{1,64}")
    cells = _places(r"8[0-9a-f]{14}")
    category = category_field(required=True)
    body = fields.String(required=True, validate=in_length(0, 2000), metadata={"description": "The text as typed"})

    @validates_schema
    def check_area(self, data: dict[str, Any], **_: object) -> None:
        """Raise unless exactly one kind of place is given."""
        if "community_codes" not in data and "cells" not in data:
            raise ValidationError(Fault.AREA_MISSING, "community_codes")
        if "community_codes" in data and "cells" in data:
            raise ValidationError(Fault.AREA_BOTH, "cells")


class BroadcastBodySchema(AreaSchema):
    """A broadcast: at most `quota` households, drawn at random."""

    quota = BodyWhole(required=True, validate=in_range(1, 100_000))


class FindingSchema(Schema):
    """What a rule found, and where in the text."""

    rule = fields.String(required=True)
    rule_class = fields.String(
        required=True, attribute="class", data_key="class", validate=one_of(*(each.value for each in RuleClass))
    )
    start = fields.Integer(required=True, metadata={"description": "First character of the span, 0-based"})
    end = fields.Integer(required=True, metadata={"description": "Character after the span"})
    detail = fields.String(required=True)


class RemainingSchema(Schema):
    """What is left of today's quota (day of Asia/Shanghai)."""

    broadcasts = fields.Integer(required=True)
    recipients = fields.Integer(required=True)


class PreviewSchema(ReleaseSchema):
    """What would be sent and what stands against it, and the release that the need is of. Nothing has happened."""

    final_text = fields.String(required=True)
    segments = fields.Integer(required=True)
    encoding = choice(Encoding, required=True)
    units = fields.Integer(required=True, metadata={"description": "UTF-16 units of the final text"})
    verdict = choice(Verdict, required=True)
    findings = fields.List(fields.Nested(FindingSchema), required=True)
    need = fields.Nested(MeasureSchema, required=True, allow_none=True, metadata={"description": "null when few"})
    allowed_quotas = fields.List(fields.Integer(), required=True)
    remaining = fields.Nested(RemainingSchema, required=True)


class BroadcastSchema(Schema):
    """A broadcast as its sender may see it: nothing here depends on what became of the messages."""

    broadcast_id = fields.UUID(required=True)
    state = choice(BroadcastState, required=True)
    quota = fields.Integer(required=True)
    category = choice(Category, required=True)
    final_text = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    starts_at = fields.AwareDateTime(required=True)
    done_at = fields.AwareDateTime(
        required=True, metadata={"description": "When it will be shown as done; a review or a pause sets it anew"}
    )
    findings = fields.List(
        fields.Nested(FindingSchema), required=True, metadata={"description": "Why the text needs a review"}
    )
    refused_for = choice(ReviewReason, required=True, allow_none=True)


class PageQuery(Schema):
    """Which page, and how long."""

    cursor = fields.String(validate=like(r"[A-Za-z0-9_-]{1,200}"))
    limit = QueryWhole(load_default=20, validate=in_range(1, 100))


class BroadcastsSchema(Schema):
    """One page of my broadcasts, newest first."""

    items = fields.List(fields.Nested(BroadcastSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
