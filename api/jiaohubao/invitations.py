"""邀请: invite the person behind a card, by text. Nobody here knows who that is, or whether anybody is."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

from flask import g
from sqlalchemy.orm import Session

from api.auth import PLANNERS
from api.blueprint import Blueprint
from api.paging import read_cursor, write_next
from api.problem_details import show_findings
from api.reading import read
from api.resources import get_resources
from api.schemas.broadcasts import PageQuery
from api.schemas.talk import InvitationBodySchema, InvitationPreviewSchema, InvitationSchema, InvitationsSchema
from api.sending import IDEMPOTENCY_KEY, read_key, read_own, write_answer
from geo.queries import find_districts
from geo.values import DistrictView
from messaging.campaigns.invitation_queries import find_invitations, get_invitation
from messaging.campaigns.invitation_values import InvitationRequest, InvitationView, Persona
from messaging.campaigns.invitations import preview_invitation, request_invitation
from radar.cards import read_card
from radar.errors import CardUnknownError

Arguments: TypeAlias = dict[str, Any]
Row: TypeAlias = dict[str, Any]

ROUTE = "POST /v1/jiaohubao/invitations"

invitations = Blueprint(
    "invitations", prefix="/v1/jiaohubao/invitations", description="邀请 · inviting the person behind a card"
)


@invitations.route("/preview", method="POST", roles=PLANNERS, problems=(404, 410, 503))
@invitations.arguments(InvitationBodySchema, location="json")
@invitations.answers(InvitationPreviewSchema)
def check_invitation(asked: Arguments) -> Row:
    """Check a text while typing. Nothing is sent, nothing is used up."""
    resources = get_resources()
    invitation = read_request(asked)
    seen = preview_invitation(resources.sessions, body=invitation.body, settings=resources.rules)
    size = {"segments": seen.final.segments, "encoding": seen.final.encoding, "units": seen.final.units}
    return {"final_text": seen.final.text, **size, "verdict": seen.verdict, "findings": show_findings(seen.findings)}


@invitations.route("", method="POST", roles=PLANNERS, problems=(404, 409, 410, 429, 503))
@invitations.takes_header(IDEMPOTENCY_KEY)
@invitations.arguments(InvitationBodySchema, location="json")
@invitations.answers(InvitationSchema, status=202, description="Accepted, or waiting for review")
def invite(asked: Arguments) -> tuple[Row, int, dict[str, str]]:
    """Invite one person of a card's persona. Nothing tells whether anybody could be invited."""
    resources = get_resources()
    requested = request_invitation(
        resources.sessions,
        request=read_request(asked),
        keyed=read_key(ROUTE, asked=asked),
        clock=resources.clock,
        queue=resources.queue,
        settings=resources.rules,
    )
    return write_answer(show_invitation(requested.view), is_replay=requested.is_replay)


@invitations.route("", roles=PLANNERS)
@invitations.arguments(PageQuery)
@invitations.answers(InvitationsSchema)
def list_invitations(page: Arguments) -> Row:
    """List my invitations, newest first."""
    before, limit = read_cursor(page.get("cursor")), page["limit"]
    found = read_own(find_invitations, before=before, limit=limit + 1)
    next_cursor = write_next(found, limit=limit, place=attrgetter("created_at", "invitation_id"))
    return {"items": [show_invitation(view) for view in found[:limit]], "next_cursor": next_cursor}


@invitations.route("/<uuid:invitation_id>", roles=PLANNERS, problems=(404,))
@invitations.answers(InvitationSchema)
def show_one_invitation(invitation_id: UUID) -> Row:
    """Show one of my invitations."""
    return show_invitation(read_own(get_invitation, invitation_id=invitation_id))


def read_request(asked: Arguments) -> InvitationRequest:
    """Return what a card and a text ask for. Raises CardUnknownError, CardExpiredError."""
    resources = get_resources()
    card = read_card(asked["card_id"], planner_id=g.caller.account_id, now=resources.clock(), keys=resources.card_keys)
    seen = card.persona

    def look(session: Session) -> DistrictView:
        """Find where the persona lives."""
        for district in find_districts(session, adcodes=[seen.district_adcode]):
            return district
        raise CardUnknownError

    district = read(look)
    persona = Persona(seen.district_adcode, seen.age_band, seen.activity, seen.category)
    return InvitationRequest(persona, district.city_code, card.release_id, asked["body"])


def show_invitation(view: InvitationView) -> Row:
    """Return an invitation as its schema wants it."""
    names = (
        "invitation_id", "state", "persona", "release_id", "final_text", "created_at", "told_at", "answer_by",
        "handle", "refused_for",
    )  # fmt: skip
    return {name: getattr(view, name) for name in names} | {"findings": show_findings(view.findings)}
