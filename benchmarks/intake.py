"""`intake of households` of the performance page: what a household costs the intake, against what a row costs an ORM.

A drop of households and nothing else is taken in by the command that an operator runs, with a worker a core: read,
checked, placed among the real places, hashed, sealed and indexed, with its entry in the audit; four rows a household.
The baseline is what one would write first, `session.add_all` of the bare row of `core.households` and one commit, on
the same server, with the same indexes, and without phone, key or customer. Both run in turn, on empty tables.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pa_parquet
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from benchmarks.town import CITY_CODE, Town, run_town
from benchmarks.values import Progress, Row, Sense
from privacy.people.models import Household

NAME = "intake of households (validated, encrypted, indexed) against ORM add_all of the bare row"
_GOAL = 5.0
_HOUSEHOLDS, _QUICK_HOUSEHOLDS = 1_000_000, 20_000
_ROUNDS, _QUICK_ROUNDS = 3, 1
_ORM_SHARE = 4
_KEPT = frozenset({"communities", "households"})


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Measure the row of the intake; some three minutes, ten seconds of it when `quick`."""
    count = _QUICK_HOUSEHOLDS if quick else _HOUSEHOLDS
    ratios = []
    with run_town("bench-intake") as town:
        progress(f"a drop of {count:,} households")
        drop = _make_drop(town, households=count)
        for number in range(_QUICK_ROUNDS if quick else _ROUNDS):
            progress(f"round {number + 1}: the ORM")
            town.empty()
            orm_s = _add_all(town, rows=count // _ORM_SHARE) * _ORM_SHARE
            progress(f"round {number + 1}: the intake")
            town.empty()
            workers = os.cpu_count() or 1
            intake_s = town.manage("intake", ["intake", str(drop), "--workers", str(workers)]).seconds
            ratios.append(orm_s / intake_s)
    note = f"{count:,} households, the whole command; the last round {intake_s:.1f} s against {orm_s:.1f} s"
    return [Row(NAME, _GOAL, Sense.AT_LEAST, tuple(ratios), "×", note)]


def _make_drop(town: Town, *, households: int) -> Path:
    """Write a drop whose tables are empty but for the households."""
    folder = town.installation.run_dir / "drop"
    town.make_drop(folder, households=households, month="2026-10")
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, promised in manifest["files"].items():
        path = folder / name
        if path.stem not in _KEPT:
            pa_parquet.write_table(pa_parquet.read_table(path).slice(0, 0), path)
            promised |= {"rows": 0, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    manifest["drop_id"] = uuid4().hex
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _add_all(town: Town, *, rows: int) -> float:
    """Return the seconds that rows take from the making of the first object to the commit."""
    engine = create_engine(town.installation.people.url(database="people"))
    with Session(engine) as session:
        session.connection()
        began = time.monotonic()
        session.add_all(
            Household(household_id=uuid4(), city_code=CITY_CODE, leaf_id=number % 1000, push_consent=False)
            for number in range(rows)
        )
        session.commit()
        took = time.monotonic() - began
    engine.dispose()
    return took
