"""Which column of a file holds which field: defaults for the layouts we know, or `--map field=column,...`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geo.errors import ImportFileError

_KNOWN: dict[str, tuple[str, ...]] = {
    "name": ("name", "名称", "小区名称", "社区名称", "小区", "社区"),
    "longitude": ("longitude", "lon", "lng", "经度", "x"),
    "latitude": ("latitude", "lat", "纬度", "y"),
    "code": ("code", "community_code", "编码", "代码", "id"),
    "adcode": ("district_adcode", "adcode", "区划代码"),
    "households": ("households", "户数", "总户数"),
    "outline": ("outline", "geometry", "wkt", "边界"),
}
_SHORT = {"lon": "longitude", "lat": "latitude", "district_adcode": "adcode"}
_NEEDED = ("name", "longitude", "latitude")


@dataclass(frozen=True, slots=True)
class Columns:
    """Name of the column of each field, '' where the file has none."""

    name: str
    longitude: str
    latitude: str
    code: str = ""
    adcode: str = ""
    households: str = ""
    outline: str = ""


def parse_mapping(text: str) -> dict[str, str]:
    """Read `name=小区名称,longitude=经度`; raises ValueError for an unknown field or a broken pair."""
    mapping: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        field, equals, column = pair.partition("=")
        field = _SHORT.get(field.strip(), field.strip())
        if not equals or not column.strip() or field not in _KNOWN:
            message = f"expected field=column with a field of {', '.join(_KNOWN)}"
            raise ValueError(message)
        mapping[field] = column.strip()
    return mapping


def choose_columns(header: Sequence[str], *, mapping: Mapping[str, str], file_name: str) -> Columns:
    """Find the column of each field; raises `ImportFileError` when name or position has none."""
    by_folded = {column.strip().casefold(): column for column in header}
    chosen: dict[str, str] = {}
    for field, defaults in _KNOWN.items():
        if field in mapping:
            if mapping[field] not in header:
                raise ImportFileError(file_name=file_name, reason=f"no column {mapping[field]} for {field}")
            chosen[field] = mapping[field]
        else:
            chosen[field] = next((by_folded[name] for name in defaults if name in by_folded), "")
    for field in _NEEDED:
        if not chosen[field]:
            raise ImportFileError(file_name=file_name, reason=f"no column for {field}: name it with --map")
    return Columns(**chosen)
