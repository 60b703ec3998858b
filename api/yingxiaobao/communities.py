"""社区热力图: the communities nearest to the salesperson, with their users and needs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from shapely.geometry.base import BaseGeometry

from api.auth import SALES
from api.blueprint import Blueprint
from api.reading import Reading
from api.schemas.places import CommunitiesQuery, CommunitiesSchema
from api.yingxiaobao.figures import write_nearest
from geo.datum import to_wgs84
from geo.queries import find_community_outlines
from geo.values import LonLat

communities = Blueprint("communities", prefix="/v1/yingxiaobao", description="社区热力图 · the nearest communities")


@communities.route("/communities", roles=SALES)
@communities.released(CommunitiesSchema)
@communities.reads(CommunitiesQuery)
def list_communities(asked: dict[str, Any], *, reading: Reading) -> bytes:
    """List the communities nearest to a position, nearest first."""
    position = LonLat(*to_wgs84(asked["lon"], asked["lat"], datum=asked["datum"]))
    category = asked.get("category")
    found = reading.snapshot.find_nearest(position, limit=asked["limit"], category=category)

    def find_outlines(codes: Sequence[str]) -> dict[str, BaseGeometry]:
        """Ask PostGIS for the outlines of communities, WGS84: those that were not written since the last release."""
        return reading.read(partial(find_community_outlines, community_codes=codes))

    return write_nearest(
        found, datum=asked["datum"], category=category, fragments=reading.fragments, find_outlines=find_outlines
    )
