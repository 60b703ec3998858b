"""What operators see in front: campaigns as requested, the pump's few words, releases and what they cost."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.schemas.catalog import WindowSchema
from api.schemas.fields import choice, one_of
from messaging.campaigns.models import BroadcastState
from messaging.campaigns.operation_queries import CampaignKind
from messaging.campaigns.pump_report import DoubtWord, ValveWord
from privacy.release.values import Category

RELEASE_STATES = ("good", "unsigned", "refused")


class CampaignCountSchema(Schema):
    """How many campaigns of the last seven days are shown in a state."""

    kind = choice(CampaignKind, required=True)
    state = choice(BroadcastState, required=True)
    count = fields.Integer(required=True)


class LiveBroadcastSchema(Schema):
    """A broadcast that is not over: how far it is by the clock. Neither its text nor its author."""

    broadcast_id = fields.UUID(required=True)
    state = choice(BroadcastState, required=True)
    city_code = fields.Integer(required=True)
    city_name = fields.String(required=True)
    category = choice(Category, required=True)
    quota = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    starts_at = fields.AwareDateTime(required=True)
    done_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)


class DayUseSchema(Schema):
    """What was asked for on one day (Asia/Shanghai): quotas, not households reached."""

    day = fields.Date(required=True)
    messages = fields.Integer(required=True)
    broadcasts = fields.Integer(required=True)
    invitations = fields.Integer(required=True)


class RatesSchema(Schema):
    """How fast and when messages may leave, and how many may be asked for a day."""

    send_rate_per_s = fields.Float(required=True)
    messages_per_day = fields.Integer(required=True)
    window = fields.Nested(WindowSchema, required=True)


class CitySpendingSchema(Schema):
    """What one release cost of the promise; null where it does not tell its noise."""

    city_code = fields.Integer(required=True)
    city_name = fields.String(required=True)
    epsilon = fields.Float(required=True, allow_none=True)


class MonthSpendingSchema(Schema):
    """What a month cost a household, that of its dearest city, and the rolling year that ends with it."""

    month = fields.String(required=True, metadata={"example": "2026-11"})
    epsilon = fields.Float(required=True)
    year_epsilon = fields.Float(required=True)
    cities = fields.List(fields.Nested(CitySpendingSchema), required=True)


class SpendingSchema(Schema):
    """The promise of a rolling year, and what the published months cost of it, newest first."""

    epsilon = fields.Float(required=True)
    delta = fields.Float(required=True)
    months = fields.List(fields.Nested(MonthSpendingSchema), required=True)


class StoredReleaseSchema(Schema):
    """A stored release: `refused` is not served since its digest or signature is wrong, `unsigned` has none."""

    release_id = fields.String(required=True, metadata={"example": "2026-11-370200"})
    month = fields.String(required=True, metadata={"example": "2026-11"})
    city_code = fields.Integer(required=True)
    city_name = fields.String(required=True)
    as_of = fields.AwareDateTime(required=True)
    published_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True, validate=one_of(*RELEASE_STATES))


class OperationsSchema(Schema):
    """All that the serving side knows of its own work; nothing in it depends on what became of messages."""

    campaigns = fields.List(fields.Nested(CampaignCountSchema), required=True)
    live = fields.List(fields.Nested(LiveBroadcastSchema), required=True, metadata={"description": "Newest 50"})
    days = fields.List(fields.Nested(DayUseSchema), required=True, metadata={"description": "Seven, newest first"})
    rates = fields.Nested(RatesSchema, required=True)
    ledger = fields.Nested(SpendingSchema, required=True)
    releases = fields.List(
        fields.Nested(StoredReleaseSchema), required=True, metadata={"description": "Of the newest twelve months"}
    )


class PumpReportSchema(Schema):
    """The pump's own words, cut to ten seconds and a minute; no count of messages."""

    told_at = fields.AwareDateTime(required=True)
    valve = choice(ValveWord, required=True)
    carrier_code = fields.String(required=True, allow_none=True)
    since = fields.AwareDateTime(required=True, allow_none=True)
    doubt = choice(DoubtWord, required=True, metadata={"description": "`raised` from half of what opens the breaker"})


class PumpSchema(Schema):
    """What the pump last said of itself, null while none ever ran, and whether it has been silent for a minute."""

    report = fields.Nested(PumpReportSchema, required=True, allow_none=True)
    is_silent = fields.Boolean(required=True)
