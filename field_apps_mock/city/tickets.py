"""After-sales tickets: who wrote, when, about what, and in which words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from field_apps_mock.city.ticket_texts import FAULTS, HAN_DIGITS, PERSONAL, REQUESTS
from field_apps_mock.city.values import CATEGORIES, FROZEN_ON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

TICKET_RATE = 0.8
"""Tickets per customer, some 20 % a year, all within DAYS_BEFORE days before and DAYS_AFTER days after FROZEN_ON."""

DAYS_BEFORE = 720
DAYS_AFTER = 720
PERSONAL_SHARE = 0.08
COMMONNESS = (1.0, 0.6, 0.4)
"""How common the faults of a category are, in the order of their list."""

LEAN = 0.4
"""What one unit of an area's leaning adds to the logarithm of the odds of a category's first fault."""


def _write_personal(rng: np.random.Generator) -> str:
    """Word a sentence with a number, an address or an account in it, as some customers do."""
    digits = f"154{int(rng.integers(10**8)):08d}"
    template = PERSONAL[int(rng.integers(len(PERSONAL)))]
    return template.format(
        phone=digits,
        phone_spaced=f"{digits[:3]} {digits[3:7]} {digits[7:]}",
        phone_dashed=f"{digits[:3]}-{digits[3:7]}-{digits[7:]}",
        phone_han=digits.translate(HAN_DIGITS),
        number=int(rng.integers(1, 400)),
        building=int(rng.integers(1, 30)),
        unit=int(rng.integers(1, 5)),
        room=int(rng.integers(1, 34)) * 100 + int(rng.integers(1, 5)),
    )


def _write_ticket(category: int, leaning: float, rng: np.random.Generator) -> tuple[str, str]:
    """Return the fault tag and the text of one ticket, from an area that leans so much towards the category."""
    faults = FAULTS[CATEGORIES[category].code]
    odds = np.array(COMMONNESS[: len(faults)])
    odds[0] *= np.exp(LEAN * leaning)
    fault = faults[int(np.searchsorted(np.cumsum(odds), rng.random() * odds.sum()))]
    text = fault.complaints[int(rng.integers(len(fault.complaints)))] + REQUESTS[int(rng.integers(len(REQUESTS)))]
    return fault.tag, text + (_write_personal(rng) if rng.random() < PERSONAL_SHARE else "")


def _pick_categories(owned: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """Pick one owned category per row (n, 8) -> (n,); the first category for who owns nothing."""
    return np.asarray(np.argmax(np.where(owned, rng.random(owned.shape), -1.0), axis=1))


def make_tickets(
    customer_ids: pa.Array,
    owned: NDArray[np.bool_],
    leaning: NDArray[np.float64],
    *,
    on: date,
    rng: np.random.Generator,
) -> pa.Table:
    """Make the tickets opened before a day. The same customers wrote the same tickets in every month's drop."""
    writers = np.flatnonzero(rng.random(len(owned)) < TICKET_RATE)
    categories = _pick_categories(owned[writers], rng)
    days = rng.integers(-DAYS_BEFORE, DAYS_AFTER, len(writers))
    leanings = leaning[writers, categories]
    pairs = zip(categories.tolist(), leanings.tolist(), strict=True)
    words = [_write_ticket(category, own, rng) for category, own in pairs]
    opened = [FROZEN_ON + timedelta(days=int(day)) for day in days]
    rows = [row for row, day in enumerate(opened) if day < on]
    return pa.table(
        {
            "customer_id": customer_ids.take(pa.array(writers[rows])),
            "category": _name(categories[rows], [traits.code for traits in CATEGORIES]),
            "fault_tag": pa.array([words[row][0] for row in rows], pa.string()),
            "free_text": pa.array([words[row][1] for row in rows], pa.string()),
            "opened_at": pa.array([opened[row] for row in rows], pa.date32()),
        }
    )


def _name(codes: NDArray[np.int64], names: Sequence[str]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(codes))
