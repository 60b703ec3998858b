"""The same figures as vector tiles, for free panning."""

from __future__ import annotations

from typing import Any

from api.auth import SALES
from api.blueprint import Blueprint
from api.reading import read
from api.resources import get_snapshot
from api.schemas.places import TileQuery
from geo.tiles import render_tile

MVT = "application/vnd.mapbox-vector-tile"
BINARY = {"type": "string", "format": "binary"}

tiles = Blueprint("tiles", prefix="/v1/yingxiaobao", description="Needs as Mapbox vector tiles, WGS84")


@tiles.route("/tiles/<int:z>/<int:x>/<int:y>.mvt", roles=SALES, problems=(404,))
@tiles.released(BINARY, content_type=MVT)
@tiles.arguments(TileQuery)
def show_tile(asked: dict[str, Any], z: int, x: int, y: int) -> bytes:
    """Show one tile with the communities in it."""
    snapshot, category = get_snapshot(), asked["category"]
    return read(lambda session: render_tile(session, snapshot, z=z, x=x, y=y, category=category))
