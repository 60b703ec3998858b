"""Answers as linear equations in the needs of single leaves, and their solution by least squares. One category."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Sum: TypeAlias = frozenset[int]
_NOTHING, _WHOLE = 1e-9, 1e-6


@dataclass(frozen=True, slots=True)
class Places:
    """The public map of a region: its leaves, numbered from 0, and which stand in each cell and for each community."""

    leaf_ids: tuple[int, ...]
    leaves_of_cell: dict[str, tuple[int, ...]]
    leaf_of_community: dict[str, int]


@dataclass(slots=True)
class Equations:
    """Sums of leaves and the answers for them. The same sum asked in two ways has two answers, or one twice."""

    unknowns: int
    answers: dict[Sum, set[float]] = field(default_factory=dict)

    def add(self, leaves: Collection[int], value: float) -> None:
        """Note what some leaves are said to add up to."""
        if leaves:
            self.answers.setdefault(frozenset(leaves), set()).add(value)

    @property
    def contradictions(self) -> int:
        """Return how many sums were answered in more than one way: averaging those would wear noise down."""
        return sum(len(values) > 1 for values in self.answers.values())

    @property
    def matrix(self) -> Floats:
        """Return float64[sums, unknowns] of zeros and ones."""
        matrix = np.zeros((len(self.answers), self.unknowns))
        for row, leaves in enumerate(self.answers):
            matrix[row, list(leaves)] = 1
        return matrix

    @property
    def values(self) -> Floats:
        """Return float64[sums] answers, averaged where there are several."""
        return np.array([np.mean(list(values)) for values in self.answers.values()])


def solve(matrix: Floats, values: Floats) -> Floats:
    """Return the least-squares solution float64[unknowns]; the smallest of them where several fit alike."""
    return np.asarray(np.linalg.lstsq(matrix, values)[0], dtype=np.float64)


def find_solved(matrix: Floats) -> NDArray[np.bool_]:
    """Return bool[unknowns]: which of them have one value only in every solution."""
    _, sizes, directions = np.linalg.svd(matrix, full_matrices=False)
    seen = directions[sizes > _NOTHING * sizes[0]]
    return np.asarray((seen**2).sum(axis=0) > 1 - _WHOLE)
