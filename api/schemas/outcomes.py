"""What campaigns did, as the 营销宝 shows it."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.schemas.fields import like
from api.schemas.figures import ReleaseSchema
from api.schemas.places import DistrictNameSchema
from privacy.release.slots import Outcome

MONTH = r"20[0-9]{2}-(0[1-9]|1[0-2])"


class OutcomesQuery(Schema):
    """Which month's campaigns; without one, those of the latest month that is told of."""

    month = fields.String(validate=like(MONTH), metadata={"example": "2026-10"})


class EstimateSchema(Schema):
    """A released count, or what follows from some. `value` is null and `few` true within two standard errors of zero.

    `moe95` is null too where too few households were reached for a rate.
    """

    value = fields.Float(required=True, allow_none=True)
    moe95 = fields.Float(required=True, allow_none=True)
    few = fields.Boolean(required=True)


CountsSchema = Schema.from_dict({name.value: fields.Nested(EstimateSchema) for name in Outcome}, name="CountsSchema")


class OutcomesSchema(Schema):
    """Counts of households by outcome, and rates from 0 to 1. The margins of rates hold noise and chance."""

    counts = fields.Nested(CountsSchema, required=True)
    reply_rate = fields.Nested(EstimateSchema, required=True)
    purchase_rate = fields.Nested(EstimateSchema, required=True)
    held_out_purchase_rate = fields.Nested(EstimateSchema, required=True)
    lift = fields.Nested(
        EstimateSchema,
        required=True,
        metadata={"description": "Purchase rate of those messaged less that of the held-out control group"},
    )


class DistrictOutcomesSchema(DistrictNameSchema):
    """The outcomes of one of my districts."""

    outcomes = fields.Nested(OutcomesSchema, required=True)


class TerritoryOutcomesSchema(ReleaseSchema):
    """The outcomes of the campaigns of a month in my districts, and in all of them together."""

    month = fields.String(required=True, metadata={"example": "2026-10"})
    districts = fields.List(fields.Nested(DistrictOutcomesSchema), required=True)
    total = fields.Nested(OutcomesSchema, required=True)
