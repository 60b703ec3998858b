"""Rows of users as an ORM maps them. Places and released figures have their models already."""

from __future__ import annotations

from geoalchemy2 import Geography, WKBElement
from sqlalchemy import BigInteger, Boolean, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.rows import SCHEMA
from privacy.release.values import Category


class Live(DeclarativeBase):
    """Owner of the schema of users' rows."""

    metadata = MetaData(schema=SCHEMA)


class User(Live):
    """One household with its leaf, its position and its needs."""

    __tablename__ = "users"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    leaf_id: Mapped[int] = mapped_column(BigInteger, index=True)
    cell8: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[WKBElement] = mapped_column(Geography("POINT", srid=4326))
    refrigerator: Mapped[bool] = mapped_column(Boolean)
    washing_machine: Mapped[bool] = mapped_column(Boolean)
    air_conditioner: Mapped[bool] = mapped_column(Boolean)
    water_heater: Mapped[bool] = mapped_column(Boolean)
    television: Mapped[bool] = mapped_column(Boolean)
    range_hood: Mapped[bool] = mapped_column(Boolean)
    dishwasher: Mapped[bool] = mapped_column(Boolean)
    freezer: Mapped[bool] = mapped_column(Boolean)

    @classmethod
    def has_need(cls, category: Category) -> Mapped[bool]:
        """Return the column of a category."""
        column: Mapped[bool] = getattr(cls, category.value)
        return column
