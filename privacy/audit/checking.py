"""Checks that nobody changed what the audit says: the chain itself, its head, and heads that were kept elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from cryptography.hazmat.primitives.constant_time import bytes_eq

from privacy.audit.chain import Chain
from privacy.audit.errors import ChainBrokenError, Flaw, KeptHeadError
from privacy.audit.values import START, AuditKey, Head, KeptHead, StoredEntry, to_utc


def check_chain(
    rows: Iterable[StoredEntry],
    *,
    key: AuditKey,
    head: Head,
    kept: Sequence[Head] = (),
    tell: Callable[[int], object] = lambda _: None,
) -> int:
    """Follow the whole chain, rows by ascending number; returns how many there are. `tell` hears of each number.

    Raises ChainBrokenError at the first number that is missing, altered or written without the key, that the head
    does not fit, or from which on a kept head says something else.
    """
    chain, last = Chain(key), START
    # Heads of one number that differ: an end was cut off and grew again, and the chain cannot fit both.
    promised: dict[int, set[bytes]] = {}
    for each in kept:
        promised.setdefault(each.number, set()).add(each.mac)
    for row in rows:
        _check_number(row.number, expected=last.number + 1)
        if not chain.is_link(row, previous=last.mac):
            raise ChainBrokenError(number=row.number, flaw=Flaw.ALTERED)
        last = Head(row.number, row.mac)
        if promised.pop(row.number, {row.mac}) != {row.mac}:
            raise ChainBrokenError(number=row.number, flaw=Flaw.REWRITTEN)
        tell(row.number)
    if any(number > last.number for number in (*promised, head.number)):
        raise ChainBrokenError(number=last.number + 1, flaw=Flaw.TRUNCATED)
    if head != last:
        raise ChainBrokenError(number=last.number + 1, flaw=Flaw.HEAD_DIFFERS)
    return last.number


def _check_number(number: int, *, expected: int) -> None:
    if number > expected:
        raise ChainBrokenError(number=expected, flaw=Flaw.MISSING)
    if number < expected:
        raise ChainBrokenError(number=number, flaw=Flaw.REPEATED)


def write_head(kept: KeptHead, *, key: AuditKey) -> str:
    """Return a head as one line of JSON, with its signature, to be kept where no database backup is."""
    return json.dumps(
        {
            "number": kept.head.number,
            "mac": kept.head.mac.hex(),
            "at": to_utc(kept.at),
            "signature": Chain(key).sign(kept).hex(),
        }
    )


def read_head(line: str, /, *, key: AuditKey) -> KeptHead:
    """Return a kept head. Raises KeptHeadError where the line is none, or not signed with this key."""
    try:
        said = json.loads(line)
        kept = KeptHead(Head(int(said["number"]), bytes.fromhex(said["mac"])), datetime.fromisoformat(said["at"]))
        signature = bytes.fromhex(said["signature"])
    except (ValueError, TypeError, KeyError):
        raise KeptHeadError(reason="syntax") from None
    if not bytes_eq(Chain(key).sign(kept), signature):
        raise KeptHeadError(reason="signature")
    return kept
