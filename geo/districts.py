"""Imports districts from GeoJSON, with their census, and makes the remainder leaves that follow from their outlines."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import shapely
from geoalchemy2 import WKBElement
from shapely.geometry import shape
from sqlalchemy import func, insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session, sessionmaker

from geo.district_index import DistrictIndex
from geo.errors import ImportFileError
from geo.importing.outlines import convert, to_multipolygon
from geo.leaf_upkeep import bring_up_to_date, place_remainder_leaves
from geo.models import District, PlaceImport
from geo.places import hash_file
from geo.values import Datum

Clock = Callable[[], datetime]
_PROPERTIES = ("district_adcode", "district_name", "city_adcode", "city_name")


@dataclass(frozen=True, slots=True)
class Census:
    """What the census says about one district."""

    population: int
    mean_household_size: float


@dataclass(frozen=True, slots=True)
class DistrictsReport:
    """How many districts a file had, how many of them the census knew, and how many remainder leaves came."""

    districts: int
    with_census: int
    remainder_leaves: int


def read_census(path: Path) -> dict[int, Census]:
    """Read adcode, population, mean_household_size; raises `ImportFileError` for a file without them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            return {
                int(row["adcode"]): Census(int(row["population"]), float(row["mean_household_size"]))
                for row in csv.DictReader(file)
                if row["population"] and row["mean_household_size"]
            }
        except (KeyError, TypeError, ValueError) as error:
            reason = "expected columns adcode, population, mean_household_size"
            raise ImportFileError(file_name=path.name, reason=reason) from error


def _read_district(feature: Any, *, datum: Datum, census: Mapping[int, Census], file_name: str) -> dict[str, Any]:  # noqa: ANN401 - parsed JSON
    try:
        properties = feature["properties"]
        adcode, name, city_code, city_name = (properties[key] for key in _PROPERTIES)
        outline = to_multipolygon(convert(shape(feature["geometry"]), datum=datum))
        adcode, city_code = int(adcode), int(city_code)
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError) as error:
        reason = f"a feature lacks {', '.join(_PROPERTIES)} or a readable geometry"
        raise ImportFileError(file_name=file_name, reason=reason) from error
    if outline is None:
        raise ImportFileError(file_name=file_name, reason="a district has no area")
    counted = census.get(adcode)
    return {
        "adcode": adcode,
        "name": str(name),
        "city_code": city_code,
        "city_name": str(city_name),
        "outline": WKBElement(shapely.to_wkb(outline), srid=4326),
        "population": counted and counted.population,
        "mean_household_size": counted and counted.mean_household_size,
    }


def _read_districts(path: Path, *, datum: Datum, census: Mapping[int, Census]) -> list[dict[str, Any]]:
    try:
        document = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise ImportFileError(file_name=path.name, reason="not JSON") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise ImportFileError(file_name=path.name, reason="not a GeoJSON FeatureCollection with features")
    return [_read_district(feature, datum=datum, census=census, file_name=path.name) for feature in features]


def import_districts(
    sessions: sessionmaker[Session],
    *,
    path: Path,
    clock: Clock,
    datum: Datum = Datum.WGS84,
    census_path: Path | None = None,
) -> DistrictsReport:
    """Import districts in one transaction; known ones get their new outline, a census once known stays.

    Raises `ImportFileError`; then nothing has changed.
    """
    rows = _read_districts(path, datum=datum, census=read_census(census_path) if census_path else {})
    with sessions.begin() as session:
        _write(session, rows)
        cities = {row["city_code"] for row in rows}
        districts = DistrictIndex.load(session)
        added = place_remainder_leaves(session, districts=districts, city_codes=cities)
        bring_up_to_date(session, districts=districts, adcodes=_find_adcodes(districts, cities))
        counted = sum(row["population"] is not None for row in rows)
        report = DistrictsReport(len(rows), counted, added)
        session.execute(
            insert(PlaceImport).values(
                file_name=path.name,
                file_sha256=hash_file(path),
                datum=datum.value,
                report={"districts": report.districts, "with_census": counted},
                imported_at=clock(),
            )
        )
    return report


def _find_adcodes(districts: DistrictIndex, cities: Collection[int]) -> list[int]:
    pairs = zip(districts.adcodes.tolist(), districts.city_codes.tolist(), strict=True)
    return [adcode for adcode, city in pairs if city in cities]


def _write(session: Session, rows: list[dict[str, Any]]) -> None:
    statement = upsert(District)
    new = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[District.adcode],
            set_={
                "name": new.name,
                "city_code": new.city_code,
                "city_name": new.city_name,
                "outline": new.outline,
                "population": func.coalesce(new.population, District.population),
                "mean_household_size": func.coalesce(new.mean_household_size, District.mean_household_size),
            },
        ),
        rows,
    )
