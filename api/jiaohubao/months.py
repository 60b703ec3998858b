"""Which months the radars can show."""

from __future__ import annotations

from typing import Any

from api.auth import PLANNERS
from api.blueprint import Blueprint
from api.jiaohubao.figures import show_base
from api.reading import read
from api.schemas.radars import MonthsSchema
from radar.months import find_months

months = Blueprint("months", prefix="/v1/jiaohubao", description="Months that the radars can show")


@months.route("/months", roles=PLANNERS)
@months.released(MonthsSchema)
def list_months() -> dict[str, Any]:
    """List the months that have district figures, newest first, with their releases."""
    found = read(find_months)
    return {"months": [{"month": f"{one.month:%Y-%m}", "releases": show_base(one.releases)} for one in found]}
