"""Holds a published release against the ledger: every figure was charged, and what is shown as drawn was drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sqlalchemy.orm import Session

from privacy.release.errors import LedgerMismatchError
from privacy.release.figures import ReleasedFigures
from privacy.release.ledger_queries import StoredDraw, find_draws
from privacy.release.values import Product, PublishedRelease


def _is_as_drawn(figures: ReleasedFigures, draw: StoredDraw) -> bool:
    """Compare what is published without smoothing with its draw; what is smoothed cannot be compared."""
    if draw.product is Product.CUSTOMERS_LEAF:
        return np.array_equal(figures.leaves.customers, draw.values[:, 0])
    if draw.product is Product.ANY_NEED_LEAF:
        return np.array_equal(figures.leaves.any_need, draw.values[:, 0])
    if draw.product not in figures.districts:
        return True
    table = figures.districts[draw.product]
    return table.sd == draw.sigma and np.array_equal(table.counts, draw.values)


def check_against_ledger(
    session: Session, *, release: PublishedRelease, figures: ReleasedFigures, sigmas: Mapping[str, float]
) -> None:
    """Compare a release, read from the serving database, with the ledger of the people database.

    `sigmas` are those that the release says of itself, by product. Raises LedgerMismatchError.
    """
    draws = {each.product: each for each in find_draws(session, city_code=release.city_code, month=release.month)}
    for product in Product:
        draw = draws.get(product)
        is_told = str(product) in sigmas
        if draw is None and not is_told and product not in figures.districts:
            continue
        if draw is None or sigmas.get(product) != draw.sigma or not _is_as_drawn(figures, draw):
            raise LedgerMismatchError(release_id=release.release_id, product=product)
