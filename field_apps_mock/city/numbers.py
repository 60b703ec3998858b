"""Invented phone numbers and customer ids: unique, scattered, the same for the same seed.

Phones are +86 154 xxxx xxxx. China's numbering plan leaves 154 out between 153 and 155: no operator holds it, so a
number from it reaches nobody, while it keeps the shape of a mobile number (1, then 10 digits) and `phonenumbers`
calls it possible but not valid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from field_apps_mock.city.values import MAX_HOUSEHOLDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from field_apps_mock.city.values import CityPlan

PHONE_PREFIX = "+86154"
PHONE_ROOM = 10**8
CUSTOMER_ROOM = 10**10
PHONE_STRIDE = 61_803_399
CUSTOMER_STRIDE = 7_320_508_077
"""Each coprime to its room, so that index -> index x stride is one-to-one and neighbours land far apart; two of them,
so that a customer id gives no phone away."""

SEED_ROOM = 10**6


def _scatter(index: NDArray[np.int64], *, stride: int, offset: int, room: int) -> NDArray[np.int64]:
    return (index * stride + offset) % room


def _write_digits(number: NDArray[np.int64], *, prefix: str, digits: int) -> pa.Array:
    text = pc.utf8_lpad(pa.array(number).cast(pa.string()), width=digits, padding="0")
    return pc.binary_join_element_wise(prefix, text, "")


def make_phones(household: NDArray[np.int64], *, plan: CityPlan) -> pa.Array:
    """Return E.164 phones (n,) of households by their index in the city."""
    index = household + plan.city.slot * MAX_HOUSEHOLDS
    return _write_digits(
        _scatter(index, stride=PHONE_STRIDE, offset=plan.seed % SEED_ROOM * 7_368_787, room=PHONE_ROOM),
        prefix=PHONE_PREFIX,
        digits=8,
    )


def make_customer_ids(household: NDArray[np.int64], *, is_second: NDArray[np.bool_], plan: CityPlan) -> pa.Array:
    """Return customer ids (n,); a household's second account gets an id of its own."""
    index = household + (2 * plan.city.slot + is_second) * MAX_HOUSEHOLDS
    return _write_digits(
        _scatter(index, stride=CUSTOMER_STRIDE, offset=plan.seed % SEED_ROOM * 2_236_067_977, room=CUSTOMER_ROOM),
        prefix="C",
        digits=10,
    )
