"""What the people side asks of others: where a position belongs, and somebody to tell how far the work has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Clock: TypeAlias = Callable[[], datetime]


class LocatedLeaves(Protocol):
    """The leaves of a batch of positions, in its order; -1 where a position lies outside every district."""

    @property
    def leaf_ids(self) -> NDArray[np.int64]:
        """Leaf ids, shape (n,)."""
        ...

    @property
    def city_codes(self) -> NDArray[np.int64]:
        """City codes of six digits, shape (n,)."""
        ...


class LeafLocator(Protocol):
    """Finds the leaf of each household; geo's LeafIndex is one."""

    def locate(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], community_codes: Sequence[str | None], *, datum: str
    ) -> LocatedLeaves:
        """Locate n positions of one datum. A known community code wins over the position, which may then be 0, 0."""
        ...


class Progress(Protocol):
    """Is told how far a step has come; called at least once a chunk."""

    def __call__(self, step: str, *, done: int, total: int) -> None:
        """Note that `done` of `total` rows of `step` are through."""
        ...


def keep_silent(step: str, *, done: int, total: int) -> None:
    """Tell nobody."""
    del step, done, total


class FindTags(Protocol):
    """Says which pains of a category a text speaks of; the mining package's tagger is one."""

    def __call__(self, text: str, *, category: str) -> list[str]:
        """Return tags of the public vocabulary, each once; none where the text speaks of none."""
        ...


def find_no_tags(text: str, *, category: str) -> list[str]:
    """Find nothing: pains then come from fault tags alone."""
    del text, category
    return []
