"""Few items of a household count, chosen by keyed hash: the same all year, and none is favoured."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest

from privacy.people.commands import show_progress
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.loading.bounds import INTERESTS, NEEDS, PAIN_POINTS, PERSONA, TOPICS, Bound, choose
from privacy.people.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

ALL = [str(number) for number in range(8)]


def _choose(number: int, items: list[str], *, vault: Vault, year: int = 2026, bound: Bound = NEEDS) -> frozenset[str]:
    """Choose among the items of one household that stands between two others."""
    known = list(bound.known)
    ids = [UUID(int=one).bytes for one in (2**100, number, 2**101) for _ in items]
    codes = np.array([known.index(item) for item in sorted(items, key=known.index)] * 3, dtype=np.int64)
    positions = choose(np.array(ids, dtype="V16"), codes, bound=bound, year=year, vault=vault)
    here = positions[(positions >= len(items)) & (positions < 2 * len(items))]
    return frozenset(known[code] for code in codes[here])


def test_the_choice_is_by_the_vault_s_hash(vault: Vault) -> None:
    items = [NEEDS.known[item].encode() for item in ALL]
    for number in range(20):
        hashes = vault.bounds_hashes([UUID(int=number).bytes] * len(ALL), items, year=2026)
        ranked = [item for _, item in sorted(zip(hashes, ALL, strict=True))]
        assert _choose(number, ALL, vault=vault) == frozenset(ranked[: NEEDS.most])


def test_two_or_fewer_all_count(vault: Vault) -> None:
    assert _choose(1, ["3", "5"], vault=vault) == {"3", "5"}
    assert _choose(1, [], vault=vault) == set()


@pytest.mark.parametrize("bound", [NEEDS, PERSONA, PAIN_POINTS, INTERESTS, TOPICS])
def test_the_choice_is_one_order_a_year(vault: Vault, bound: Bound) -> None:
    """What counts among all items still counts when some of the others go away."""
    every = list(bound.known)
    for number in range(50):
        counted = _choose(number, every, vault=vault, bound=bound)
        fewer = sorted(counted | {every[number % len(every)], every[(number + 3) % len(every)]})
        assert len(counted) == bound.most
        assert _choose(number, fewer, vault=vault, bound=bound) == counted


def test_year_key_list_and_household_each_change_the_choice(vault: Vault, tmp_path: Path) -> None:
    create_key_file(tmp_path / "keys.json")
    other = Vault(FileKeyStore(tmp_path / "keys.json"))
    others = [(2027, vault, NEEDS), (2026, other, NEEDS), (2026, vault, replace(NEEDS, kind="persona:"))]
    choices = [
        [_choose(number, ALL, vault=found, year=year, bound=bound) for number in range(100)]
        for year, found, bound in [(2026, vault, NEEDS), *others]
    ]
    assert all(choice != choices[0] for choice in choices[1:])
    assert len(set(choices[0])) > 10


def test_no_category_is_favoured(vault: Vault) -> None:
    counts = Counter(category for number in range(4000) for category in _choose(number, ALL, vault=vault))
    assert all(850 < counts[category] < 1150 for category in ALL)  # 1,000 expected, 27 standard deviation


def test_progress_bars_take_every_step() -> None:
    with show_progress() as tell:
        tell("check households", done=1, total=2)
        tell("check households", done=2, total=2)
        tell("load households", done=0, total=0)
