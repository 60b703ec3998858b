"""用户痛点雷达: what households complain of."""

from __future__ import annotations

from functools import partial
from typing import Any

from api.auth import PLANNERS
from api.blueprint import Blueprint
from api.jiaohubao.asking import scan_as_asked
from api.jiaohubao.export import CSV, CSV_SCHEMA, write_csv
from api.jiaohubao.figures import show_scan
from api.schemas.radars import PainPointsQuery, PainPointsSchema
from radar import pain_points as radar
from radar.values import Scan

pain_points = Blueprint("pain_points", prefix="/v1/jiaohubao", description="用户痛点雷达 · what households complain of")


@pain_points.route("/pain-points", roles=PLANNERS)
@pain_points.released(PainPointsSchema)
@pain_points.arguments(PainPointsQuery)
def list_pain_points(asked: dict[str, Any]) -> dict[str, Any]:
    """Rank the pains of an area and category, each against city and nation, month by month."""
    return show_scan(_scan(asked)) | {"category": asked.get("category")}


@pain_points.route("/pain-points.csv", roles=PLANNERS)
@pain_points.released(CSV_SCHEMA, content_type=CSV)
@pain_points.arguments(PainPointsQuery)
def export_pain_points(asked: dict[str, Any]) -> bytes:
    """Export the same figures, one line a tag and month."""
    return write_csv(_scan(asked))


def _scan(asked: dict[str, Any]) -> Scan:
    category = asked.get("category")
    return scan_as_asked(asked, partial(radar.scan, category=category))
