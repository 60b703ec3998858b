"""Two needs a household count, chosen by keyed hash: the same all year, and no category is favoured."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from uuid import UUID

from privacy.people.commands import show_progress
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.loading.bounds import choose_counted
from privacy.people.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

ALL = range(8)


def test_two_or_fewer_all_count(vault: Vault) -> None:
    assert choose_counted(UUID(int=1), categories=[3, 5], year=2026, vault=vault) == {3, 5}
    assert choose_counted(UUID(int=1), categories=[], year=2026, vault=vault) == set()


def test_the_choice_is_one_order_a_year(vault: Vault) -> None:
    """What counts among all needs still counts when some of the others go away."""
    for number in range(50):
        counted = choose_counted(UUID(int=number), categories=ALL, year=2026, vault=vault)
        fewer = sorted(counted | {number % 8, (number + 3) % 8})
        assert len(counted) == 2
        assert choose_counted(UUID(int=number), categories=fewer, year=2026, vault=vault) == counted


def test_year_key_and_household_each_change_the_choice(vault: Vault, tmp_path: Path) -> None:
    create_key_file(tmp_path / "keys.json")
    other = Vault(FileKeyStore(tmp_path / "keys.json"))
    households = [UUID(int=number) for number in range(100)]
    choices = [
        [choose_counted(household, categories=ALL, year=year, vault=found) for household in households]
        for year, found in ((2026, vault), (2027, vault), (2026, other))
    ]
    assert choices[0] != choices[1]
    assert choices[0] != choices[2]
    assert len(set(choices[0])) > 10


def test_no_category_is_favoured(vault: Vault) -> None:
    counts = Counter(
        category
        for number in range(4000)
        for category in choose_counted(UUID(int=number), categories=ALL, year=2026, vault=vault)
    )
    assert all(850 < counts[category] < 1150 for category in ALL)  # 1,000 expected, 27 standard deviation


def test_progress_bars_take_every_step() -> None:
    with show_progress() as tell:
        tell("check households", done=1, total=2)
        tell("check households", done=2, total=2)
        tell("load households", done=0, total=0)
