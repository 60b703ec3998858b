"""Error codes and SIDs as the carrier writes them; anything else is none, whoever sent it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from messaging.delivery.ports import CarrierCode

_CODE = re.compile(r"[0-9]{1,6}")
_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_OPTED_OUT = frozenset({21610, "isv.CUSTOMER_REFUSED", "MOBILE_IN_BLACK", "W-BLACK", "MBBLACK"})


def read_code(value: object, /) -> int | None:
    """Return an error code given as a number or as ASCII digits, at most six of them; None for anything else."""
    if isinstance(value, bool | None) or not isinstance(value, int | str):
        return None
    text = str(value)
    return int(text) if _CODE.fullmatch(text) else None


def is_opt_out(code: CarrierCode | None, /) -> bool:
    """Say whether a carrier refuses because the phone's owner does not want our messages, or complained of them."""
    return code in _OPTED_OUT


def is_sid(value: object, /) -> bool:
    """Say whether this is the name of a message at the carrier."""
    return isinstance(value, str) and _SID.fullmatch(value) is not None
