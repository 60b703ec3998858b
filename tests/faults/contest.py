"""Everything that `make faults` runs, by name: the storms, and the scheme of the usual systems beside them."""

from __future__ import annotations

from typing import Final

from tests.faults.retry_scheme import run_retry_scheme
from tests.faults.run import run_storm
from tests.faults.storms import STORMS
from tests.faults.values import Verdict

RETRIES_ALONE: Final = "retries alone"
TITLES: Final = {storm.name: storm.title for storm in STORMS} | {
    RETRIES_ALONE: "the same by retries alone, for comparison"
}
_COMPARED, _COMPARED_QUICKLY = 600, 200


def run_one(name: str, *, is_quick: bool) -> Verdict:
    """Run one of TITLES, in whatever process, and count what became of it."""
    if name == RETRIES_ALONE:
        return run_retry_scheme(messages=_COMPARED_QUICKLY if is_quick else _COMPARED)
    return run_storm(next(storm for storm in STORMS if storm.name == name), is_quick=is_quick)
