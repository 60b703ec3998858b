"""用户兴趣雷达: what an area prefers, against the nation."""

from __future__ import annotations

from typing import Any

from api.auth import PLANNERS
from api.blueprint import Blueprint
from api.jiaohubao.asking import scan_as_asked
from api.jiaohubao.export import CSV, CSV_SCHEMA, write_csv
from api.jiaohubao.figures import show_scan
from api.schemas.radars import InterestsSchema, RadarQuery
from radar.interests import scan

interests = Blueprint("interests", prefix="/v1/jiaohubao", description="用户兴趣雷达 · what an area prefers")

NOT_BY_CATEGORY = {
    "reason_zh": "发布的数据是“区县 × 兴趣”。再按品类细分会把同样的隐私预算摊到八倍的数字上，误差过大，因此没有发布。",
    "reason_en": "What is released is district by interest. Categories would spread the same privacy budget over eight "
    "times as many figures, with margins too wide to use, and are not released.",
}


@interests.route("/interests", roles=PLANNERS)
@interests.released(InterestsSchema)
@interests.arguments(RadarQuery)
def list_interests(asked: dict[str, Any]) -> dict[str, Any]:
    """Rank the interests of an area by their index against the nation."""
    return show_scan(scan_as_asked(asked, scan)) | {"by_category": NOT_BY_CATEGORY}


@interests.route("/interests.csv", roles=PLANNERS)
@interests.released(CSV_SCHEMA, content_type=CSV)
@interests.arguments(RadarQuery)
def export_interests(asked: dict[str, Any]) -> bytes:
    """Export the same figures, one line a tag and month."""
    return write_csv(scan_as_asked(asked, scan))
