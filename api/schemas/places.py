"""The 营销宝 answers about places: communities, cells, territory."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.schemas.fields import QueryWhole, choice, in_range, one_of
from api.schemas.figures import (
    GeometrySchema,
    MeasureSchema,
    NeedsSchema,
    PositionQuery,
    PositionSchema,
    ReleaseSchema,
    category_field,
)
from geo.values import Datum
from privacy.release.values import Category


class CommunitiesQuery(PositionQuery):
    """Where, how many, and for which category."""

    category = category_field()
    limit = QueryWhole(load_default=30, validate=in_range(1, 100))


class DistrictNameSchema(Schema):
    """A district by code and name."""

    adcode = fields.Integer(required=True)
    name = fields.String(required=True)


class CommunitySchema(Schema):
    """One community. `level` says whether its figures are its own or, with few customers, its parent's."""

    community_code = fields.String(required=True)
    name = fields.String(required=True)
    district = fields.Nested(DistrictNameSchema, required=True)
    distance_m = fields.Float(required=True)
    position = fields.Nested(PositionSchema, required=True)
    users = fields.Nested(MeasureSchema, required=True)
    needs = fields.Nested(NeedsSchema, required=True)
    level = fields.String(required=True, validate=one_of("community", "parent"))
    share = fields.Float(metadata={"description": "Of the need of all listed communities, 0-1; with a category"})
    rank = fields.Integer(metadata={"description": "By need among those listed, 1 is the greatest; with a category"})
    outline = fields.Nested(GeometrySchema, required=True, allow_none=True)


class CommunitiesSchema(ReleaseSchema):
    """The nearest communities, nearest first."""

    datum = choice(Datum, required=True)
    category = choice(Category, required=True, allow_none=True)
    communities = fields.List(fields.Nested(CommunitySchema), required=True)


class HeatmapQuery(PositionQuery):
    """Where, how far, and for which category. A cell counts when its centre lies within the radius."""

    radius_m = QueryWhole(load_default=5000, validate=in_range(500, 5000))
    category = category_field(required=True)


class CellPropertiesSchema(Schema):
    """The figures of one cell; `need`, whose margin is `moe95`, is null and `few` true below two standard errors."""

    cell = fields.String(required=True, metadata={"description": "H3 index, resolution 8"})
    need = fields.Float(required=True, allow_none=True)
    moe95 = fields.Float(required=True)
    users = fields.Float(required=True, allow_none=True)
    users_moe95 = fields.Float(required=True)
    few = fields.Boolean(required=True)


class CellSchema(Schema):
    """One hexagon."""

    type = fields.String(required=True, validate=one_of("Feature"))
    id = fields.String(required=True)
    geometry = fields.Nested(GeometrySchema, required=True)
    properties = fields.Nested(CellPropertiesSchema, required=True)


class HeatmapTotalSchema(Schema):
    """The sums over the circle, made before any cell is hidden."""

    need = fields.Nested(MeasureSchema, required=True)
    users = fields.Nested(MeasureSchema, required=True)


class HeatmapSchema(ReleaseSchema):
    """The cells within the radius, as GeoJSON with foreign members."""

    type = fields.String(required=True, validate=one_of("FeatureCollection"))
    datum = choice(Datum, required=True)
    category = choice(Category, required=True)
    center = fields.Nested(PositionSchema, required=True)
    radius_m = fields.Integer(required=True)
    total = fields.Nested(HeatmapTotalSchema, required=True)
    features = fields.List(fields.Nested(CellSchema), required=True)


class TileQuery(Schema):
    """Which need to colour by."""

    category = category_field(required=True)


class TerritoryDistrictFiguresSchema(DistrictNameSchema):
    """The figures of one of my districts."""

    users = fields.Nested(MeasureSchema, required=True)
    needs = fields.Nested(NeedsSchema, required=True)


class TrendMonthSchema(ReleaseSchema):
    """The needs of my territory in the release of one month."""

    month = fields.String(required=True, metadata={"example": "2026-11"})
    needs = fields.Nested(NeedsSchema, required=True)


class TerritorySchema(ReleaseSchema):
    """My districts, and how their needs moved from release to release."""

    districts = fields.List(fields.Nested(TerritoryDistrictFiguresSchema), required=True)
    trend = fields.List(fields.Nested(TrendMonthSchema), required=True)
