"""Writes small drops for tests, by the words of api.md and with nothing of the code under test."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

if TYPE_CHECKING:
    from pathlib import Path

Columns = dict[str, list[Any]]

CATEGORIES = (
    "refrigerator",
    "washing_machine",
    "air_conditioner",
    "water_heater",
    "television",
    "range_hood",
    "dishwasher",
    "freezer",
)


def make_tables(count: int = 200) -> dict[str, Columns]:
    """Make a good drop of `count` customers in Qingdao; customer n has phone +86 100 0000 nnnn."""
    ids = [f"K{number:05}" for number in range(count)]
    each = range(count)
    tables: dict[str, Columns] = {
        "communities": {
            "code": [f"C{number}" for number in range(10)],
            "name": [f"花园{number}号" for number in range(10)],
            "district_adcode": [370202] * 10,
            "lon": [120.3 + number / 100 for number in range(10)],
            "lat": [36.1] * 10,
            "outline": [None] * 10,
        },
        "households": {
            "customer_id": [*ids],
            "phone": [f"+86100{number:08}" for number in each],
            "lon": [120.3 + (number % 10) / 100 for number in each],
            "lat": [36.1] * count,
            "community_code": [f"C{number % 10}" if number % 10 else None for number in each],
            "opened_at": ["2019-05-03"] * count,
        },
        "consents": {
            "customer_id": [*ids],
            "purpose": ["push_info"] * count,
            "granted": [number % 5 < 3 for number in each],
            "policy_version": ["2026-01"] * count,
            "source": ["app"] * count,
            "at": ["2026-03-01T08:00:00Z"] * count,
        },
        "scores": {
            "customer_id": [customer for customer in ids for _ in CATEGORIES],
            "category": list(CATEGORIES) * count,
            "score": [75.5 if (number + column) % 4 == 0 else 20.0 for number in each for column in range(8)],
            "model_version": ["m1"] * count * 8,
        },
    }
    return tables | _make_behaviour(ids)


def _make_behaviour(ids: list[str]) -> dict[str, Columns]:
    count = len(ids)
    return {
        "activity": {"customer_id": [*ids], "score": [50.4] * count, "level": [2] * count, "channels": [3] * count},
        "purchases": {
            "customer_id": [*ids],
            "category": ["freezer"] * count,
            "model": ["BD-200"] * count,
            "bought_at": ["2020-01-31"] * count,
        },
        "tickets": {
            "customer_id": [*ids],
            "category": ["television"] * count,
            "fault_tag": ["no_picture"] * count,
            "free_text": ["没有画面，请打 13912345678 找王先生"] * count,
            "opened_at": ["2026-02-03"] * count,
        },
        "interests": {"customer_id": [*ids], "tag": ["health"] * count, "weight": [0.5] * count},
        "topics": {
            "customer_id": [*ids],
            "topic": ["energy"] * count,
            "platform": ["forum"] * count,
            "stance": [1] * count,
        },
    }


@dataclass
class DropWriter:
    """Writes tables and their manifest into a folder; what is to be broken is written again after `write`."""

    folder: Path
    drop_id: str = "qd-2026-11"
    month: str = "2026-11"
    datum: str = "gcj02"
    form: str = "parquet"
    group_rows: int = 64
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, tables: dict[str, Columns]) -> Path:
        """Write everything."""
        self.folder.mkdir(exist_ok=True)
        for name, columns in tables.items():
            self.write_table(name, columns)
        self.write_manifest()
        return self.folder

    def write_table(self, name: str, columns: Columns) -> None:
        """Write one file and remember what the manifest says of it."""
        table = pa.table(columns)
        path = self.folder / f"{name}.{self.form}"
        if self.form == "csv":
            pa_csv.write_csv(table, path)
        else:
            pa_parquet.write_table(table, path, row_group_size=self.group_rows)
        self.promise(path, rows=table.num_rows)

    def write_bytes(self, name: str, content: bytes, *, rows: int) -> None:
        """Write one file byte for byte."""
        (self.folder / name).write_bytes(content)
        self.promise(self.folder / name, rows=rows)

    def promise(self, path: Path, *, rows: int) -> None:
        """Note a file for the manifest."""
        self.files[path.name] = {"rows": rows, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}

    def write_manifest(self, **changes: object) -> None:
        """Write the manifest, with some entries changed."""
        content = {"drop_id": self.drop_id, "month": self.month, "datum": self.datum, "files": self.files} | changes
        (self.folder / "manifest.json").write_text(json.dumps(content))


def add_row(columns: Columns, **values: object) -> None:
    """Add one row to a table."""
    assert values.keys() == columns.keys()
    for name, value in values.items():
        columns[name].append(value)
