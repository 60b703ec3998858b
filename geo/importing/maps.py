"""Readers of maps: GeoJSON (whole or one feature a line) and OSM extracts (.osm.pbf)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import osmium
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geo.errors import ImportFileError
from geo.importing.rows import RawPlace, UnreadableRow

_RESIDENTIAL_BUILDINGS = frozenset({"apartments", "residential"})
_BUILDING_TAIL = re.compile(r"(?<=.{2})第?[0-9０-９一二三四五六七八九十]+\s*(号楼|號樓|栋|棟|幢|座)$")
_LINES = frozenset({".geojsonl", ".geojsons", ".geojsonseq"})


def is_residential(tags: Mapping[str, Any]) -> bool:
    """Say whether OSM tags mark a housing estate or a block of flats."""
    return tags.get("landuse") == "residential" or tags.get("building") in _RESIDENTIAL_BUILDINGS


def _place(row: int, *, geometry: BaseGeometry, tags: Mapping[str, str], code: str) -> RawPlace:
    name = tags.get("name", "")
    bare = _BUILDING_TAIL.sub("", name)
    point = geometry.representative_point()
    # One numbered building stands for its estate by name, but not by shape.
    outline = geometry.wkb if bare == name and geometry.area else b""
    return RawPlace(
        row,
        code,
        bare,
        repr(point.x),
        repr(point.y),
        tags.get("adcode", ""),
        tags.get("households", ""),
        outline,
    )


def _parse_features(path: Path) -> Iterator[object]:
    try:
        if path.suffix in _LINES:
            with path.open("rb") as file:
                yield from (orjson.loads(line.strip(b"\x1e\r\n ")) for line in file if line.strip(b"\x1e\r\n "))
            return
        document = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise ImportFileError(file_name=path.name, reason="not JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise ImportFileError(file_name=path.name, reason="not a GeoJSON FeatureCollection")
    yield from document["features"]


def _read_feature(number: int, feature: object, *, mapping: Mapping[str, str]) -> RawPlace | UnreadableRow | None:
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        return UnreadableRow(number)
    properties = feature.get("properties") or {}
    if ("landuse" in properties or "building" in properties) and not is_residential(properties):
        return None
    try:
        geometry = shape(feature["geometry"])
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError):
        return UnreadableRow(number)
    if geometry.is_empty or not shapely.is_valid_input(geometry):
        return UnreadableRow(number)
    fields = ("name", "adcode", "households")
    tags = {field: str(properties.get(mapping.get(field, field)) or "") for field in fields}
    code = properties.get(mapping.get("code", "code")) or feature.get("id") or properties.get("@id") or ""
    return _place(number, geometry=geometry, tags=tags, code=str(code).replace("/", "-"))


def read_geojson(path: Path, *, mapping: Mapping[str, str]) -> Iterator[RawPlace | UnreadableRow]:
    """Read features with a name; of those with OSM tags only residential ones. Rows count features from 1."""
    for number, feature in enumerate(_parse_features(path), start=1):
        read = _read_feature(number, feature, mapping=mapping)
        if read is not None:
            yield read


def _read_area(number: int, area: Any, *, mapping: Mapping[str, str]) -> RawPlace | UnreadableRow:  # noqa: ANN401 - osmium types every entity as the union of all
    tags = {field: area.tags.get(mapping.get(field, field), "") for field in ("name", "adcode", "households")}
    try:
        geometry = shapely.from_wkb(osmium.geom.WKBFactory().create_multipolygon(area))
    except (RuntimeError, shapely.errors.ShapelyError):
        return UnreadableRow(number)
    kind = "way" if area.from_way() else "relation"
    return _place(number, geometry=geometry, tags=tags, code=f"osm-{kind}-{area.orig_id()}")


def read_osm(path: Path, *, mapping: Mapping[str, str]) -> Iterator[RawPlace | UnreadableRow]:
    """Read residential areas of an OSM extract. Streams; `--map name=name:zh` picks another name tag.

    Rows count the residential areas from 1, in the order of the extract.
    """
    wanted = osmium.filter.TagFilter(("landuse", "residential"), *(("building", b) for b in _RESIDENTIAL_BUILDINGS))
    only_areas = osmium.filter.EntityFilter(osmium.osm.AREA)
    try:
        areas = osmium.FileProcessor(str(path)).with_areas(wanted).with_filter(only_areas).with_filter(wanted)
        for number, area in enumerate(areas, start=1):
            yield _read_area(number, area, mapping=mapping)
    except RuntimeError as error:
        raise ImportFileError(file_name=path.name, reason="not an OSM extract") from error
