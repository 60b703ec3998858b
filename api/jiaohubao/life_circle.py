"""用户生活圈: what an area talks about, and with whom one might work together."""

from __future__ import annotations

from typing import Any

from api.auth import PLANNERS
from api.blueprint import Blueprint
from api.jiaohubao.asking import scan_as_asked
from api.jiaohubao.export import CSV, CSV_SCHEMA, write_csv
from api.jiaohubao.figures import show_scan, show_suggestions
from api.schemas.radars import LifeCircleSchema, RadarQuery
from radar.life_circle import scan, suggest

life_circle = Blueprint("life_circle", prefix="/v1/jiaohubao", description="用户生活圈 · what an area talks about")

NOT_BY_SEGMENT = {
    "reason_zh": "发布的数据是“区县 × 话题”，没有按年限或活跃度细分；平台与影响者类型是公开的编辑知识，不是统计数字。",
    "reason_en": "What is released is district by topic, not by age band or activity; platforms and kinds of "
    "influencers are public editorial knowledge, not figures.",
}


@life_circle.route("/life-circle", roles=PLANNERS)
@life_circle.released(LifeCircleSchema)
@life_circle.arguments(RadarQuery)
def list_topics(asked: dict[str, Any]) -> dict[str, Any]:
    """Rank the topics of an area by their index, with growth, and suggest what to work together on."""
    found = scan_as_asked(asked, scan)
    return show_scan(found) | {"by_segment": NOT_BY_SEGMENT, "suggestions": show_suggestions(suggest(found))}


@life_circle.route("/life-circle.csv", roles=PLANNERS)
@life_circle.released(CSV_SCHEMA, content_type=CSV)
@life_circle.arguments(RadarQuery)
def export_topics(asked: dict[str, Any]) -> bytes:
    """Export the same figures, one line a tag and month."""
    return write_csv(scan_as_asked(asked, scan))
