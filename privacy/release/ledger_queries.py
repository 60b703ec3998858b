"""Reads of the ledger, in the people database: what was charged, and what was drawn for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy.release.ledger_models import Charge, Draw
from privacy.release.plan import count_months
from privacy.release.values import Product


@dataclass(frozen=True, slots=True)
class Charged:
    """One line of the ledger. `drawn_at` is None while nothing is drawn for it, or when the draw was lost."""

    charge_id: int
    product: Product
    month: date
    city_code: int
    rho: float
    sigma: float
    charged_at: datetime
    drawn_at: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class StoredDraw:
    """The noised counts of one product: int64[n, width], in the order of the keys int64[n]."""

    product: Product
    sigma: float
    keys: NDArray[np.int64]
    values: NDArray[np.int64]
    drawn_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class EarlierDraws:
    """What was drawn for a city in a month before: how long before, and every product of it."""

    months_ago: int
    draws: tuple[StoredDraw, ...]


def find_charges(session: Session, *, city_code: int | None = None, month: date | None = None) -> list[Charged]:
    """Return the charges of the ledger, of one city or month where given, in the order they were made."""
    query = select(Charge, Draw.drawn_at).outerjoin(Draw, Draw.charge_id == Charge.charge_id)
    if city_code is not None:
        query = query.where(Charge.city_code == city_code)
    if month is not None:
        query = query.where(Charge.month == month)
    return [
        Charged(
            charge_id=row.charge_id,
            product=Product(row.product),
            month=row.month,
            city_code=row.city_code,
            rho=row.rho,
            sigma=row.sigma,
            charged_at=row.charged_at,
            drawn_at=drawn_at,
        )
        for row, drawn_at in session.execute(query.order_by(Charge.charge_id))
    ]


def _to_draw(product: str, *, sigma: float, draw: Draw) -> StoredDraw:
    return StoredDraw(
        product=Product(product),
        sigma=sigma,
        keys=np.frombuffer(draw.keys, dtype="<i8").astype(np.int64),
        values=np.frombuffer(draw.values, dtype="<i8").astype(np.int64).reshape(-1, draw.width),
        drawn_at=draw.drawn_at,
    )


def find_draws(session: Session, *, city_code: int, month: date) -> list[StoredDraw]:
    """Return the stored draws of a city's month, in the order they were charged."""
    query = select(Charge.product, Charge.sigma, Draw).join(Draw, Draw.charge_id == Charge.charge_id)
    query = query.where(Charge.city_code == city_code, Charge.month == month).order_by(Charge.charge_id)
    return [_to_draw(product, sigma=sigma, draw=draw) for product, sigma, draw in session.execute(query)]


def find_earlier_draws(
    session: Session, *, city_code: int, month: date, since: date, products: Collection[Product]
) -> list[EarlierDraws]:
    """Return a city's draws of some products in the months from `since` to before `month`, the oldest first.

    Months whose draw was lost are left out.
    """
    query = select(Charge.month, Charge.product, Charge.sigma, Draw).join(Draw, Draw.charge_id == Charge.charge_id)
    query = query.where(Charge.city_code == city_code, Charge.month >= since, Charge.month < month)
    query = query.where(Charge.product.in_(products)).order_by(Charge.month, Charge.charge_id)
    months: dict[date, list[StoredDraw]] = defaultdict(list)
    for drawn_for, product, sigma, draw in session.execute(query):
        months[drawn_for].append(_to_draw(product, sigma=sigma, draw=draw))
    return [EarlierDraws(count_months(each, until=month), tuple(draws)) for each, draws in months.items()]
