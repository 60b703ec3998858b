"""My districts: users, needs by category, and how they moved from release to release."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import g

from api.auth import SALES
from api.blueprint import Blueprint
from api.errors import OutsideTerritoryError
from api.reading import read
from api.resources import get_snapshot
from api.schemas.places import TerritorySchema
from api.yingxiaobao.figures import show_territory
from geo.trend import find_trend

territory = Blueprint("territory", prefix="/v1/yingxiaobao", description="My districts")


@territory.route("/territory", roles=SALES)
@territory.released(TerritorySchema, is_personal=True)
def show_my_territory() -> dict[str, Any]:
    """Show the figures of my districts and their trend."""
    if not g.caller.territory:
        raise OutsideTerritoryError
    found = get_snapshot().territory(g.caller.territory)
    trend = read(partial(find_trend, district_adcodes=g.caller.territory))
    return show_territory(found, trend=trend)
