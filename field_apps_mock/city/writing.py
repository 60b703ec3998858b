"""Writes the tables of a drop chunk by chunk and closes it with its manifest."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from field_apps_mock.city.values import CityPlan, DropFormat

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

TABLES: tuple[str, ...] = (
    "communities",
    "households",
    "consents",
    "scores",
    "activity",
    "purchases",
    "tickets",
    "interests",
    "topics",
)
MANIFEST = "manifest.json"


def _to_text_columns(table: pa.Table) -> pa.Table:
    """Write times as RFC 3339 for CSV; pyarrow's own form has a space and six decimals."""
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            text = pc.strftime(table.column(index).cast(pa.timestamp("s", tz="UTC")), format="%Y-%m-%dT%H:%M:%SZ")
            table = table.set_column(index, field.name, text)
    return table


def find_sha256(path: Path) -> str:
    """Hash a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class DropWriter:
    """Holds one open file per table. Memory is bounded by the chunk in hand, not by the city."""

    def __init__(self, folder: Path, *, plan: CityPlan) -> None:
        """Open a drop in a folder; the manifest of an earlier one is withdrawn first."""
        self._folder = folder
        self._plan = plan
        self._writers: dict[str, Any] = {}
        self.rows: dict[str, int] = dict.fromkeys(TABLES, 0)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # phones stand in it in clear
        (folder / MANIFEST).unlink(missing_ok=True)

    def find_path(self, name: str) -> Path:
        """Return where a table is written."""
        return self._folder / f"{name}.{self._plan.file_format}"

    def write(self, name: str, table: pa.Table) -> None:
        """Append a chunk to a table."""
        if self._plan.file_format is DropFormat.CSV:
            table = _to_text_columns(table)
        if name not in self._writers:
            self._writers[name] = self._open(name, table.schema)
        self._writers[name].write_table(table)
        self.rows[name] += table.num_rows

    def _open(self, name: str, schema: pa.Schema) -> Any:  # noqa: ANN401 - pyarrow has no types
        path = self.find_path(name)
        if self._plan.file_format is DropFormat.CSV:
            return pyarrow.csv.CSVWriter(path, schema)
        return pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")

    def write_manifest(self) -> None:
        """Close the tables and say what the drop holds; a drop without manifest is not finished."""
        self._close()
        files = {
            self.find_path(name).name: {"rows": self.rows[name], "sha256": find_sha256(self.find_path(name))}
            for name in TABLES
        }
        manifest = {
            "drop_id": self._plan.drop_id,
            "month": f"{self._plan.month:%Y-%m}",
            "datum": str(self._plan.datum),
            "files": files,
        }
        text = json.dumps(manifest, indent=2) + "\n"
        unfinished = self._folder / f"{MANIFEST}.part"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(self._folder / MANIFEST)

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files, whatever happened; only write_manifest makes them a drop."""
        self._close()
