"""交互宝: inviting the person behind a card, and the conversation that may come of it."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.schemas.broadcasts import FindingSchema
from api.schemas.fields import choice, in_length, like
from messaging.campaigns.invitation_values import InvitationState
from messaging.campaigns.models import ReviewReason
from messaging.campaigns.talk_values import Speaker
from messaging.campaigns.values import Encoding, Verdict
from privacy.release.slots import Activity, AgeBand
from privacy.release.values import Category


class InvitationBodySchema(Schema):
    """Whom to invite, as the card that was shown today, and the text as typed."""

    card_id = fields.String(required=True, validate=like(r"[A-Za-z0-9_-]{1,200}"))
    body = fields.String(required=True, validate=in_length(0, 2000), metadata={"description": "The text as typed"})


class InvitationPreviewSchema(Schema):
    """What an invitation would say and what stands against it. Nothing has happened."""

    final_text = fields.String(required=True, metadata={"description": "With the code of the link left blank"})
    segments = fields.Integer(required=True)
    encoding = choice(Encoding, required=True)
    units = fields.Integer(required=True, metadata={"description": "UTF-16 units of the final text"})
    verdict = choice(Verdict, required=True)
    findings = fields.List(fields.Nested(FindingSchema), required=True)


class PersonaSchema(Schema):
    """The tuple behind a card: what is known of whoever is invited, and all of it."""

    district_adcode = fields.Integer(required=True)
    age_band = choice(AgeBand, required=True)
    activity = choice(Activity, required=True)
    category = choice(Category, required=True)


class InvitationSchema(Schema):
    """An invitation as its planner may see it. Only `accepted` depends on a person: on the person's own answer."""

    invitation_id = fields.UUID(required=True)
    state = choice(InvitationState, required=True)
    persona = fields.Nested(PersonaSchema, required=True)
    release_id = fields.String(required=True)
    final_text = fields.String(required=True, metadata={"description": "With the code of the link left blank"})
    created_at = fields.AwareDateTime(required=True)
    told_at = fields.AwareDateTime(required=True, metadata={"description": "The slot of the next state"})
    answer_by = fields.AwareDateTime(required=True, metadata={"description": "72 hours after the slot"})
    handle = fields.String(required=True, allow_none=True, metadata={"description": "The conversation, once answered"})
    findings = fields.List(
        fields.Nested(FindingSchema), required=True, metadata={"description": "Why the text needs a review"}
    )
    refused_for = choice(ReviewReason, required=True, allow_none=True)


class InvitationsSchema(Schema):
    """One page of my invitations, newest first."""

    items = fields.List(fields.Nested(InvitationSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ConversationSchema(Schema):
    """A conversation in the inbox. It is open until `expires_at`, also when the other side has ended it."""

    handle = fields.String(required=True)
    invitation_id = fields.UUID(required=True)
    persona = fields.Nested(PersonaSchema, required=True)
    opened_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    unread = fields.Integer(required=True)
    last_at = fields.AwareDateTime(required=True, allow_none=True)


class ConversationsSchema(Schema):
    """One page of my inbox, the conversation that opened last first."""

    items = fields.List(fields.Nested(ConversationSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class LineBodySchema(Schema):
    """What to write."""

    body = fields.String(required=True, validate=in_length(0, 2000), metadata={"description": "The text as typed"})


class LineSchema(Schema):
    """One line, masked: phones, accounts, addresses and given names read [masked]."""

    line_id = fields.UUID(required=True)
    speaker = choice(Speaker, required=True)
    body = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class LinesSchema(Schema):
    """One page of a conversation, newest first."""

    items = fields.List(fields.Nested(LineSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
