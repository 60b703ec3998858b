"""Error codes and SIDs as the carrier writes them; anything else is none, whoever sent it."""

from __future__ import annotations

import re

_CODE = re.compile(r"[0-9]{1,6}")
_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")


def read_code(value: object, /) -> int | None:
    """Return an error code given as a number or as ASCII digits, at most six of them; None for anything else."""
    if isinstance(value, bool | None) or not isinstance(value, int | str):
        return None
    text = str(value)
    return int(text) if _CODE.fullmatch(text) else None


def is_sid(value: object, /) -> bool:
    """Say whether this is the name of a message at the carrier."""
    return isinstance(value, str) and _SID.fullmatch(value) is not None
