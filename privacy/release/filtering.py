"""A local-level Kalman filter over months: what is looked for wanders, each month shows it through noise.

It starts from knowing nothing (infinite variance), so its output is unbiased: a measurement of the present month into
which the earlier ones have gone, with the variance of its error. Beliefs about areas come afterwards, in the tree.
Gains depend on how much a place is expected to move and on the noise, never on the noised value itself, with one
exception: what differs from the past by more than chance explains, new towers or a place emptied, starts anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.release.tree import Floats

Flags = NDArray[np.bool_]

JUMP_SD = 4.0
"""Beyond it, in standard deviations, a difference is taken for a jump: one in 16,000 of the others is too."""


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What is known after a month: means and error variances, of any one shape; infinite where nothing was seen.

    `age` is how many months old what is known is, on average of the months in it by their weight.
    """

    mean: Floats
    variance: Floats
    age: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """A month's step: the level after it, the `gain` that it took, and by how much the month differed.

    `surprise` is what was seen less what was expected, `surprise_variance` its variance, infinite at the start.
    """

    level: Level
    gain: Floats
    surprise: Floats
    surprise_variance: Floats


def know_nothing(shape: tuple[int, ...]) -> Level:
    """Return the level before anything was seen."""
    return Level(mean=np.zeros(shape), variance=np.full(shape, np.inf), age=np.zeros(shape))


def forget(level: Level, *, where: Flags) -> Level:
    """Return the level that starts anew in some places."""
    return Level(mean=level.mean, variance=np.where(where, np.inf, level.variance), age=level.age)


def predict(level: Level, *, movement: Floats, months: int) -> Level:
    """Let months go by, in each of which places moved by a variance of `movement`."""
    return Level(mean=level.mean, variance=level.variance + months * movement, age=level.age + months)


def update(level: Level, *, seen: Floats, noise_variance: Floats, present: Flags) -> Update:
    """Take in what a month shows, where it shows anything."""
    gain = np.where(present, 1 / (1 + noise_variance / level.variance), 0.0)
    surprise = seen - level.mean
    after = Level(
        mean=level.mean + gain * surprise,
        variance=np.where(present, gain * noise_variance, level.variance),
        age=(1 - gain) * level.age,
    )
    return Update(after, gain, surprise, level.variance + noise_variance)


def find_jumps(step: Update) -> Flags:
    """Return where a month differed by more than movement and noise explain."""
    return np.asarray(step.surprise**2 > JUMP_SD**2 * step.surprise_variance)


def update_or_restart(
    level: Level, *, seen: Floats, noise_variance: Floats, present: Flags, restarts: Flags
) -> tuple[Update, Flags]:
    """Take in a month, anew where it jumps or where the caller says so; return also where it jumped."""
    ordinary = update(level, seen=seen, noise_variance=noise_variance, present=present)
    jumps = present & find_jumps(ordinary)
    fresh = forget(level, where=jumps | restarts)
    return update(fresh, seen=seen, noise_variance=noise_variance, present=present), jumps
