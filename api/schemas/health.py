"""Health and readiness."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.schemas.fields import one_of


class HealthSchema(Schema):
    """The process is alive."""

    status = fields.String(required=True, validate=one_of("ok"))


class ReadinessSchema(Schema):
    """Whether requests can be answered; `missing` names what is not there.

    `refused` names releases that are not served since their digest or signature is wrong; their city goes on with the
    newest one that is right.
    """

    status = fields.String(required=True, validate=one_of("ready", "not_ready"))
    missing = fields.List(fields.String(validate=one_of("database", "release")), required=True)
    refused = fields.List(fields.String(metadata={"example": "2026-11-370200"}), required=True)
