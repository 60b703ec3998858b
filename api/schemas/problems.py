"""The body of every error (RFC 9457)."""

from __future__ import annotations

from marshmallow import Schema, fields


class ProblemEntrySchema(Schema):
    """One thing that is wrong; findings in a text also carry their rule and span."""

    detail = fields.String(required=True)
    pointer = fields.String(required=True, metadata={"description": "JSON pointer, or /name of a query argument"})
    rule = fields.String()
    rule_class = fields.String(data_key="class")
    start = fields.Integer(metadata={"description": "First character of the span, 0-based"})
    end = fields.Integer(metadata={"description": "Character after the span"})
    reset_at = fields.AwareDateTime(metadata={"description": "When a used-up quota is full again"})
    broadcast_id = fields.UUID(metadata={"description": "The earlier broadcast that this one repeats"})
    allowed_quotas = fields.List(fields.Integer(), metadata={"description": "Quotas that the area supports"})


class ProblemSchema(Schema):
    """A problem. `instance` is the request id."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    instance = fields.String(required=True)
    errors = fields.List(fields.Nested(ProblemEntrySchema), required=True)
