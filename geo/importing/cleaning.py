"""From raw rows to places in WGS84 and a known district: what can be repaired is, the rest is rejected."""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from geo.datum import to_wgs84
from geo.district_index import DistrictIndex
from geo.importing.names import clean_name, is_building_number
from geo.importing.outlines import read_outline
from geo.importing.rows import CleanPlace, RawPlace, Reason, Rejection, UnreadableRow
from geo.values import NOWHERE, Datum, FloatArray

_CHINA_LON = (73.0, 136.0)
_CHINA_LAT = (3.0, 54.0)
_ZERO = 1e-6
_FARTHEST_FROM_DISTRICT_DEG = 0.05
_CODE = re.compile(r"[\w:.-]{1,64}")
_UNITS = str.maketrans("", "", "°度 \u3000\t'\"NnEe")
_HOUSEHOLDS = re.compile(r"(?:约|共)?\s*(\d{1,3}(?:,\d{3})+|\d{1,7})(?:\.0+)?\s*(?:户|戶|家|套)?")


@dataclass(slots=True)
class Cleaned:
    """What became of one chunk of rows."""

    places: list[CleanPlace] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    repaired: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Candidate:
    raw: RawPlace
    name: str
    lon: float
    lat: float


def _parse_degrees(text: str) -> float:
    """Return NaN for nothing or 暂无数据; raise ValueError for what is no number."""
    cleaned = clean_name(text)
    return float(cleaned.translate(_UNITS)) if cleaned else math.nan


def _parse_position(raw: RawPlace) -> tuple[float, float] | Rejection:
    try:
        lon, lat = float(raw.lon), float(raw.lat)
    except ValueError:
        try:
            lon, lat = _parse_degrees(raw.lon), _parse_degrees(raw.lat)
        except ValueError:
            return Rejection(raw.row, "longitude", Reason.POSITION_NOT_A_NUMBER)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return Rejection(raw.row, "longitude", Reason.POSITION_MISSING)
    if abs(lon) < _ZERO or abs(lat) < _ZERO:
        return Rejection(raw.row, "longitude", Reason.POSITION_ZERO)
    return lon, lat


def _is_inside(lon: float, lat: float) -> bool:
    return _CHINA_LON[0] <= lon <= _CHINA_LON[1] and _CHINA_LAT[0] <= lat <= _CHINA_LAT[1]


def _check_row(raw: RawPlace | UnreadableRow, cleaned: Cleaned) -> _Candidate | Rejection:
    if isinstance(raw, UnreadableRow):
        return Rejection(raw.row, "", Reason.UNREADABLE_ROW)
    name = clean_name(raw.name)
    if not name or is_building_number(name):
        return Rejection(raw.row, "name", Reason.BUILDING_NUMBER if name else Reason.NAME_MISSING)
    position = _parse_position(raw)
    if isinstance(position, Rejection):
        return position
    if _is_inside(*position):
        return _Candidate(raw, name, *position)
    if _is_inside(position[1], position[0]):
        cleaned.repaired["longitude and latitude swapped back"] += 1
        return _Candidate(raw, name, position[1], position[0])
    return Rejection(raw.row, "longitude", Reason.OUTSIDE_CHINA)


def parse_households(text: str) -> int | None:
    """Read a number of households with its unit (426户, 1,024 户); None for 暂无数据, ValueError for anything else."""
    cleaned = clean_name(text)
    if not cleaned:
        return None
    match = _HOUSEHOLDS.fullmatch(cleaned)
    if match is None:
        message = "not a number of households"
        raise ValueError(message)
    return int(match[1].replace(",", ""))


def _make_code(candidate: _Candidate, *, lon: float, lat: float) -> str:
    """Return the source's code, or one made of name and position; '' when the source's is unusable."""
    given = unicodedata.normalize("NFKC", candidate.raw.code).strip().removesuffix(".0")
    if given and clean_name(given):
        return given if _CODE.fullmatch(given) else ""
    digest = hashlib.blake2b(f"{candidate.name}|{lon:.4f}|{lat:.4f}".encode(), digest_size=8)
    return f"made-{digest.hexdigest()}"


def _is_far(districts: DistrictIndex, *, stated: str, found: int, lon: float, lat: float) -> bool:
    if not stated.isdigit() or int(stated) == found or int(stated) not in districts.adcodes:
        return False
    outline = districts.get_outline(int(stated))
    return bool(shapely.distance(outline, shapely.points(lon, lat)) > _FARTHEST_FROM_DISTRICT_DEG)


def _finish(
    candidate: _Candidate, *, lon: float, lat: float, adcode: int, districts: DistrictIndex, datum: Datum, into: Cleaned
) -> CleanPlace | Rejection:
    raw = candidate.raw
    if adcode == NOWHERE:
        return Rejection(raw.row, "longitude", Reason.OUTSIDE_DISTRICTS)
    stated = raw.adcode.strip()
    if _is_far(districts, stated=stated, found=adcode, lon=lon, lat=lat):
        return Rejection(raw.row, "longitude", Reason.FAR_FROM_DISTRICT)
    code = _make_code(candidate, lon=lon, lat=lat)
    if not code:
        return Rejection(raw.row, "code", Reason.CODE_MISSING)
    households = None
    try:
        households = parse_households(raw.households)
    except ValueError:
        into.rejections.append(Rejection(raw.row, "households", Reason.HOUSEHOLDS_UNREADABLE))
    outline = read_outline(raw.outline, datum=datum, lon=lon, lat=lat)
    if isinstance(outline, Reason):
        into.rejections.append(Rejection(raw.row, "outline", outline))
        outline = None
    return CleanPlace(
        raw.row, code, candidate.name, lon, lat, adcode, districts.get_city(adcode), households, outline
    )  # fmt: skip


def clean_rows(rows: Sequence[RawPlace | UnreadableRow], *, datum: Datum, districts: DistrictIndex) -> Cleaned:
    """Clean one chunk of rows. A field that is left out is noted in `rejections` although its row is taken."""
    cleaned = Cleaned()
    candidates: list[_Candidate] = []
    for raw in rows:
        checked = _check_row(raw, cleaned)
        if isinstance(checked, Rejection):
            cleaned.rejections.append(checked)
        else:
            candidates.append(checked)
    lon: FloatArray = np.array([candidate.lon for candidate in candidates], dtype=np.float64)
    lat: FloatArray = np.array([candidate.lat for candidate in candidates], dtype=np.float64)
    lon, lat = to_wgs84(lon, lat, datum=datum)
    adcodes = districts.locate_near(lon, lat)
    for candidate, x, y, adcode in zip(candidates, lon.tolist(), lat.tolist(), adcodes.tolist(), strict=True):
        place = _finish(candidate, lon=x, lat=y, adcode=adcode, districts=districts, datum=datum, into=cleaned)
        if isinstance(place, Rejection):
            cleaned.rejections.append(place)
        else:
            cleaned.places.append(place)
    return cleaned
