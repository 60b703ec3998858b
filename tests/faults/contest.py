"""Everything that `make faults` runs, by name: the storms, and the scheme of the usual systems beside them."""

from __future__ import annotations

import logging
from typing import Final

import structlog

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
    # Carrier and gateway live in this process and warn of every fault that is made here on purpose.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if name == RETRIES_ALONE:
        return run_retry_scheme(messages=_COMPARED_QUICKLY if is_quick else _COMPARED)
    return run_storm(next(storm for storm in STORMS if storm.name == name), is_quick=is_quick)
