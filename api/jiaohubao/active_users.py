"""活跃用户雷达: persona cards, each one matching user and nobody until invited."""

from __future__ import annotations

from typing import Any

from flask import g

from api.auth import PLANNERS
from api.blueprint import Blueprint
from api.jiaohubao.figures import show_area, show_measure, show_tag
from api.jiaohubao.words import describe_card
from api.resources import get_resources
from api.schemas.cards import CardsQuery, CardsSchema
from api.yingxiaobao.figures import show_release
from radar.active_users import Found, ShownCard, Wanted, scan
from radar.allowance import CARDS_PER_DAY
from radar.areas import get_area

active_users = Blueprint("active_users", prefix="/v1/jiaohubao", description="活跃用户雷达 · persona cards")

Row = dict[str, Any]


@active_users.route("/active-users", roles=PLANNERS, problems=(422, 429, 503))
@active_users.answers(CardsSchema)
@active_users.arguments(CardsQuery)
def list_active_users(asked: Row) -> Row:
    """Show the first cards of my day that fit; asking again shows the same, and a day holds twenty different ones."""
    resources = get_resources()
    district = asked.pop("district", None)
    with resources.sessions.begin() as session:
        area = get_area(session, adcode=district) if district else None
        found = scan(
            session,
            archive=resources.archive,
            wanted=Wanted(area, **asked),
            planner_id=g.caller.account_id,
            now=resources.clock(),
            keys=resources.card_keys,
        )
    return show_cards(found)


def show_cards(found: Found) -> Row:
    """Return cards, and how many new ones the day still holds. Nowhere is said how many there are."""
    return {
        "cards": [show_card(card) for card in found.cards],
        "per_day": CARDS_PER_DAY,
        "remaining": found.remaining,
        "reset_at": found.reset_at,
    }


def show_card(card: ShownCard) -> Row:
    """Return one card with its words."""
    interests = [
        {"tag": show_tag(item.tag), "index_national": show_measure(item.national_index)} for item in card.interests
    ]
    return {
        **show_release(card.release),
        "card_id": card.token,
        "district": show_area(card.area),
        "category": card.persona.category,
        "age_band": card.persona.age_band,
        "activity": card.persona.activity,
        **describe_card(card.persona, area=card.area),
        "district_interests": interests,
    }
