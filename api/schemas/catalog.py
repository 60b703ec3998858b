"""What an app must know before its first screen: names, quotas, rules, releases, where to put the map."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.schemas.fields import QueryWhole, choice, in_range, one_of
from api.schemas.figures import GeometrySchema, PositionSchema, datum_field
from api.schemas.login import TerritoryDistrictSchema
from api.schemas.radars import TagSchema
from geo.values import Datum
from privacy.release.values import Category


class CategorySchema(Schema):
    """One product category."""

    code = choice(Category, required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)


class WindowSchema(Schema):
    """When messages may leave; half-open, hh:mm."""

    opens = fields.String(required=True)
    closes = fields.String(required=True)
    timezone = fields.String(required=True)


class MessagingSchema(Schema):
    """How messages are framed and when they leave. `demo` says that hours or slots are not those of production."""

    signature = fields.String(required=True)
    suffix = fields.String(required=True)
    window = fields.Nested(WindowSchema, required=True)
    done_slots = fields.List(fields.String(), required=True)
    demo = fields.Boolean(required=True)


class CatalogReleaseSchema(Schema):
    """The newest release of one city."""

    release_id = fields.String(required=True)
    month = fields.String(required=True, metadata={"example": "2026-11"})
    city_code = fields.Integer(required=True)
    as_of = fields.AwareDateTime(required=True)


class MapSchema(Schema):
    """Where the caller's territory lies, GCJ-02. `bounds` is west, south, east, north."""

    center = fields.Nested(PositionSchema, required=True)
    bounds = fields.List(fields.Float(), required=True)


class NameSchema(Schema):
    """A code with its names."""

    code = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)


class VocabularySchema(Schema):
    """The public lists that the radars speak in; tags name platforms and influencers by their codes."""

    pain_points = fields.List(fields.Nested(TagSchema), required=True)
    interests = fields.List(fields.Nested(TagSchema), required=True)
    topics = fields.List(fields.Nested(TagSchema), required=True)
    age_bands = fields.List(fields.Nested(NameSchema), required=True)
    activities = fields.List(fields.Nested(NameSchema), required=True)
    platforms = fields.List(fields.Nested(NameSchema), required=True)
    influencers = fields.List(fields.Nested(NameSchema), required=True)


class CatalogSchema(Schema):
    """Everything an app shows by name."""

    categories = fields.List(fields.Nested(CategorySchema), required=True)
    districts = fields.List(fields.Nested(TerritoryDistrictSchema), required=True)
    quotas = fields.List(fields.Integer(), required=True)
    rules_version = fields.String(required=True)
    messaging = fields.Nested(MessagingSchema, required=True)
    releases = fields.List(fields.Nested(CatalogReleaseSchema), required=True)
    map = fields.Nested(MapSchema, required=True, allow_none=True)
    vocabulary = fields.Nested(VocabularySchema, required=True)


class DistrictsQuery(Schema):
    """Which city, and in which datum. RFC 7946 wants WGS84, hence that default."""

    city_code = QueryWhole(required=True, validate=in_range(100_000, 999_999))
    datum = datum_field(Datum.WGS84)


class DistrictFeatureSchema(Schema):
    """One district with its outline."""

    type = fields.String(required=True, validate=one_of("Feature"))
    id = fields.Integer(required=True)
    geometry = fields.Nested(GeometrySchema, required=True)
    properties = fields.Nested(TerritoryDistrictSchema, required=True)


class DistrictsSchema(Schema):
    """The districts of a city as GeoJSON; the datum is a foreign member."""

    type = fields.String(required=True, validate=one_of("FeatureCollection"))
    datum = choice(Datum, required=True)
    features = fields.List(fields.Nested(DistrictFeatureSchema), required=True)
