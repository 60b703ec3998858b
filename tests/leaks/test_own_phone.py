"""What one phone of one's own tells of an audience, computed exactly; the share held out bounds it (ADR 0014)."""

from __future__ import annotations

from math import comb, inf, log

import pytest

from messaging.campaigns.settings import MessagingRules

HELD_OUT = MessagingRules().held_out_share
QUOTAS = MessagingRules().broadcast_quotas[:2]


def get_chance(eligible: int, *, quota: int, held_out: float) -> float:
    """Return the chance that one certain eligible household is written to: not held out, and among the first `quota`.

    Of the others, a binomial number is not held out; among all that are not, everyone is as likely.
    """
    left = 1 - held_out
    others = eligible - 1
    return left * sum(
        comb(others, number) * left**number * held_out ** (others - number) * min(1.0, quota / (number + 1))
        for number in range(others + 1)
    )


def get_loss(eligible: int, *, quota: int, held_out: float) -> float:
    """Return how much one broadcast may say at most on whether there is one household more: a privacy loss, epsilon."""
    fewer, more = (get_chance(number, quota=quota, held_out=held_out) for number in (eligible, eligible + 1))
    if (fewer == 1) != (more == 1):
        return inf
    return max(abs(log(fewer / more)), abs(log((1 - fewer) / (1 - more))) if fewer < 1 else 0.0)


@pytest.mark.parametrize("quota", QUOTAS)
def test_no_single_broadcast_says_much_on_one_household(quota: int) -> None:
    losses = [get_loss(eligible, quota=quota, held_out=HELD_OUT) for eligible in range(quota - 10, 4 * quota, 3)]
    assert max(losses) < 10 / quota


def test_without_a_held_out_share_a_message_that_does_not_come_proves_a_full_audience() -> None:
    assert get_loss(50, quota=50, held_out=0.0) == inf


def test_where_an_audience_is_as_large_as_it_must_be_a_broadcast_says_next_to_nothing() -> None:
    # The smallest audience, 200 in need, of whom 60 % agreed.
    assert get_loss(120, quota=50, held_out=HELD_OUT) < 0.01
