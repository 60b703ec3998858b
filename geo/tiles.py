"""Mapbox vector tiles of the current release: districts when zoomed out, communities when zoomed in.

Figures come from the snapshot, so that a tile shows what the lists show; shapes come from PostGIS. Every place of a
tile is in it: nothing is thinned out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.orm import Session

from geo.current_release import Snapshot
from geo.errors import TileOutOfRangeError
from geo.figures import ShownNeed
from geo.models import District
from geo.queries import select_communities_touching
from privacy.release.values import Category

COMMUNITIES_FROM_ZOOM = 10
DEEPEST_ZOOM = 22
_MARGIN = 64 / 4096


def _make_layer(name: str, *, table: str, key: str, shape: str) -> TextClause:
    """Build the statement for one layer from fixed names of ours; everything that varies is bound."""
    return text(
        f"""
        SELECT ST_AsMVT(layer, '{name}', 4096, 'shape') FROM (
            SELECT code, name, need, moe95, users, users_moe95, few, release_id, as_of,
                ST_AsMVTGeom(ST_Transform({shape}, 3857), ST_TileEnvelope(:z, :x, :y), 4096, 64, true) AS shape
            FROM unnest(
                CAST(:codes AS text[]), CAST(:needs AS float8[]), CAST(:moe95 AS float8[]), CAST(:users AS float8[]),
                CAST(:users_moe95 AS float8[]), CAST(:few AS boolean[]), CAST(:release_ids AS text[]),
                CAST(:as_of AS text[])
            ) AS shown (code, need, moe95, users, users_moe95, few, release_id, as_of)
            JOIN places.{table} ON {key} = code
            ORDER BY code
        ) AS layer WHERE shape IS NOT NULL
        """  # noqa: S608 - the names above, no input
    )


_AREAS = _make_layer("communities", table="communities", key="community_code", shape="coalesce(outline, cell)")
_POINTS = _make_layer("points", table="communities", key="community_code", shape="position::geometry")
_DISTRICTS = _make_layer("districts", table="districts", key="adcode::text", shape="outline")


def get_envelope(*, z: int, x: int, y: int) -> Any:  # noqa: ANN401 - an SQL expression
    """Return a tile's box with its margin in WGS84: the literal is transformed, not the column, so the index serves."""
    return func.ST_Transform(func.ST_TileEnvelope(z, x, y, _web_mercator_bounds(), _MARGIN), 4326)


def _web_mercator_bounds() -> Any:  # noqa: ANN401 - an SQL expression
    half = 20037508.342789244
    return func.ST_MakeEnvelope(-half, -half, half, half, 3857)


def check_tile(*, z: int, x: int, y: int) -> None:
    """Raise `TileOutOfRangeError` for a tile that does not exist."""
    if not (0 <= z <= DEEPEST_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise TileOutOfRangeError(z=z, x=x, y=y)


def render_tile(session: Session, snapshot: Snapshot, *, z: int, x: int, y: int, category: Category) -> bytes:
    """Return one tile, empty bytes where there is nothing.

    Layer `districts` below zoom 10; from there `communities` (outline or cell) and `points`. Properties are code, name,
    need (absent where few) with its moe95, users with users_moe95, few, and the release: release_id, as_of.
    """
    check_tile(z=z, x=x, y=y)
    envelope = get_envelope(z=z, x=x, y=y)
    if z < COMMUNITIES_FROM_ZOOM:
        inside = session.scalars(select(District.adcode).where(District.outline.op("&&")(envelope))).all()
        shown = snapshot.show_districts(inside, category=category)
        statements = [_DISTRICTS]
    else:
        codes = session.scalars(select_communities_touching(envelope)).all()
        shown = snapshot.show_communities(codes, category=category)
        statements = [_AREAS, _POINTS]
    if not shown:
        return b""
    parameters = {**_to_columns(shown), "z": z, "x": x, "y": y}
    return b"".join(bytes(session.execute(statement, parameters).scalar_one()) for statement in statements)


def _to_columns(shown: Sequence[ShownNeed]) -> dict[str, list[Any]]:
    return {
        "codes": [row.code for row in shown],
        "needs": [row.need for row in shown],
        "moe95": [row.moe95 for row in shown],
        "users": [row.users for row in shown],
        "users_moe95": [row.users_moe95 for row in shown],
        "few": [row.few for row in shown],
        "release_ids": [row.release.release_id for row in shown],
        "as_of": [row.release.as_of.isoformat() for row in shown],
    }
