"""Imports communities: reads a file of any known kind, cleans, merges, writes; cells and leaves follow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import cast, func, insert, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from geo.district_index import DistrictIndex
from geo.errors import NoDistrictsError
from geo.importing.cleaning import clean_rows
from geo.importing.merging import Change, CityRegistry, KnownPlace, Outcome
from geo.importing.reading import read_places
from geo.importing.report import ImportReport, RejectsFile, open_rejects
from geo.importing.rows import CleanPlace, Reason, Rejection
from geo.leaf_upkeep import bring_up_to_date, to_point
from geo.models import Community, PlaceImport
from geo.values import Datum

Clock = Callable[[], datetime]
Progress = Callable[[int], None]
_Item = TypeVar("_Item")
_ROWS_A_CHUNK = 20_000
_ROWS_A_STATEMENT = 1_000
# Any two imports would merge past each other; the number is arbitrary but must stay.
_ONE_IMPORT_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7203471)")


def _chunk(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(slots=True)
class Registries:
    """The registry of each city, loaded from the database when its first row comes."""

    session: Session
    districts: DistrictIndex
    cities: dict[int, CityRegistry] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)

    def take(self, row: CleanPlace) -> Outcome | Reason:
        """Take one row into the registry of its city; refuses a code that another city has."""
        registry = self.cities.get(row.city_code) or self._load(row.city_code)
        if self.owners.setdefault(row.code, row.city_code) != row.city_code:
            return Reason.OTHER_CITY
        return registry.take(row)

    def _load(self, city_code: int) -> CityRegistry:
        if not self.owners:
            self.owners = _find_owners(self.session, self.districts)
        slots = [slot for slot, code in enumerate(self.districts.city_codes.tolist()) if code == city_code]
        prefixes = [self.districts.city_names[slots[0]], *(self.districts.names[slot] for slot in slots)]
        registry = self.cities[city_code] = CityRegistry(tuple(dict.fromkeys(prefixes)))
        point: Any = Geometry("POINT", srid=4326)
        position = cast(Community.position, point)
        rows: Iterable[Any] = self.session.execute(
            select(
                Community.community_code,
                Community.name,
                func.ST_X(position),
                func.ST_Y(position),
                Community.district_adcode,
                Community.households,
                Community.outline.is_not(None),
                Community.aliases,
                Community.other_codes,
            )
            .where(Community.district_adcode.in_(self.districts.adcodes[slots].tolist()))
            .order_by(Community.imported_at, Community.community_code)
        )
        for row in rows:
            registry.add(KnownPlace(*row))
        return registry

    def find_changed(self) -> list[KnownPlace]:
        """Return the places that must be written."""
        return [place for city in self.cities.values() for place in city.places if place.change is not Change.NONE]


def _find_owners(session: Session, districts: DistrictIndex) -> dict[str, int]:
    rows = session.execute(select(Community.community_code, Community.other_codes, Community.district_adcode))
    return {code: districts.get_city(adcode) for first, others, adcode in rows for code in (first, *others)}


def _write(session: Session, places: Iterable[KnownPlace], *, source: str, now: datetime) -> None:
    added, updated = [], []
    for place in places:
        row: dict[str, Any] = {
            "community_code": place.code,
            "name": place.name,
            "district_adcode": place.district_adcode,
            "position": to_point(place.lon, place.lat),
            "aliases": place.aliases,
            "other_codes": place.other_codes,
            "households": place.households,
            "outline": None if place.outline is None else WKBElement(place.outline, srid=4326),
        }
        if place.change is Change.NEW:
            added.append({**row, "source": source, "imported_at": now})
        elif place.outline is None:
            updated.append({key: value for key, value in row.items() if key != "outline"})
        else:
            session.execute(update(Community), [row])
    for chunk in _chunk(added, _ROWS_A_STATEMENT):
        session.execute(insert(Community), chunk)
    for chunk in _chunk(updated, _ROWS_A_STATEMENT):
        session.execute(update(Community), chunk)


def _read_into(
    registries: Registries, path: Path, *, datum: Datum, mapping: Mapping[str, str], report: ImportReport,
    rejects: RejectsFile, progress: Progress,
) -> None:  # fmt: skip
    rows = read_places(path, datum=datum, mapping=mapping)
    for chunk in _chunk(rows, _ROWS_A_CHUNK):
        cleaned = clean_rows(chunk, datum=datum, districts=registries.districts)
        for place in cleaned.places:
            outcome = registries.take(place)
            if isinstance(outcome, Reason):
                cleaned.rejections.append(Rejection(place.row, "code", outcome))
            elif outcome is Outcome.TAKEN:
                report.taken += 1
            else:
                report.merged += 1
        report.read += len(chunk)
        report.repaired.update(cleaned.repaired)
        report.note(cleaned.rejections)
        rejects.write(sorted(cleaned.rejections, key=lambda rejection: rejection.row))
        progress(len(chunk))


def import_places(
    sessions: sessionmaker[Session],
    *,
    path: Path,
    datum: Datum,
    clock: Clock,
    mapping: Mapping[str, str] | None = None,
    rejects_path: Path | None = None,
    progress: Progress = lambda _: None,
) -> ImportReport:
    """Import one file in one transaction; the same file again changes nothing.

    Rejects go to `rejects_path`, by default beside the file. Raises `NoDistrictsError` and `ImportFileError`.
    """
    report = ImportReport(path.name)
    rejects_path = rejects_path or path.with_name(f"{path.name}.rejects.csv")
    with sessions.begin() as session, open_rejects(rejects_path, file_name=path.name) as rejects:
        session.execute(_ONE_IMPORT_AT_A_TIME)
        districts = DistrictIndex.load(session)
        if not len(districts.adcodes):
            raise NoDistrictsError
        registries = Registries(session, districts)
        _read_into(
            registries, path, datum=datum, mapping=mapping or {}, report=report, rejects=rejects, progress=progress
        )
        now = clock()
        changed = registries.find_changed()
        _write(session, changed, source=path.name, now=now)
        _count_places(report, registries)
        _bring_up_to_date(session, registries, report=report)
        session.execute(
            insert(PlaceImport).values(
                file_name=path.name,
                file_sha256=hash_file(path),
                datum=datum.value,
                report=report.to_json(),
                imported_at=now,
            )
        )
    return report


def _count_places(report: ImportReport, registries: Registries) -> None:
    places = [place for city in registries.cities.values() for place in city.places]
    report.new = sum(place.change is Change.NEW for place in places)
    report.updated = sum(place.change is Change.UPDATED for place in places)
    report.unchanged = sum(place.is_listed and place.change is Change.NONE for place in places)


def _bring_up_to_date(session: Session, registries: Registries, *, report: ImportReport) -> None:
    adcodes = {place.district_adcode for city in registries.cities.values() for place in city.places}
    upkeep = bring_up_to_date(session, districts=registries.districts, adcodes=adcodes)
    report.cells, report.community_leaves = upkeep.cells, upkeep.community_leaves
