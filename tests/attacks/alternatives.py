"""The usual ways of hiding people in counts, under the same attack: each is broken by asking often enough.

The attacker knows everybody but the target, as in membership.py. A coin decides whether the target is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tests.attacks.values import Accuracy, Row, show_accuracy

GROUP = "the alternatives"
SMALLEST = 8
STEP = 5
STICKY_SD = 1.5
VIEWERS = 50
FRESH_SD = 1.36
"""Of discrete Laplace noise at epsilon 1."""
CIRCLES = 30

EXACT = "membership, exact counts, one question"
ROUNDED = f"membership, k = {SMALLEST}, rounded to {STEP}, {CIRCLES} circles"
STICKY = f"membership, sticky noise, SD {STICKY_SD}, {CIRCLES} circles"
FRESH = f"membership, fresh noise for each viewer (epsilon 1), {VIEWERS} viewers"

Guesses: TypeAlias = NDArray[np.bool_]
Counts: TypeAlias = NDArray[np.int64]


def suppress_and_round(counts: Counts) -> Counts:
    """Return counts with those below 8 as 0 and the others rounded to 5."""
    return np.where(counts < SMALLEST, 0, (counts + STEP // 2) // STEP * STEP)


def attack_exact(rng: np.random.Generator, *, coins: Guesses) -> Guesses:
    """Subtract everybody else from one exact count."""
    others = rng.poisson(400, coins.size)
    return (others + coins) - others > 0


def attack_rounding(rng: np.random.Generator, *, coins: Guesses, circles: int = CIRCLES) -> Guesses:
    """Ask circles around the target until the known count of the others stands on a rounding boundary."""
    others = rng.integers(30, 4_000, (coins.size, circles))
    shown = suppress_and_round(others + coins[:, None])
    without, with_target = suppress_and_round(others), suppress_and_round(others + 1)
    tells = without != with_target
    at = tells.argmax(axis=1)
    rows = np.arange(coins.size)
    return np.where(tells.any(axis=1), shown[rows, at] == with_target[rows, at], rng.random(coins.size) < 0.5)


def attack_sticky(rng: np.random.Generator, *, coins: Guesses, circles: int = CIRCLES) -> Guesses:
    """Average over different circles: the same question has the same noise, another circle has its own."""
    noise = rng.normal(0, STICKY_SD, (coins.size, circles)).mean(axis=1)
    return np.asarray(noise + coins > 0.5)


def attack_fresh(rng: np.random.Generator, *, coins: Guesses, viewers: int = VIEWERS) -> Guesses:
    """Average over the answers of colluding viewers who each got noise of their own (discrete Laplace, epsilon 1)."""
    keep = 1 - np.exp(-1.0)
    shape = (coins.size, viewers)
    seen = rng.geometric(keep, shape) - rng.geometric(keep, shape) + coins[:, None]
    ratio = (np.abs(seen) - np.abs(seen - 1)).sum(axis=1)
    return np.where(ratio == 0, rng.random(coins.size) < 0.5, ratio > 0)


ALTERNATIVES: Mapping[str, Callable[..., Guesses]] = {
    EXACT: attack_exact,
    ROUNDED: attack_rounding,
    STICKY: attack_sticky,
    FRESH: attack_fresh,
}


def measure_alternatives(*, seed: int, trials: int) -> dict[str, Accuracy]:
    """Return the accuracy of the attack on each alternative."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, attack in ALTERNATIVES.items():
        coins = rng.random(trials) < 0.5
        found[name] = Accuracy.of_guesses(attack(rng, coins=coins) == coins)
    return found


def attack_alternatives(*, seed: int, trials: int) -> list[Row]:
    """Return one row an alternative."""
    measured = measure_alternatives(seed=seed, trials=trials)
    return [show_accuracy(GROUP, name, accuracy) for name, accuracy in measured.items()]
