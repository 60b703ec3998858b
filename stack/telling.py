"""How the demo tells its story: a line at a time, and not on if something is not so."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def say(text: str = "") -> None:
    """Print one line."""
    click.echo(text)


def demand(*, that: bool, otherwise: str) -> None:
    """Raise ClickException unless something is so."""
    if not that:
        raise click.ClickException(f"demo: {otherwise}")


def wait_for(is_so: Callable[[], bool], *, within_s: float, otherwise: str) -> None:
    """Wait until something is so. Raises ClickException when it is not in time."""
    deadline = time.monotonic() + within_s
    while not is_so():
        demand(that=time.monotonic() < deadline, otherwise=otherwise)
        time.sleep(0.5)
