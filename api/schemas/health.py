"""Health and readiness."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.schemas.fields import one_of


class HealthSchema(Schema):
    """The process is alive."""

    status = fields.String(required=True, validate=one_of("ok"))


class ReadinessSchema(Schema):
    """Whether requests can be answered; `missing` names what is not there."""

    status = fields.String(required=True, validate=one_of("ready", "not_ready"))
    missing = fields.List(fields.String(validate=one_of("database", "release")), required=True)
