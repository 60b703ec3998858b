"""Tables of released figures, in the serving database. What stands here, everybody may see."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Date, DateTime, Float, ForeignKey, Integer, LargeBinary, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Released(DeclarativeBase):
    """Owner of the schema `released`."""

    metadata = MetaData(schema="released")


class Release(Released):
    """One published month of one city: immutable once written."""

    __tablename__ = "releases"

    release_id: Mapped[str] = mapped_column(Text, primary_key=True)
    month: Mapped[date] = mapped_column(Date)
    city_code: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    figures_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)


class LeafFigures(Released):
    """Estimates for one leaf.

    Arrays have one entry a category, in the order of `Category`; `_sd` is one standard error.
    """

    __tablename__ = "leaf_figures"

    release_id: Mapped[str] = mapped_column(ForeignKey("released.releases.release_id"), primary_key=True)
    leaf_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    customers: Mapped[float] = mapped_column(Float)
    customers_sd: Mapped[float] = mapped_column(Float)
    any_need: Mapped[float] = mapped_column(Float)
    any_need_sd: Mapped[float] = mapped_column(Float)
    needs: Mapped[list[float]] = mapped_column(ARRAY(Float))
    needs_sd: Mapped[list[float]] = mapped_column(ARRAY(Float))


class ParentFigures(Released):
    """Estimates for one H3 res-7 parent of leaves."""

    __tablename__ = "parent_figures"

    release_id: Mapped[str] = mapped_column(ForeignKey("released.releases.release_id"), primary_key=True)
    parent7: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    needs: Mapped[list[float]] = mapped_column(ARRAY(Float))
    needs_sd: Mapped[list[float]] = mapped_column(ARRAY(Float))


class DistrictFigures(Released):
    """Counts of one district product in one district, as drawn; `counts` has one entry a slot, `sd` is for each."""

    __tablename__ = "district_figures"

    release_id: Mapped[str] = mapped_column(ForeignKey("released.releases.release_id"), primary_key=True)
    product: Mapped[str] = mapped_column(Text, primary_key=True)
    district_adcode: Mapped[int] = mapped_column(Integer, primary_key=True)
    counts: Mapped[list[float]] = mapped_column(ARRAY(Float))
    sd: Mapped[float] = mapped_column(Float)


class CityFigures(Released):
    """Estimates for a whole city."""

    __tablename__ = "city_figures"

    release_id: Mapped[str] = mapped_column(ForeignKey("released.releases.release_id"), primary_key=True)
    needs: Mapped[list[float]] = mapped_column(ARRAY(Float))
    needs_sd: Mapped[list[float]] = mapped_column(ARRAY(Float))


class AnnouncedCharge(Released):
    """What a month of a city cost of the promise, written down before it was charged. For the releases only."""

    __tablename__ = "announced_charges"

    city_code: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    rho: Mapped[float] = mapped_column(Float)
    charged_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
