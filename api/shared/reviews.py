"""Reviews: a doubtful text is read by another person than its author before anything leaves."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

from flask import g

from api.auth import REVIEWERS
from api.blueprint import Blueprint
from api.paging import read_cursor, write_next
from api.problem_details import show_findings
from api.reading import read
from api.resources import get_resources
from api.schemas.broadcasts import PageQuery
from api.schemas.reviews import DecisionSchema, ReviewSchema, ReviewsSchema
from api.yingxiaobao.audience import get_actor
from geo.queries import find_leaf_names
from geo.values import LeafName
from messaging.campaigns.review_queries import find_waiting
from messaging.campaigns.reviews import decide
from messaging.campaigns.values import ReviewView

Row: TypeAlias = dict[str, Any]

reviews = Blueprint("reviews", prefix="/v1/reviews", description="Doubtful texts, read by another person")


@reviews.route("", roles=REVIEWERS)
@reviews.arguments(PageQuery)
@reviews.answers(ReviewsSchema)
def list_reviews(page: Row) -> Row:
    """List the texts that wait for a decision, oldest first; none of my own."""
    after, limit = read_cursor(page.get("cursor")), page["limit"]
    resources = get_resources()
    with resources.sessions() as session:
        found = find_waiting(
            session,
            reviewer_id=g.caller.account_id,
            after=after,
            limit=limit + 1,
            now=resources.clock(),
            settings=resources.rules,
        )
    next_cursor = write_next(found, limit=limit, place=attrgetter("created_at", "broadcast_id"))
    return {"items": show_reviews(found[:limit]), "next_cursor": next_cursor}


@reviews.route("/<uuid:review_id>", method="POST", roles=REVIEWERS, problems=(404, 409))
@reviews.arguments(DecisionSchema, location="json")
@reviews.answers(ReviewSchema)
def decide_review(decision: Row, review_id: UUID) -> Row:
    """Approve or refuse a text. Once decided it stays so; the same decision again gets the same answer."""
    resources = get_resources()
    view = decide(
        resources.sessions,
        reviewer=get_actor(g.caller),
        broadcast_id=review_id,
        decision=decision["decision"],
        reason=decision["reason"],
        clock=resources.clock,
        queue=resources.queue,
        settings=resources.rules,
    )
    return show_reviews([view])[0]


def show_reviews(views: list[ReviewView]) -> list[Row]:
    """Return reviews as their schema wants them, with the names of their areas."""
    leaf_ids = {leaf_id for view in views for leaf_id in view.leaf_ids}
    names = read(partial(find_leaf_names, leaf_ids=leaf_ids))
    return [_show(view, areas=_show_areas(one for one in names if one.leaf_id in view.leaf_ids)) for view in views]


def _show(view: ReviewView, *, areas: list[Row]) -> Row:
    names = ("state", "created_at", "decide_by", "category", "body", "final_text", "rules_version", "reason")
    return {name: getattr(view, name) for name in names} | {
        "review_id": view.broadcast_id,
        "areas": areas,
        "findings": show_findings(view.findings),
    }


def _show_areas(leaves: Iterable[LeafName]) -> list[Row]:
    areas: dict[str, Row] = {}
    for leaf in leaves:
        area = areas.setdefault(
            leaf.district_name, {"district": leaf.district_name, "communities": [], "elsewhere": False}
        )
        if leaf.community_name is None:
            area["elsewhere"] = True
        else:
            area["communities"].append(leaf.community_name)
    return list(areas.values())
