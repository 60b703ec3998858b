"""Outlines as files give them: GeoJSON, WKT or WKB in any datum, to a valid WGS84 multipolygon."""

from __future__ import annotations

import json

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from geo.datum import to_wgs84
from geo.importing.names import clean_name
from geo.importing.rows import Reason
from geo.values import Datum

_FARTHEST_DEG = 0.005
_LARGEST_DEG2 = 0.01


def convert(geometry: BaseGeometry, *, datum: Datum) -> BaseGeometry:
    """Return a geometry in WGS84, vertex by vertex, without heights."""
    flat = shapely.force_2d(geometry)
    if datum is Datum.WGS84:
        return flat
    converted: BaseGeometry = shapely.transform(
        flat, lambda xy: np.column_stack(to_wgs84(xy[:, 0].copy(), xy[:, 1].copy(), datum=datum))
    )
    return converted


def to_multipolygon(geometry: BaseGeometry) -> BaseGeometry | None:
    """Return the areas of a geometry as one valid multipolygon; None when it has none."""
    valid = shapely.make_valid(geometry)
    polygons = [part for part in _flatten(valid) if isinstance(part, Polygon) and part.area > 0]
    return MultiPolygon(polygons) if polygons else None


def _flatten(geometry: BaseGeometry) -> list[BaseGeometry]:
    parts = [geometry]
    while any(hasattr(part, "geoms") for part in parts):
        parts = [inner for part in parts for inner in (part.geoms if hasattr(part, "geoms") else (part,))]
    return parts


def _parse(given: str | bytes) -> BaseGeometry:
    if isinstance(given, bytes):
        return shapely.from_wkb(given)
    text = given.strip()
    if text.startswith("{"):
        return shape(json.loads(text))
    if text[:2] in {"00", "01"}:
        return shapely.from_wkb(text)
    return shapely.from_wkt(text)


def read_outline(given: str | bytes, *, datum: Datum, lon: float, lat: float) -> bytes | Reason | None:
    """Return WKB of the outline around a WGS84 position, None when none was given, or why it cannot be used."""
    if not given or (isinstance(given, str) and not clean_name(given)):
        return None
    try:
        outline = to_multipolygon(convert(_parse(given), datum=datum))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError):
        return Reason.OUTLINE_UNREADABLE
    if outline is None:
        return Reason.OUTLINE_UNREADABLE
    if outline.area > _LARGEST_DEG2 or outline.distance(shapely.points(lon, lat)) > _FARTHEST_DEG:
        return Reason.OUTLINE_ELSEWHERE
    return shapely.to_wkb(outline)
