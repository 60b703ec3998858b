"""Persona cards and how they are asked for."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.schemas.fields import QueryWhole, choice, in_range
from api.schemas.figures import MeasureSchema, ReleaseSchema, category_field
from api.schemas.radars import RadarAreaSchema, TagSchema, district_field
from privacy.release.slots import Activity, AgeBand
from privacy.release.values import Category
from radar.active_users import CARDS_PER_ANSWER
from radar.allowance import CARDS_PER_DAY


class CardsQuery(Schema):
    """Which cards; what is left out is open."""

    district = district_field(required=False)
    category = category_field()
    age_band = choice(AgeBand)
    activity = choice(Activity)
    limit = QueryWhole(load_default=CARDS_PER_ANSWER, validate=in_range(1, CARDS_PER_DAY))


class DistrictInterestSchema(Schema):
    """Something that a district prefers more than the nation does."""

    tag = fields.Nested(TagSchema, required=True)
    index_national = fields.Nested(MeasureSchema, required=True)


class CardSchema(ReleaseSchema):
    """One matching user: a tuple of the release, and nobody until invited.

    `district_interests` are those of all of the district, not of the person.
    """

    card_id = fields.String(required=True)
    label_zh = fields.String(required=True)
    label_en = fields.String(required=True)
    district = fields.Nested(RadarAreaSchema, required=True)
    category = choice(Category, required=True)
    age_band = choice(AgeBand, required=True)
    activity = choice(Activity, required=True)
    text_zh = fields.String(required=True)
    text_en = fields.String(required=True)
    district_interests = fields.List(fields.Nested(DistrictInterestSchema), required=True)


class CardsSchema(Schema):
    """Cards in the planner's order of the day. `remaining` is how many new ones the day still holds."""

    cards = fields.List(fields.Nested(CardSchema), required=True)
    per_day = fields.Integer(required=True)
    remaining = fields.Integer(required=True)
    reset_at = fields.AwareDateTime(required=True, metadata={"description": "When cards can no longer be invited from"})
