"""One family of answers for all radars: tags with counts, shares, indexes and series, each with its margin.

What a chart needs stands beside the figures: `units` names the unit of each kind of figure, a series is in the order of
time, and every figure is an object of `value` and `moe95` (the half width of its 95 % interval). A count below two
standard errors is `few`: its value is null, and so are share, index and growth.
"""

from __future__ import annotations

from marshmallow import Schema, fields

from api.schemas.fields import QueryWhole, choice, in_range, like, one_of
from api.schemas.figures import MeasureSchema, NeedSchema, ReleaseSchema, category_field
from privacy.release.values import Category
from radar.life_circle import Why
from radar.values import NoSeason

MONTH = "20[0-9]{2}-(0[1-9]|1[0-2])"
_OF_DISTRICT = {"description": "Adcode of a district, or of a city for all of its districts"}
_OF_MONTH = {"description": "A month of `/v1/jiaohubao/months`; the newest where it is left out", "example": "2026-11"}


def district_field(*, required: bool) -> QueryWhole:
    """Return the argument `district`."""
    return QueryWhole(required=required, validate=in_range(100_000, 999_999), metadata=_OF_DISTRICT)


class RadarQuery(Schema):
    """Which area and month."""

    district = district_field(required=True)
    month = fields.String(validate=like(MONTH), metadata=_OF_MONTH)


class PainPointsQuery(RadarQuery):
    """Which area, month and category; without one, the pains of all categories."""

    category = category_field()


class RadarAreaSchema(Schema):
    """A district, or a whole city, whose adcode then is the city's."""

    adcode = fields.Integer(required=True)
    name = fields.String(required=True)
    city_code = fields.Integer(required=True)
    city_name = fields.String(required=True)


class TagSchema(Schema):
    """One tag of a public vocabulary. Examples are written for the tag: nobody's own words."""

    key = fields.String(required=True, metadata={"example": "refrigerator/noise"})
    code = fields.String(required=True)
    category = choice(Category, required=True, allow_none=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    example_zh = fields.String(required=True, allow_none=True)
    example_en = fields.String(required=True, allow_none=True)
    platforms = fields.List(fields.String(), required=True)
    influencers = fields.List(fields.String(), required=True)


class UnitsSchema(Schema):
    """What each kind of figure is counted in."""

    count = fields.String(required=True, validate=one_of("households"))
    share = fields.String(required=True, validate=one_of("percent"))
    index = fields.String(required=True, validate=one_of("base_is_100"))
    growth = fields.String(required=True, validate=one_of("percent"))
    seasonality = fields.String(required=True, validate=one_of("year_mean_is_100"))


class BaseReleaseSchema(ReleaseSchema):
    """One of the releases that make up the nation."""

    city_code = fields.Integer(required=True)


class PointSchema(ReleaseSchema):
    """One month of a series."""

    month = fields.String(required=True)
    count = fields.Nested(NeedSchema, required=True)
    share = fields.Nested(MeasureSchema, required=True, allow_none=True)


class GrowthSchema(MeasureSchema):
    """The relative change of the share since an earlier month. `clear` where it is larger than its margin."""

    since = fields.String(required=True, metadata={"example": "2026-08"})
    clear = fields.Boolean(required=True)


class SeasonPointSchema(ReleaseSchema, MeasureSchema):
    """One month against the mean of twelve."""

    month = fields.String(required=True)


class SeasonalitySchema(Schema):
    """The last twelve months against their mean; without points, `missing` says why."""

    points = fields.List(fields.Nested(SeasonPointSchema), required=True)
    missing = choice(NoSeason, required=True, allow_none=True)


class ItemSchema(Schema):
    """One tag, ranked. `national` and `city` are the same tag in the nation and in the area's city."""

    rank = fields.Integer(required=True)
    tag = fields.Nested(TagSchema, required=True)
    count = fields.Nested(NeedSchema, required=True)
    share = fields.Nested(MeasureSchema, required=True, allow_none=True)
    share_city = fields.Nested(MeasureSchema, required=True, allow_none=True)
    share_national = fields.Nested(MeasureSchema, required=True, allow_none=True)
    index_city = fields.Nested(MeasureSchema, required=True, allow_none=True)
    index_national = fields.Nested(MeasureSchema, required=True, allow_none=True)
    growth = fields.Nested(GrowthSchema, required=True, allow_none=True)
    series = fields.List(fields.Nested(PointSchema), required=True)
    seasonality = fields.Nested(SeasonalitySchema, required=True)


class RadarSchema(ReleaseSchema):
    """What a radar sees of an area in a month. `base` are the releases that the nation is made of."""

    month = fields.String(required=True)
    area = fields.Nested(RadarAreaSchema, required=True)
    units = fields.Nested(UnitsSchema, required=True)
    base = fields.List(fields.Nested(BaseReleaseSchema), required=True)
    items = fields.List(fields.Nested(ItemSchema), required=True)


class PainPointsSchema(RadarSchema):
    """Pains, most households first. Shares are of all pains of the category, or of all where none was asked for."""

    category = choice(Category, required=True, allow_none=True)


class NotReleasedSchema(Schema):
    """A view of the figures that no release holds, and why."""

    reason_zh = fields.String(required=True)
    reason_en = fields.String(required=True)


class InterestsSchema(RadarSchema):
    """Interests, the most over-represented first."""

    by_category = fields.Nested(NotReleasedSchema, required=True)


class SuggestionSchema(Schema):
    """A topic to work together on. Platforms and influencers are editorial knowledge, no figures."""

    rank = fields.Integer(required=True)
    tag = fields.Nested(TagSchema, required=True)
    why = choice(Why, required=True)
    index_national = fields.Nested(MeasureSchema, required=True, allow_none=True)
    growth = fields.Nested(GrowthSchema, required=True, allow_none=True)


class LifeCircleSchema(RadarSchema):
    """Topics, the most over-represented first, and suggestions for working together, best first."""

    by_segment = fields.Nested(NotReleasedSchema, required=True)
    suggestions = fields.List(fields.Nested(SuggestionSchema), required=True)


class MonthSchema(Schema):
    """One month and the releases that have district figures of it."""

    month = fields.String(required=True)
    releases = fields.List(fields.Nested(BaseReleaseSchema), required=True)


class MonthsSchema(Schema):
    """The months that radars can show, newest first."""

    months = fields.List(fields.Nested(MonthSchema), required=True)
