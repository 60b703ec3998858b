"""Released figures and the arguments by which they are asked for."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.schemas.fields import QueryNumber, choice, in_range, one_of
from geo.values import Datum
from privacy.release.values import Category

DATUM_HELP = {"description": "Datum of lon and lat, in question and answer"}


def datum_field(default: Datum = Datum.GCJ02) -> fields.Enum[Datum]:
    """Return the argument `datum`; what a phone in China reports is GCJ-02."""
    return choice(Datum, load_default=default, metadata=DATUM_HELP)


def category_field(*, required: bool = False) -> fields.Enum[Category]:
    """Return the argument `category`; when it is not required it may be left out."""
    return choice(Category, required=required)


class PositionQuery(Schema):
    """A position and its datum."""

    lon = QueryNumber(required=True, validate=in_range(-180, 180))
    lat = QueryNumber(required=True, validate=in_range(-90, 90))
    datum = datum_field()


class PositionSchema(Schema):
    """A position in the datum of the answer."""

    lon = fields.Float(required=True)
    lat = fields.Float(required=True)


class MeasureSchema(Schema):
    """A released figure and its 95 % margin."""

    value = fields.Float(required=True)
    moe95 = fields.Float(required=True)


class NeedSchema(Schema):
    """A released need. `value` is null and `few` true where the figure is below two standard errors."""

    value = fields.Float(required=True, allow_none=True)
    moe95 = fields.Float(required=True)
    few = fields.Boolean(required=True)


NeedsSchema = Schema.from_dict({category.value: fields.Nested(NeedSchema) for category in Category}, name="NeedsSchema")


class ReleaseSchema(Schema):
    """Which release the figures come from; they do not change until the next one."""

    release_id = fields.String(required=True, metadata={"example": "2026-11-370200"})
    as_of = fields.AwareDateTime(required=True)


class GeometrySchema(Schema):
    """A GeoJSON geometry, in the datum of the answer."""

    type = fields.String(required=True, validate=one_of("Point", "Polygon", "MultiPolygon"))
    coordinates = fields.List(fields.Raw(), required=True)
