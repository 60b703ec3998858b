"""Every group can be run as the whole bench runs it."""

from __future__ import annotations

from inspect import signature

import pytest

from benchmarks.__main__ import GROUPS, find_measure

WRITTEN = {name: measure for name in GROUPS if (measure := find_measure(name)) is not None}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_group_measures_full_size_or_quick_and_tells_its_progress(name: str) -> None:
    assert list(signature(WRITTEN[name]).parameters) == ["quick", "progress"]
