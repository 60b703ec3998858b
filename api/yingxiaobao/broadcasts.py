"""小微播音台: message the target users of places inside the own territory."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

from flask import g

from api.auth import SALES
from api.blueprint import Blueprint
from api.paging import read_cursor, write_next
from api.problem_details import show_findings
from api.reading import read
from api.resources import Resources, get_resources, get_snapshot
from api.schemas.broadcasts import (
    AreaSchema,
    BroadcastBodySchema,
    BroadcastSchema,
    BroadcastsSchema,
    PageQuery,
    PreviewSchema,
)
from api.sending import IDEMPOTENCY_KEY, read_key, read_own, write_answer
from api.yingxiaobao.audience import get_actor, get_audience
from api.yingxiaobao.figures import show_release
from messaging.campaigns import control
from messaging.campaigns.broadcasts import preview, request_broadcast
from messaging.campaigns.queries import find_broadcasts, get_broadcast
from messaging.campaigns.values import BroadcastRequest, BroadcastView, Preview

Arguments: TypeAlias = dict[str, Any]
Shown: TypeAlias = dict[str, Any]

ROUTE = "POST /v1/yingxiaobao/broadcasts"

broadcasts = Blueprint(
    "broadcasts", prefix="/v1/yingxiaobao/broadcasts", description="小微播音台 · messages to an area"
)


@broadcasts.route("/preview", method="POST", roles=SALES, problems=(403, 503))
@broadcasts.arguments(AreaSchema, location="json")
@broadcasts.answers(PreviewSchema)
def preview_broadcast(area: Arguments) -> dict[str, Any]:
    """Check a text and an area while typing. Nothing is sent, nothing is used up."""
    resources, snapshot = get_resources(), get_snapshot()
    audience = read(partial(get_audience, snapshot=snapshot, caller=g.caller, area=area))
    seen = preview(
        resources.sessions,
        actor=get_actor(g.caller),
        audience=audience,
        body=area["body"],
        clock=resources.clock,
        settings=resources.rules,
    )
    release = next(each for each in snapshot.releases if each.release_id == audience.release_id)
    return show_preview(seen) | show_release(release)


@broadcasts.route("", method="POST", roles=SALES, problems=(403, 409, 429, 503))
@broadcasts.takes_header(IDEMPOTENCY_KEY)
@broadcasts.arguments(BroadcastBodySchema, location="json")
@broadcasts.answers(BroadcastSchema, status=202, description="Accepted, or waiting for review")
def start_broadcast(area: Arguments) -> tuple[Shown, int, dict[str, str]]:
    """Message at most `quota` target users of the chosen places, drawn at random among those who agreed."""
    resources = get_resources()
    audience = read(partial(get_audience, snapshot=get_snapshot(), caller=g.caller, area=area))
    requested = request_broadcast(
        resources.sessions,
        actor=get_actor(g.caller),
        request=BroadcastRequest(audience, area["quota"], area["body"]),
        keyed=read_key(ROUTE, asked=area),
        clock=resources.clock,
        queue=resources.queue,
        settings=resources.rules,
    )
    return write_answer(show_view(requested.view), is_replay=requested.is_replay)


@broadcasts.route("", roles=SALES)
@broadcasts.arguments(PageQuery)
@broadcasts.answers(BroadcastsSchema)
def list_broadcasts(page: Arguments) -> dict[str, Any]:
    """List my broadcasts, newest first."""
    before, limit = read_cursor(page.get("cursor")), page["limit"]
    found = read_own(find_broadcasts, before=before, limit=limit + 1)
    next_cursor = write_next(found, limit=limit, place=attrgetter("created_at", "broadcast_id"))
    return {"items": [show_view(view) for view in found[:limit]], "next_cursor": next_cursor}


@broadcasts.route("/<uuid:broadcast_id>", roles=SALES, problems=(404,))
@broadcasts.answers(BroadcastSchema)
def show_broadcast(broadcast_id: UUID) -> Shown:
    """Show one of my broadcasts."""
    return show_view(read_own(get_broadcast, broadcast_id=broadcast_id))


@broadcasts.route("/<uuid:broadcast_id>/pause", method="POST", roles=SALES, problems=(404, 409))
@broadcasts.answers(BroadcastSchema)
def pause_broadcast(broadcast_id: UUID) -> Shown:
    """Hold back what has not left yet."""
    return change_broadcast(control.PAUSE, broadcast_id=broadcast_id)


@broadcasts.route("/<uuid:broadcast_id>/resume", method="POST", roles=SALES, problems=(404, 409))
@broadcasts.answers(BroadcastSchema)
def resume_broadcast(broadcast_id: UUID) -> Shown:
    """Go on after a pause."""
    return change_broadcast(control.RESUME, broadcast_id=broadcast_id)


@broadcasts.route("/<uuid:broadcast_id>/cancel", method="POST", roles=SALES, problems=(404, 409))
@broadcasts.answers(BroadcastSchema)
def cancel_broadcast(broadcast_id: UUID) -> Shown:
    """Stop for good what has not left yet."""
    return change_broadcast(control.CANCEL, broadcast_id=broadcast_id)


def change_broadcast(turn: control.Turn, *, broadcast_id: UUID) -> Shown:
    """Apply one change of state to one of the caller's broadcasts."""
    resources: Resources = get_resources()
    view = control.change(
        resources.sessions,
        turn,
        actor=get_actor(g.caller),
        broadcast_id=broadcast_id,
        clock=resources.clock,
        queue=resources.queue,
        settings=resources.rules,
    )
    return show_view(view)


def show_view(view: BroadcastView) -> Shown:
    """Return a broadcast as its schema wants it: its findings in the caller's language."""
    names = ("broadcast_id", "state", "quota", "category", "final_text", "created_at", "starts_at", "done_at")
    return {name: getattr(view, name) for name in names} | {
        "findings": show_findings(view.findings),
        "refused_for": view.refused_for,
    }


def show_preview(seen: Preview) -> dict[str, Any]:
    """Return a preview as its schema wants it; where the need is "few" there is none."""
    need = None
    if seen.need is not None and seen.need_moe95 is not None:
        need = {"value": round(seen.need, 1), "moe95": round(seen.need_moe95, 1)}
    names = ("final_text", "segments", "encoding", "units", "verdict", "allowed_quotas", "remaining")
    return {name: getattr(seen, name) for name in names} | {"need": need, "findings": show_findings(seen.findings)}
