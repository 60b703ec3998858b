"""Consents, activity and purchases of customers: what the data platform recorded until the drop's month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from field_apps_mock.city.appliances import DAYS_PER_YEAR
from field_apps_mock.city.values import CATEGORIES, FROZEN_ON

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from field_apps_mock.city.appliances import Appliances

EVER_ASKED = 0.90
SAID_YES = 0.72
REVOKED_LATER = 0.16
"""Of those who agreed, the share who take it back at some time within REVOKING_DAYS."""

REVOKING_DAYS = 1_500
ACTIVE_SHARE = 0.7
LEVEL_STEPS = (30, 60)
"""Activity scores from which levels 2 and 3 begin."""

REMEMBERED_SHARE = 0.15
"""Appliances in use whose predecessor is in the records too."""

SOURCES: tuple[str, ...] = ("app", "store", "service_call", "mini_program")
POLICY_VERSIONS: tuple[str, ...] = ("2023-1", "2024-1", "2025-2")
DAY_S = 86_400
FROZEN_DAY = FROZEN_ON.toordinal() - 719_163
"""FROZEN_ON counted in days since 1970-01-01."""


def make_consents(customer_ids: pa.Array, *, on: date, rng: np.random.Generator) -> pa.Table:
    """Make the ledger entries older than a day: about 60 % of the customers end up with consent."""
    count = len(customer_ids)
    asked = rng.random(count) < EVER_ASKED
    agreed = rng.random(count) < SAID_YES
    at_s = (FROZEN_DAY - rng.integers(30, 1_000, count)) * DAY_S + rng.integers(0, DAY_S, count)
    revoked_s = at_s + rng.integers(DAY_S, REVOKING_DAYS * DAY_S, count)
    source, policy = rng.integers(len(SOURCES), size=count), rng.integers(len(POLICY_VERSIONS), size=count)
    cut_off_s = (on.toordinal() - 719_163) * DAY_S
    revoked = asked & agreed & (rng.random(count) < REVOKED_LATER) & (revoked_s < cut_off_s)
    first, second = np.flatnonzero(asked), np.flatnonzero(revoked)
    rows = np.concatenate([first, second])
    return pa.table(
        {
            "customer_id": customer_ids.take(pa.array(rows)),
            "purpose": pa.repeat("push_info", len(rows)),
            "granted": pa.array(np.concatenate([agreed[first], np.zeros(len(second), dtype=bool)])),
            "policy_version": pa.array(POLICY_VERSIONS).take(pa.array(policy[rows])),
            "source": pa.array(SOURCES).take(pa.array(source[rows])),
            "at": pa.array(np.concatenate([at_s[first], revoked_s[second]]) * 1_000_000, pa.timestamp("us", tz="UTC")),
        }
    )


def make_activity(customer_ids: pa.Array, *, rng: np.random.Generator) -> pa.Table:
    """Score this month's interactions 0-100, with a level 1-3 and the number of channels used, 1-5."""
    active = np.flatnonzero(rng.random(len(customer_ids)) < ACTIVE_SHARE)
    score = np.floor(100.0 * rng.beta(1.6, 3.2, len(active))).astype(np.int64)
    channels = 1 + rng.binomial(4, 0.1 + 0.005 * score)
    return pa.table(
        {
            "customer_id": customer_ids.take(pa.array(active)),
            "score": pa.array(score, pa.int16()),
            "level": pa.array(1 + np.searchsorted(LEVEL_STEPS, score, side="right"), pa.int16()),
            "channels": pa.array(channels, pa.int16()),
        }
    )


def make_purchases(customer_ids: pa.Array, appliances: Appliances, *, on: date, rng: np.random.Generator) -> pa.Table:
    """List the own-brand appliances (the one in use, and sometimes the one before) bought until a day."""
    ages = appliances.find_ages(on)
    bought_day = np.floor(FROZEN_DAY + (on - FROZEN_ON).days - ages * DAYS_PER_YEAR).astype(np.int64)
    current = np.argwhere(appliances.is_owned & appliances.is_ours)
    previous = current[rng.random(len(current)) < REMEMBERED_SHARE]
    cycle_days = (appliances.cycle_years[previous[:, 0], previous[:, 1]] * DAYS_PER_YEAR).astype(np.int64)
    days = np.concatenate(
        [bought_day[current[:, 0], current[:, 1]] - 1, bought_day[previous[:, 0], previous[:, 1]] - 1 - cycle_days]
    )
    rows, columns = np.concatenate([current, previous]).T
    size = 100 + 10 * (np.abs(days * 7_919 + columns * 104_729) % 60)
    return pa.table(
        {
            "customer_id": customer_ids.take(pa.array(rows)),
            "category": pa.array([traits.code for traits in CATEGORIES]).take(pa.array(columns)),
            "model": _name_models(columns, size),
            "bought_at": pa.array(days.astype(np.int32), pa.date32()),
        }
    )


def _name_models(columns: NDArray[np.int64], size: NDArray[np.int64]) -> pa.Array:
    """Name invented models such as BCD-420."""
    names = [f"{traits.model_prefix}-{100 + 10 * step}" for traits in CATEGORIES for step in range(60)]
    return pa.array(names).take(pa.array(columns * 60 + (size - 100) // 10))
