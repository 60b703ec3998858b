"""Every group can be run as the whole bench runs it."""

from __future__ import annotations

from inspect import signature

import pytest

from benchmarks.__main__ import GROUPS, find_measure


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_measures_full_size_or_quick_and_tells_its_progress(name: str) -> None:
    measure = find_measure(name)
    assert measure is not None
    assert list(signature(measure).parameters) == ["quick", "progress"]
