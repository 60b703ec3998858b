"""Tables of the yearly budget, in the people database: what was charged, and what was drawn for it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Ledger(DeclarativeBase):
    """Owner of the schema `ledger`."""

    metadata = MetaData(schema="ledger")


class Charge(Ledger):
    """Budget taken for one product of one month and city. Committed before any noise is drawn, never given back."""

    __tablename__ = "charges"
    __table_args__ = (UniqueConstraint("product", "month", "city_code"),)

    charge_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    product: Mapped[str] = mapped_column(Text)
    month: Mapped[date] = mapped_column(Date)
    city_code: Mapped[int] = mapped_column(Integer)
    rho: Mapped[float] = mapped_column(Float)
    sigma: Mapped[float] = mapped_column(Float)
    sensitivity_squared: Mapped[float] = mapped_column(Float)
    parameters_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    code_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    charged_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Draw(Ledger):
    """The one noised output of a charge: int64 little endian, with the public keys that it is in the order of."""

    __tablename__ = "draws"

    charge_id: Mapped[int] = mapped_column(ForeignKey("ledger.charges.charge_id"), primary_key=True)
    keys: Mapped[bytes] = mapped_column(LargeBinary)
    values: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int] = mapped_column(Integer)
    drawn_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
