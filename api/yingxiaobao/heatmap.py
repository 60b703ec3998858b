"""用户热力图: users within some kilometres who need a replacement, as H3 cells."""

from __future__ import annotations

from typing import Any

from api.auth import SALES
from api.blueprint import Blueprint
from api.reading import Reading
from api.schemas.places import HeatmapQuery, HeatmapSchema
from api.yingxiaobao.figures import write_heatmap
from geo.datum import to_wgs84
from geo.values import LonLat

heatmap = Blueprint("heatmap", prefix="/v1/yingxiaobao", description="用户热力图 · needs around a position")


@heatmap.route("/heatmap", roles=SALES)
@heatmap.released(HeatmapSchema, content_type="application/geo+json")
@heatmap.reads(HeatmapQuery)
def show_heatmap(asked: dict[str, Any], *, reading: Reading) -> bytes:
    """Show the cells whose centre lies within the radius, and their total."""
    position = LonLat(*to_wgs84(asked["lon"], asked["lat"], datum=asked["datum"]))
    found = reading.snapshot.find_cells(position, radius_m=asked["radius_m"], category=asked["category"])
    return write_heatmap(found, asked=asked, fragments=reading.fragments)
