"""The planner's and the reviewer's routes of the stub API: cards, conversations and doubtful texts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from flask import Flask, Response, jsonify, request

from tests.browser import stub_figures as figures
from tests.browser.stub_content import find_findings, frame_text, make_problem, make_text_problem
from tests.browser.stub_radars import INTERESTS, add_radars, make_measure, make_tag

Row: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class TalkState:
    """What was invited, said, read and decided. `sent` counts invitations made, whatever was answered."""

    invitations: list[Row] = field(default_factory=list)
    keys: dict[str, Row] = field(default_factory=dict)
    lines: list[Row] = field(default_factory=list)
    reads: int = 0
    reviews: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Return how many invitations were made."""
        return len(self.invitations)

    def forget(self) -> None:
        """Start empty again; the routes keep this very object."""
        for kept in (self.invitations, self.keys, self.lines, self.reviews, self.decisions):
            kept.clear()
        self.reads = 0


def _card(place: int) -> Row:
    district = {"adcode": 370202, "name": "市南区", "city_code": 370200, "city_name": "青岛市"}
    category = list(figures.CATEGORIES)[place % 8]
    persona = {"category": category, "age_band": "over_10_years", "activity": "active"}
    interest = {"tag": make_tag(*INTERESTS[0]), "index_national": make_measure(128, 9.0)}
    return {
        **figures.RELEASE,
        "card_id": f"card-{place}",
        "label_zh": "一位符合条件的用户",
        "label_en": "one matching user",
        "district": district,
        **persona,
        "text_zh": f"住在青岛市市南区，家里的{figures.CATEGORIES[category][0]}用了10 年以上，同意接收信息推送。",
        "text_en": f"Lives in 市南区, has had the {category} for more than 10 years, agreed to be written to.",
        "district_interests": [interest] if place == 0 else [],
    }


PERSONA = {"district_adcode": 370202, "age_band": "over_10_years", "activity": "active", "category": "refrigerator"}


def make_invitation(body: str, state: str) -> Row:
    """Return an invitation as the API shows it; an accepted one has a conversation."""
    now = datetime.now(UTC)
    told_at = now + timedelta(minutes=2)
    return {
        "invitation_id": str(uuid.uuid4()),
        "state": state,
        "persona": PERSONA,
        "release_id": figures.RELEASE["release_id"],
        "final_text": frame_text(body),
        "created_at": now.isoformat(),
        "told_at": told_at.isoformat(),
        "answer_by": (told_at + timedelta(hours=72)).isoformat(),
        "handle": "h" * 43 if state == "accepted" else None,
        "findings": [],
        "refused_for": None,
    }


def _add_invitations(app: Flask, state: TalkState) -> None:
    @app.get("/v1/jiaohubao/active-users")
    def cards() -> Response:
        limit = int(request.args["limit"])
        reset_at = (datetime.now(UTC) + timedelta(hours=6)).isoformat()
        is_found = request.args.get("activity") != "very_active"
        found = [_card(place) for place in range(limit)] if is_found else []
        return jsonify(cards=found, per_day=20, remaining=20 - limit, reset_at=reset_at)

    @app.post("/v1/jiaohubao/invitations/preview")
    def preview_invitation() -> Response:
        body = (request.json or {})["body"]
        findings, final_text = find_findings(body), frame_text(body)
        size = {"segments": 1, "encoding": "ucs2", "units": len(final_text)}
        return jsonify(final_text=final_text, verdict="refuse" if findings else "accept", findings=findings, **size)

    @app.post("/v1/jiaohubao/invitations")
    def invite() -> Response:
        key = request.headers["Idempotency-Key"]
        if key not in state.keys:
            state.keys[key] = make_invitation((request.json or {})["body"], "waiting")
            state.invitations.insert(0, state.keys[key])
        response = jsonify(state.keys[key])
        response.status_code = 202
        return response

    @app.get("/v1/jiaohubao/invitations")
    def invitations() -> Response:
        return jsonify(items=state.invitations, next_cursor=None)


def make_line(speaker: str, body: str) -> Row:
    """Return a line said now."""
    return {"line_id": str(uuid.uuid4()), "speaker": speaker, "body": body, "at": datetime.now(UTC).isoformat()}


def _add_talk(app: Flask, state: TalkState) -> None:
    @app.get("/v1/jiaohubao/conversations")
    def conversations() -> Response:
        now = datetime.now(UTC)
        unread = 0 if state.reads else len(state.lines)
        times = {"opened_at": now.isoformat(), "expires_at": (now + timedelta(days=14)).isoformat(), "last_at": None}
        found = {
            "handle": "h" * 43,
            "invitation_id": str(uuid.UUID(int=2)),
            "persona": PERSONA,
            "unread": unread,
            **times,
        }
        return jsonify(items=[found] if state.lines else [], next_cursor=None)

    @app.get("/v1/jiaohubao/conversations/<handle>/messages")
    def lines(handle: str) -> Response:
        del handle
        return jsonify(items=state.lines[::-1], next_cursor=None)

    @app.post("/v1/jiaohubao/conversations/<handle>/messages")
    def write(handle: str) -> Response:
        del handle
        body = (request.json or {})["body"]
        if findings := [one for one in find_findings(body) if one["class"] != "length"]:
            return make_text_problem(findings)
        key = request.headers["Idempotency-Key"]
        if key not in state.keys:
            state.keys[key] = make_line("planner", body)
            state.lines.append(state.keys[key])
        response = jsonify(state.keys[key])
        response.status_code = 202
        return response

    @app.post("/v1/jiaohubao/conversations/<handle>/read")
    def read(handle: str) -> Response:
        del handle
        state.reads += 1
        return Response(status=204)


def make_review(body: str, word: str, *, is_own: bool = False) -> Row:
    """Return a text that waits for a decision, because of one word; one's own is refused on deciding."""
    now = datetime.now(UTC)
    start = body.index(word)
    finding = {
        "rule": "doubtful_claim",
        "class": "words",
        "start": start,
        "end": start + len(word),
        "detail": "可能是绝对化用语，需有依据。",
    }
    return {
        "review_id": str(uuid.UUID(int=77)) if is_own else str(uuid.uuid4()),
        "state": "waiting",
        "created_at": now.isoformat(),
        "decide_by": (now + timedelta(hours=24)).isoformat(),
        "category": "refrigerator",
        "areas": [{"district": "市南区", "communities": ["八大关", "香港路"], "elsewhere": False}],
        "body": body,
        "final_text": frame_text(body),
        "findings": [finding],
        "rules_version": "2026-11",
        "reason": None,
    }


def _add_reviews(app: Flask, state: TalkState) -> None:
    @app.get("/v1/reviews")
    def reviews() -> Response:
        return jsonify(items=state.reviews, next_cursor=None)

    @app.post("/v1/reviews/<uuid:review_id>")
    def decide(review_id: uuid.UUID) -> Response:
        if review_id == uuid.UUID(int=77):
            return make_problem(403, "own-review", "内容须由作者以外的人审核。")
        asked = request.json or {}
        found = next(one for one in state.reviews if one["review_id"] == str(review_id))
        state.reviews.remove(found)
        state.decisions.append(asked)
        done = "approved" if asked["decision"] == "approve" else "refused"
        return jsonify({**found, "state": done, "reason": asked["reason"]})


def add_planner(app: Flask, state: TalkState) -> None:
    """Add the routes of planners and reviewers to a stub."""
    add_radars(app)
    _add_invitations(app, state)
    _add_talk(app, state)
    _add_reviews(app, state)
