"""Drops full of marked people: one that is good but for a few rows, and one that is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.privacy.people.drops import CATEGORIES, DropWriter, add_row, make_tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.leaks.canaries import Canary

DISTRICT, CITY = 370202, 370200
COMMUNITY = "C0"


def get_month() -> str:
    """Return the month that it is, where drops are judged."""
    return f"{datetime.now(UTC).astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m}"


def write_district(path: Path) -> None:
    """Write one small square of a district, so that there are few leaves."""
    west, south, east, north = 120.25, 36.05, 120.42, 36.15
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    properties = {"district_adcode": DISTRICT, "district_name": "市南区", "city_adcode": CITY, "city_name": "青岛市"}
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))


def write_good_drop(folder: Path, canaries: Sequence[Canary], rejected: Sequence[Canary]) -> None:
    """Write a drop in which everybody lives in one community, agrees, and needs a refrigerator."""
    count = len(canaries)
    tables = make_tables(count)
    for columns in tables.values():
        if "customer_id" in columns:
            ids = {f"K{number:05}": canary.customer_id for number, canary in enumerate(canaries)}
            columns["customer_id"] = [ids[one] for one in columns["customer_id"]]
    tables["households"] |= {
        "phone": [f"+86{canary.digits}" for canary in canaries],
        "community_code": [COMMUNITY] * count,
    }
    tables["consents"] |= {"granted": [True] * count, "at": ["2024-03-01T08:00:00Z"] * count}
    tables["scores"]["score"] = [90.0 if category == CATEGORIES[0] else 20.0 for category in CATEGORIES] * count
    tables["tickets"] |= {
        "free_text": [canary.ticket for canary in canaries],
        "opened_at": ["2024-02-03"] * count,
    }
    for canary in rejected:
        add_row(
            tables["households"], customer_id=canary.customer_id, phone=f"call {canary.digits} or {canary.name}",
            lon=120.3, lat=36.1, community_code=COMMUNITY, opened_at="2019-05-03",
        )  # fmt: skip
    DropWriter(folder, drop_id="canaries", month=get_month()).write(tables)


def write_bad_drop(folder: Path, canaries: Sequence[Canary]) -> None:
    """Write a drop of which too much is wrong, with people in every wrong place."""
    tables = make_tables(len(canaries))
    tables["households"]["phone"] = [f"call {canary.digits} or {canary.name}" for canary in canaries]
    tables["households"]["community_code"] = [canary.customer_id for canary in canaries]
    tables["interests"]["tag"] = [canary.digits for canary in canaries]
    DropWriter(folder, drop_id="refused", month=get_month(), form="csv").write(tables)
