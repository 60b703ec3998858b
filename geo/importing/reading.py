"""One door to every kind of file, chosen by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from geo.errors import ImportFileError
from geo.importing.maps import read_geojson, read_osm
from geo.importing.rows import RawPlace, UnreadableRow
from geo.importing.tables import read_csv, read_parquet
from geo.values import Datum

_READERS = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".parquet": read_parquet,
    ".geojson": read_geojson,
    ".json": read_geojson,
    ".geojsonl": read_geojson,
    ".geojsons": read_geojson,
    ".geojsonseq": read_geojson,
    ".osm": read_osm,
    ".pbf": read_osm,
}
_OSM = frozenset({".osm", ".pbf"})


def read_places(path: Path, *, datum: Datum, mapping: Mapping[str, str]) -> Iterator[RawPlace | UnreadableRow]:
    """Stream the rows of a CSV, Parquet, GeoJSON or OSM file; raises `ImportFileError` when it is none of them."""
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        raise ImportFileError(file_name=path.name, reason=f"unknown kind of file, expected {', '.join(_READERS)}")
    if suffix in _OSM and datum is not Datum.WGS84:
        raise ImportFileError(file_name=path.name, reason="an OSM extract is in WGS84")
    return _READERS[suffix](path, mapping=mapping)
