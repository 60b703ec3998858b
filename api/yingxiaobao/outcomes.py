"""What the campaigns of a month did in my districts: replies, purchases, and lift over the held-out control group."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from api.auth import SALES
from api.blueprint import Blueprint
from api.errors import OutsideTerritoryError
from api.reading import read
from api.resources import get_resources, get_snapshot
from api.schemas.outcomes import OutcomesQuery, TerritoryOutcomesSchema
from geo.outcomes import Estimate, Outcomes, derive_outcomes, get_release_of, get_told_month
from privacy.release.errors import ReleaseNotFoundError
from privacy.release.slots import Outcome
from privacy.release.values import ReleaseId
from radar.archive import MonthTables

outcomes = Blueprint("outcomes", prefix="/v1/yingxiaobao", description="What campaigns did")

Row = dict[str, Any]
_RATE_DIGITS = 5


@outcomes.route("/outcomes", roles=SALES, problems=(404,))
@outcomes.released(TerritoryOutcomesSchema, is_personal=True)
@outcomes.arguments(OutcomesQuery)
def show_my_outcomes(asked: dict[str, Any]) -> Row:
    """Show the outcomes of a month's campaigns in my districts."""
    if not g.caller.territory:
        raise OutsideTerritoryError
    mine = get_snapshot().territory(g.caller.territory)
    month = get_told_month(mine.release.month)
    if "month" in asked:
        month = datetime.strptime(asked["month"], "%Y-%m").replace(tzinfo=UTC).date()
    names = {one.adcode: one.name for one in mine.districts}
    told = _read_signed(get_release_of(month, city_code=mine.release.city_code))
    found = derive_outcomes(told.release, tables=told.tables, district_adcodes=names)
    return {
        "release_id": found.release_id,
        "as_of": found.as_of,
        "month": f"{month:%Y-%m}",
        "districts": [
            {"adcode": adcode, "name": names[adcode], "outcomes": show_outcomes(own)} for adcode, own in found.districts
        ],
        "total": show_outcomes(found.total),
    }


def _read_signed(release_id: ReleaseId) -> MonthTables:
    """Return the tables of a release, checked once; one that nobody may have signed is as good as none."""
    archive = get_resources().archive

    def look(session: Session) -> MonthTables:
        for each in archive.find_cities(session, month=release_id.month):
            if each.release.city_code == release_id.city_code:
                return each
        raise ReleaseNotFoundError(release_id=str(release_id))

    return read(look)


def show_outcomes(found: Outcomes) -> Row:
    """Return the outcomes of one place, counts to a tenth and rates to five digits."""
    return {
        "counts": {
            name.value: show_estimate(count, digits=1) for name, count in zip(Outcome, found.counts, strict=True)
        },
        "reply_rate": show_estimate(found.reply_rate),
        "purchase_rate": show_estimate(found.purchase_rate),
        "held_out_purchase_rate": show_estimate(found.held_out_purchase_rate),
        "lift": show_estimate(found.lift),
    }


def show_estimate(found: Estimate | None, *, digits: int = _RATE_DIGITS) -> Row:
    """Return a value with its margin; null where it is few, and no margin either where there is nothing to tell."""
    if found is None:
        return {"value": None, "moe95": None, "few": True}
    return {
        "value": None if found.few else round(found.value, digits),
        "moe95": round(found.moe95, digits),
        "few": found.few,
    }
