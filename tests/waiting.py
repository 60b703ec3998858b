"""Waiting for what other threads and processes do: long enough for a busy machine, short where it is there already."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE_S = 0.02


def wait_until(
    is_so: Callable[[], bool], *, within_s: float = 60.0, tell: Callable[[], str] = lambda: "waited in vain"
) -> None:
    """Wait until something is so; fail with what `tell` says when it is not in time."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {tell()}"
        time.sleep(PAUSE_S)
