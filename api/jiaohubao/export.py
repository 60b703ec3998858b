"""Released figures as CSV: one line a tag and month, each figure with its margin and its release.

UTF-8 with a byte order mark, for spreadsheets. A text that a spreadsheet could take for a formula gets an apostrophe in
front; numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from api.jiaohubao.figures import DIGITS, round_up
from radar.values import Item, Measure, Point, Scan

CSV = "text/csv; charset=utf-8"
CSV_SCHEMA = {"type": "string", "description": "RFC 4180, UTF-8 with a byte order mark; the first line names columns"}
COLUMNS = (
    "release_id", "as_of", "month", "area_adcode", "area_name", "city_name", "category", "tag", "name_zh", "name_en",
    "rank", "households", "households_moe95", "few", "share_percent", "share_moe95", "index_city", "index_city_moe95",
    "index_national", "index_national_moe95", "growth_percent", "growth_moe95", "growth_since",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
Cell = str | float | int | None


def write_csv(found: Scan) -> bytes:
    """Write what a radar found: for each tag its months, oldest first; index and growth stand in the newest."""
    target = io.StringIO()
    lines = csv.writer(target, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for item in found.items:
        for point in item.series:
            lines.writerow(["" if cell is None else guard(cell) for cell in _list_cells(found, item, point)])
    return target.getvalue().encode("utf-8-sig")


def guard(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet runs: a text that looks like a formula begins with an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _list_cells(found: Scan, item: Item, point: Point) -> Iterator[Cell]:
    is_newest = point.month == found.release.month
    yield from (point.release_id, point.as_of.isoformat(), f"{point.month:%Y-%m}")
    yield from (found.area.adcode, found.area.name, found.area.city_name)
    yield from (item.tag.category, item.tag.code, item.tag.zh, item.tag.en, item.rank if is_newest else None)
    count = point.count
    yield from (count.value if count.value is None else round(count.value, 1), round(count.moe95, 1), int(count.few))
    yield from _show(point.share)
    yield from _show(item.city_index if is_newest else None)
    yield from _show(item.national_index if is_newest else None)
    growth = item.growth if is_newest else None
    yield from _show(growth.change if growth else None)
    yield f"{growth.since:%Y-%m}" if growth else None


def _show(measure: Measure | None) -> tuple[float | None, float | None]:
    return (round(measure.value, DIGITS), round_up(measure.moe95)) if measure else (None, None)
