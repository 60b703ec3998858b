"""A small world for the API's tests: three districts of two cities, places on a grid, and one release of each city."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import h3.api.basic_int as h3
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from api.models import Account, Role
from geo.models import Community, District, Leaf, LeafKind
from privacy.release.models import CityFigures, DistrictFigures, LeafFigures, ParentFigures, Release
from privacy.release.slots import get_slot_names
from privacy.release.values import Product
from tests.released import seal

if TYPE_CHECKING:
    from argon2 import PasswordHasher

NAMESPACE = UUID("5a1f0ad5-3b0b-4c42-9a54-3f3b0a6f2c11")
PASSWORD = "correct horse battery"  # noqa: S105 - of invented accounts
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
STEP = 0.004
TABLES = (
    "released.city_figures, released.parent_figures, released.leaf_figures, released.district_figures, "
    "released.releases, radar.seen_cards, places.leaves, "
    "places.communities, places.districts, campaigns.broadcasts, campaigns.idempotency_keys, campaigns.actor_usage, "
    "campaigns.organisation_usage, campaigns.reviews, campaigns.rule_versions, staff.refresh_tokens, "
    "staff.login_attempts, staff.accounts"
)
# adcode, name, city, city name, west, south; each 0.08 degrees wide and high.
DISTRICTS = (
    (370202, "市南区", 370200, "青岛市", 120.34, 36.04),
    (370203, "市北区", 370200, "青岛市", 120.42, 36.04),
    (110108, "海淀区", 110000, "北京市", 116.28, 39.94),
)
RADAR_PRODUCTS = (Product.ACTIVE_USERS, Product.PAIN_POINTS, Product.INTERESTS, Product.TOPICS)
# login -> role, territory
STAFF = {
    "sales": (Role.SALESPERSON, [370202]),
    "sales-two": (Role.SALESPERSON, [370202, 370203]),
    "sales-nowhere": (Role.SALESPERSON, []),
    "planner": (Role.PLANNER, []),
    "planner-two": (Role.PLANNER, []),
    "operator": (Role.OPERATOR, []),
    "reviewer": (Role.REVIEWER, []),
    "reviewer-two": (Role.REVIEWER, []),
}


def get_account_id(login: str) -> UUID:
    """Return the id of an invented account."""
    return uuid5(NAMESPACE, login)


def empty(engine: Engine) -> None:
    """Take everything out of the serving database."""
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE"))


def build(engine: Engine, *, hasher: PasswordHasher) -> None:
    """Put the world into an emptied serving database."""
    empty(engine)
    with Session(engine) as session, session.begin():
        for adcode, name, city_code, city_name, west, south in DISTRICTS:
            ring = _square(west, south, 0.08)
            session.add(District(adcode=adcode, name=name, city_code=city_code, city_name=city_name, outline=ring))
            session.flush()
            _add_places(session, adcode=adcode, city_code=city_code, west=west, south=south)
        for city_code in (370200, 110000):
            release_id = _add_release(session, city_code=city_code, month=date(2026, 11, 1))
            for adcode in (district[0] for district in DISTRICTS if district[2] == city_code):
                add_district_figures(session, release_id=release_id, adcode=adcode)
            seal(session, release_id=release_id)
        for login, (role, territory) in STAFF.items():
            session.add(_make_account(login, role=role, territory=territory, hasher=hasher))


def _make_account(login: str, *, role: Role, territory: list[int], hasher: PasswordHasher) -> Account:
    return Account(
        account_id=get_account_id(login),
        login=login,
        display_name=f"员工 {login}",
        password_hash=hasher.hash(PASSWORD),
        role=role.value,
        territory=territory,
    )


def _square(west: float, south: float, size: float) -> Any:  # noqa: ANN401 - GeoAlchemy2 takes EWKT for a geometry
    east, north = west + size, south + size
    ring = f"{west} {south},{east} {south},{east} {north},{west} {north},{west} {south}"
    return f"SRID=4326;MULTIPOLYGON((({ring})))"


def _add_places(session: Session, *, adcode: int, city_code: int, west: float, south: float) -> None:
    cells = set()
    for row in range(8):
        for column in range(8):
            lon, lat = round(west + 0.006 + column * 0.009, 6), round(south + 0.006 + row * 0.009, 6)
            point: Any = f"SRID=4326;POINT({lon} {lat})"
            code = f"{adcode}{row}{column}"
            cell = h3.latlng_to_cell(lat, lon, 8)
            session.add(
                Community(
                    community_code=code,
                    name=f"{adcode}小区{row}{column}",
                    district_adcode=adcode,
                    position=point,
                    outline=_square(lon - 0.001, lat - 0.001, 0.002) if column == 0 else None,
                    cell=_square(lon - STEP, lat - STEP, 2 * STEP),
                    source="test",
                    imported_at=AS_OF,
                )
            )
            session.flush()
            session.add(
                _make_leaf(LeafKind.COMMUNITY, adcode=adcode, city_code=city_code, cell=cell, point=point, code=code)
            )
            cells.add(cell)
    for cell in sorted(cells):
        lat, lon = h3.cell_to_latlng(cell)
        point = f"SRID=4326;POINT({lon} {lat})"
        if not session.query(Leaf).filter_by(kind="remainder", cell8=cell).count():
            session.add(_make_leaf(LeafKind.REMAINDER, adcode=adcode, city_code=city_code, cell=cell, point=point))


def _make_leaf(
    kind: LeafKind,
    *,
    adcode: int,
    city_code: int,
    cell: int,
    point: Any,  # noqa: ANN401 - GeoAlchemy2 takes EWKT for a position
    code: str | None = None,
) -> Leaf:
    return Leaf(
        kind=kind.value,
        city_code=city_code,
        district_adcode=adcode,
        community_code=code,
        cell8=cell,
        parent7=h3.cell_to_parent(cell, 7),
        position=point,
    )


def _add_release(session: Session, *, city_code: int, month: date) -> str:
    release_id = f"{month:%Y-%m}-{city_code}"
    session.add(
        Release(
            release_id=release_id,
            month=month,
            city_code=city_code,
            as_of=AS_OF,
            published_at=AS_OF,
            parameters={},
            figures_sha256=b"0" * 32,
        )
    )
    session.flush()
    leaves = session.query(Leaf).filter_by(city_code=city_code).order_by(Leaf.leaf_id).all()
    parents: dict[int, list[float]] = {}
    for leaf in leaves:
        # The northern row of each district needs next to nothing.
        community = leaf.community_code is not None and leaf.community_code[6] != "7"
        needs = [40.0 + (leaf.leaf_id * (k + 3)) % 60 if community else 4.0 for k in range(8)]
        session.add(
            LeafFigures(
                release_id=release_id,
                leaf_id=leaf.leaf_id,
                customers=400.0 + leaf.leaf_id % 90 if community and leaf.leaf_id % 16 else 12.0,
                customers_sd=17.1,
                any_need=sum(needs) / 2,
                any_need_sd=24.1,
                needs=needs,
                needs_sd=[6.0] * 8,
            )
        )
        total = parents.setdefault(leaf.parent7, [0.0] * 8)
        parents[leaf.parent7] = [a + b for a, b in zip(total, needs, strict=True)]
    for parent7, needs in parents.items():
        session.add(ParentFigures(release_id=release_id, parent7=parent7, needs=needs, needs_sd=[9.0] * 8))
    city = [sum(column) for column in zip(*parents.values(), strict=True)]
    session.add(CityFigures(release_id=release_id, needs=city, needs_sd=[30.0] * 8))
    return release_id


def add_district_figures(session: Session, *, release_id: str, adcode: int, grown: float = 0.0) -> None:
    """Add what the radars read of one district: counts that differ from slot to slot, and some that are few.

    `grown` is added to the first slot of each product.
    """
    for product in RADAR_PRODUCTS:
        slots = len(get_slot_names(product))
        counts = [300.0 + (adcode * (slot + 7)) % 500 if slot % 6 != 5 else 30.0 for slot in range(slots)]
        counts[0] += grown
        row = DistrictFigures(release_id=release_id, product=product, district_adcode=adcode, counts=counts, sd=20.0)
        session.add(row)


def copy_release(engine: Engine, release_id: str) -> None:
    """Copy November's figures of Qingdao into a release of December, of any city, with November's signature."""
    with engine.begin() as connection:
        _copy_rows(connection, release_id)


def seal_release(engine: Engine, release_id: str) -> None:
    """Sign a release as publishing would."""
    with Session(engine) as session, session.begin():
        seal(session, release_id=release_id)


def remove_release(engine: Engine, release_id: str) -> None:
    """Take a release out again."""
    with engine.begin() as connection:
        for table in ("leaf_figures", "parent_figures", "city_figures", "district_figures", "releases"):
            connection.execute(
                text(f"DELETE FROM released.{table} WHERE release_id = :id"),  # noqa: S608 - names from above
                {"id": release_id},
            )


def _copy_rows(connection: Connection, release_id: str) -> None:
    connection.execute(
        text(
            "INSERT INTO released.releases SELECT :new, date '2026-12-01', :city, as_of, published_at, parameters,"
            " decode(repeat('31', 32), 'hex'), signature FROM released.releases WHERE release_id = '2026-11-370200'"
        ),
        {"new": release_id, "city": int(release_id[-6:])},
    )
    columns = {
        "leaf_figures": "leaf_id, customers, customers_sd, any_need, any_need_sd, needs, needs_sd",
        "parent_figures": "parent7, needs, needs_sd",
        "city_figures": "needs, needs_sd",
        "district_figures": "product, district_adcode, counts, sd",
    }
    for table, names in columns.items():
        connection.execute(
            text(
                f"INSERT INTO released.{table} (release_id, {names}) SELECT :new, {names} FROM released.{table}"  # noqa: S608 - names from above
                " WHERE release_id = '2026-11-370200'"
            ),
            {"new": release_id},
        )


def move_figures(engine: Engine, release_id: str, *, by: float) -> None:
    """Change the customers of a release behind its back."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE released.leaf_figures SET customers = customers + :by WHERE release_id = :id"),
            {"by": by, "id": release_id},
        )
