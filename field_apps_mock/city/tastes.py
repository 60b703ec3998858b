"""Interests from sales data and topics from social channels, leaning with the area as needs do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

INTERESTS: tuple[str, ...] = (
    "health",
    "energy_saving",
    "environment",
    "technology",
    "design",
    "quiet",
    "price",
    "space",
)
TOPICS: tuple[str, ...] = ("renovation", "cooking", "parenting", "pets", "elder_care", "smart_home", "sports", "travel")
PLATFORMS: tuple[str, ...] = ("short_video", "forum", "group_chat", "brand_community")
INTEREST_BASE = np.array([0.16, 0.15, 0.07, 0.12, 0.10, 0.09, 0.20, 0.06])
TOPIC_BASE = np.array([0.10, 0.12, 0.09, 0.05, 0.07, 0.06, 0.05, 0.08])
STANCE_ODDS = (0.2, 0.35, 0.45)
"""Against, neutral, in favour."""


def _pick(base: NDArray[np.float64], leaning: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the picked (row, column) pairs (k, 2); one unit of leaning makes a pick a third more likely."""
    odds = np.clip(base * np.exp(0.29 * leaning), 0.0, 0.9)
    return np.asarray(np.argwhere(rng.random(leaning.shape) < odds))


def make_interests(customer_ids: pa.Array, leaning: NDArray[np.float64], *, rng: np.random.Generator) -> pa.Table:
    """Give each customer the interests that purchases suggest, with weights of 0.05-1."""
    picked = _pick(INTEREST_BASE, leaning, rng)
    return pa.table(
        {
            "customer_id": customer_ids.take(pa.array(picked[:, 0])),
            "tag": pa.array(INTERESTS).take(pa.array(picked[:, 1])),
            "weight": pa.array(np.round(0.05 + 0.95 * rng.beta(2.0, 2.0, len(picked)), 2)),
        }
    )


def make_topics(customer_ids: pa.Array, leaning: NDArray[np.float64], *, rng: np.random.Generator) -> pa.Table:
    """Give each customer the topics discussed, where, and with which stance (-1, 0, 1)."""
    picked = _pick(TOPIC_BASE, leaning[:, ::-1], rng)
    return pa.table(
        {
            "customer_id": customer_ids.take(pa.array(picked[:, 0])),
            "topic": pa.array(TOPICS).take(pa.array(picked[:, 1])),
            "platform": pa.array(PLATFORMS).take(pa.array(rng.integers(len(PLATFORMS), size=len(picked)))),
            "stance": pa.array(rng.choice([-1, 0, 1], size=len(picked), p=STANCE_ODDS), pa.int8()),
        }
    )
