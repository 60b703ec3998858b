"""The radars' one table, in the serving database: which cards a planner has seen on a day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, Date, MetaData, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Radar(DeclarativeBase):
    """Owner of the schema `radar`."""

    metadata = MetaData(schema="radar")


class SeenCards(Radar):
    """The different cards that one planner has seen on one day (Asia/Shanghai), as `adcode/age band/activity/category`.

    The row is locked while cards are counted.
    """

    __tablename__ = "seen_cards"

    planner_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    cards: Mapped[list[str]] = mapped_column(ARRAY(Text))
