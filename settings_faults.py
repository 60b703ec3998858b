"""Says what is wrong with the settings of a process: one line each, names only, never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


def explain(error: ValidationError) -> str:
    """Return a line for each setting that is missing or wrong."""
    faults = error.errors(include_input=False, include_url=False)
    return "\n".join(f"{'_'.join(map(str, fault['loc'])).upper() or error.title}: {fault['msg']}" for fault in faults)
