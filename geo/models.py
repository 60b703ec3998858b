"""Tables of places, in the serving database. Positions are WGS84, SRID 4326."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from geoalchemy2 import Geography, Geometry, WKBElement
from sqlalchemy import BigInteger, DateTime, Float, ForeignKey, Identity, Index, Integer, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class LeafKind(StrEnum):
    """What a leaf is: a community, or the H3 res-8 cell of households that match none."""

    COMMUNITY = "community"
    REMAINDER = "remainder"


class Places(DeclarativeBase):
    """Owner of the schema `places`."""

    metadata = MetaData(schema="places")


class District(Places):
    """A county-level district (区, 县, 县级市) with its outline and its census."""

    __tablename__ = "districts"

    adcode: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    city_code: Mapped[int] = mapped_column(Integer, index=True)
    city_name: Mapped[str] = mapped_column(Text)
    outline: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326))
    population: Mapped[int | None] = mapped_column(Integer)
    mean_household_size: Mapped[float | None] = mapped_column(Float)


class Community(Places):
    """A named residential place (小区 / 社区). `outline` where the source knew one, else `cell` (Voronoi) stands in.

    `aliases` are other spellings and `other_codes` other codes under which sources list the same place.
    """

    __tablename__ = "communities"

    community_code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    district_adcode: Mapped[int] = mapped_column(ForeignKey("places.districts.adcode"), index=True)
    position: Mapped[WKBElement] = mapped_column(Geography("POINT", srid=4326))
    outline: Mapped[WKBElement | None] = mapped_column(Geometry("MULTIPOLYGON", srid=4326))
    cell: Mapped[WKBElement | None] = mapped_column(Geometry("MULTIPOLYGON", srid=4326))
    source: Mapped[str] = mapped_column(Text)
    aliases: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    other_codes: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    households: Mapped[int | None] = mapped_column(Integer)
    imported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Leaf(Places):
    """The smallest released area. `cell8` and `parent7` are H3 indexes of `position`, as signed 64-bit integers."""

    __tablename__ = "leaves"
    __table_args__ = (
        Index("leaves_community", "community_code", unique=True, postgresql_where=text("kind = 'community'")),
        Index("leaves_remainder", "cell8", unique=True, postgresql_where=text("kind = 'remainder'")),
    )

    leaf_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    city_code: Mapped[int] = mapped_column(Integer, index=True)
    district_adcode: Mapped[int] = mapped_column(ForeignKey("places.districts.adcode"), index=True)
    community_code: Mapped[str | None] = mapped_column(ForeignKey("places.communities.community_code"))
    cell8: Mapped[int] = mapped_column(BigInteger, index=True)
    parent7: Mapped[int] = mapped_column(BigInteger, index=True)
    position: Mapped[WKBElement] = mapped_column(Geography("POINT", srid=4326))


class PlaceImport(Places):
    """One run of `manage.py places import` and what became of its rows."""

    __tablename__ = "imports"

    import_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(Text)
    datum: Mapped[str] = mapped_column(Text)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    imported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
