"""对话: a planner's inbox. Both sides are masked, and a handle is good for one planner only."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

from flask import g

from api.auth import PLANNERS
from api.blueprint import Blueprint
from api.paging import read_place, write_next
from api.resources import get_resources
from api.schemas.broadcasts import PageQuery
from api.schemas.talk import ConversationsSchema, LineBodySchema, LineSchema, LinesSchema
from api.sending import IDEMPOTENCY_KEY, read_key, write_answer
from messaging.campaigns.talk import Said, mark_read, say
from messaging.campaigns.talk_queries import find_conversations, find_lines
from messaging.campaigns.talk_values import ConversationCursor, LineCursor, LineView

Arguments: TypeAlias = dict[str, Any]
Row: TypeAlias = dict[str, Any]

conversations = Blueprint(
    "conversations", prefix="/v1/jiaohubao/conversations", description="对话 · masked talk after an answer"
)


@conversations.route("", roles=PLANNERS)
@conversations.arguments(PageQuery)
@conversations.answers(ConversationsSchema)
def list_conversations(page: Arguments) -> Row:
    """List my conversations, the one that opened last first, with what is unread in each."""
    place, limit = read_place(page.get("cursor"), str), page["limit"]
    with get_resources().sessions() as session:
        before = ConversationCursor(*place) if place else None
        found = find_conversations(session, actor_id=g.caller.account_id, before=before, limit=limit + 1)
    next_cursor = write_next(found, limit=limit, place=attrgetter("opened_at", "handle"))
    return {"items": found[:limit], "next_cursor": next_cursor}


@conversations.route("/<handle>/messages", roles=PLANNERS, problems=(404,))
@conversations.arguments(PageQuery)
@conversations.answers(LinesSchema)
def list_lines(page: Arguments, handle: str) -> Row:
    """Show what was said in one of my conversations, newest first. Reading marks nothing; /read does."""
    place, limit = read_place(page.get("cursor"), UUID), page["limit"]
    with get_resources().sessions() as session:
        before = LineCursor(*place) if place else None
        found = find_lines(session, actor_id=g.caller.account_id, handle=handle, before=before, limit=limit + 1)
    return {"items": found[:limit], "next_cursor": write_next(found, limit=limit, place=attrgetter("at", "line_id"))}


@conversations.route("/<handle>/messages", method="POST", roles=PLANNERS, problems=(404, 409, 429, 503))
@conversations.takes_header(IDEMPOTENCY_KEY)
@conversations.arguments(LineBodySchema, location="json")
@conversations.answers(LineSchema, status=202, description="Taken, to be shown on the other side's page")
def write_line(asked: Arguments, handle: str) -> tuple[LineView, int, dict[str, str]]:
    """Write in one of my conversations. It is shown on the other side's page, and never sent as a text message."""
    resources = get_resources()
    line, is_replay = say(
        resources.sessions,
        said=Said(g.caller.account_id, handle, asked["body"]),
        keyed=read_key(f"POST /v1/jiaohubao/conversations/{handle}/messages", asked=asked),
        clock=resources.clock,
        queue=resources.queue,
        settings=resources.rules,
    )
    return write_answer(line, is_replay=is_replay)


@conversations.route("/<handle>/read", method="POST", roles=PLANNERS, problems=(404,))
@conversations.answers(status=204)
def mark_conversation_read(handle: str) -> None:
    """Mark everything said so far in one of my conversations as read."""
    resources = get_resources()
    mark_read(resources.sessions, actor_id=g.caller.account_id, handle=handle, clock=resources.clock)
