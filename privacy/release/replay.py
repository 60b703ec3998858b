"""From the draws of all months to measurements of the newest: the filter, run again from the ledger each time.

It keeps no state: same draws, same measurements. Every leaf's needs and every parent's total have their own filter.
That both have followed the same movements is kept as the covariance of their errors, so that the tree can combine them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from privacy.release.aligning import Month
from privacy.release.filtering import Flags, Level, Update, know_nothing, predict, update_or_restart
from privacy.release.movement import CUSTOMERS_MOVE, NEEDS_MOVE, estimate_movement
from privacy.release.priors import estimate_exposure
from privacy.release.series import (
    Seen,
    average,
    expect,
    see_any_need,
    see_areas,
    see_customers,
    see_needs,
    see_parent_needs,
    sum_leaves,
)
from privacy.release.tree import Floats, Hierarchy, Measured
from privacy.release.values import CATEGORIES

_UNSEEN_SHARE = 0.5
"""Of the movement since what a filter knows, the part that is in the true value and not in the filter's output.

One half, for figures that swing about a level of their own, as needs do that come and go: with autocovariance U(k) they
move by 2 (U(0) - U(1)) a month, and an output that is k months old misses U(0) - U(k). Where they drift it is all.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """The newest month as all months show it: float64[n] customers and any need, and the needs of eight categories."""

    customers: Level
    any_need: Level
    needs: tuple[Measured, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Movements:
    """Variance of a month's movement of each leaf: float64[n] customers and any need, float64[n, 8] needs."""

    customers: Floats
    any_need: Floats
    needs: Floats


def _learn_movements(months: Sequence[Month], *, hierarchy: Hierarchy) -> _Movements:
    """Learn from areas how much customers and needs move; any need moves as needs do."""
    add = hierarchy.sum_by_parent
    customers = [see_customers(month) for month in months]
    mean, variance = average(customers)
    usual = estimate_exposure(mean, hierarchy=hierarchy, variance=variance).customers
    areas = [see_areas(month, hierarchy=hierarchy) for month in months]
    needs = expect(average(areas)[0], customers=usual, hierarchy=hierarchy)
    any_areas = [sum_leaves(see_any_need(month), hierarchy=hierarchy) for month in months]
    any_need = expect(average(any_areas)[0][:, None], customers=usual, hierarchy=hierarchy)[:, 0]
    customer_areas = [sum_leaves(each, hierarchy=hierarchy) for each in customers]
    customers_move = estimate_movement(customer_areas, expected=add(usual), usual=CUSTOMERS_MOVE)
    needs_move = estimate_movement(areas, expected=add(needs), usual=NEEDS_MOVE)
    return _Movements(customers=customers_move * usual, any_need=needs_move * any_need, needs=needs_move * needs)


def _step(level: Level, *, month: Seen, movement: Floats, restarts: Flags) -> tuple[Update, Flags]:
    """Let the time since the month before go by, then take in this one; return also where it jumped."""
    return update_or_restart(
        predict(level, movement=movement, months=month.gap),
        seen=month.values,
        noise_variance=month.noise_variance,
        present=month.present,
        restarts=restarts,
    )


def _follow(series: Sequence[Seen], *, movement: Floats, restarts: Sequence[Flags]) -> tuple[Level, list[Flags]]:
    """Filter a series; return the level of the newest month and where each month jumped."""
    level, jumps = know_nothing(movement.shape), []
    for month, anew in zip(series, restarts, strict=True):
        step, jumped = _step(level, month=month, movement=movement, restarts=anew)
        level = step.level
        jumps.append(jumped)
    return level, jumps


def _follow_category(
    months: Sequence[Month], *, column: int, hierarchy: Hierarchy, movement: Floats, restarts: Sequence[Flags]
) -> Measured:
    """Filter the leaves and the parents of one category side by side."""
    at, parent_movement = hierarchy.position, hierarchy.sum_by_parent(movement)
    leaves, parents = know_nothing(movement.shape), know_nothing(parent_movement.shape)
    covariance, leaves_before = np.zeros(movement.shape), np.zeros(parent_movement.shape)
    for month, anew in zip(months, restarts, strict=True):
        seen, parent_seen = see_needs(month, column=column), see_parent_needs(month, column=column)
        leaf_step, _ = _step(leaves, month=seen, movement=movement, restarts=anew)
        # A total over a longer list of leaves, or over leaves that start anew, is another total.
        leaves_now = hierarchy.sum_by_parent(month.present)
        other = (leaves_now != leaves_before) | (hierarchy.sum_by_parent(anew) > 0)
        parent_step, _ = _step(parents, month=parent_seen, movement=parent_movement, restarts=other)
        moved = covariance + month.gap * movement
        covariance = (1 - leaf_step.gain) * (1 - parent_step.gain[at]) * moved
        leaves, parents, leaves_before = leaf_step.level, parent_step.level, leaves_now
    return Measured(
        leaves=leaves.mean,
        leaf_variance=leaves.variance,
        parents=parents.mean,
        parent_variance=parents.variance,
        covariance=covariance,
        unseen=_UNSEEN_SHARE * movement * leaves.age,
        unseen_in_parent=_UNSEEN_SHARE * movement * parents.age[at],
    )


def replay(months: Sequence[Month], *, hierarchy: Hierarchy) -> Replayed:
    """Filter customers, any need and needs over all months, oldest first.

    Where the customers of a leaf jump, its needs start anew with them, and so does its parent.
    """
    movements = _learn_movements(months, hierarchy=hierarchy)
    never = [np.zeros(month.present.shape, dtype=np.bool_) for month in months]
    customers, jumps = _follow([see_customers(month) for month in months], movement=movements.customers, restarts=never)
    any_need, _ = _follow([see_any_need(month) for month in months], movement=movements.any_need, restarts=jumps)
    return Replayed(
        customers=customers,
        any_need=any_need,
        needs=tuple(
            _follow_category(
                months,
                column=column,
                hierarchy=hierarchy,
                movement=np.ascontiguousarray(movements.needs[:, column]),
                restarts=jumps,
            )
            for column in range(len(CATEGORIES))
        ),
    )
