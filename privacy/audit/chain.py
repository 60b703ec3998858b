"""How entries hang together: mac = HMAC-SHA256(key, mac before || bytes of the row), from 32 zero bytes on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from privacy.audit.values import Head, KeptHead, StoredEntry, to_utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from privacy.audit.values import AuditEntry, AuditKey

_KEPT_HEAD: Final = b"kept head\0"


class Chain:
    """Links and checks with one key."""

    def __init__(self, key: AuditKey) -> None:
        """Take the key."""
        self._hmac = HMAC(key.secret, SHA256())

    def extend(self, head: Head, *, entries: Iterable[AuditEntry]) -> list[StoredEntry]:
        """Return the rows that follow a head."""
        rows: list[StoredEntry] = []
        for each in entries:
            row = StoredEntry(
                head.number + 1, each.at, each.actor, each.action, each.subject, dict(each.details), mac=b""
            )
            row = replace(row, mac=self._link(head.mac, row))
            head = Head(row.number, row.mac)
            rows.append(row)
        return rows

    def is_link(self, row: StoredEntry, *, previous: bytes) -> bool:
        """Say whether a row is as it was written, right after the one with the mac `previous`."""
        return bytes_eq(self._link(previous, row), row.mac)

    def sign(self, kept: KeptHead) -> bytes:
        """Return the signature of a head that is kept elsewhere, 32 bytes."""
        content = json.dumps([kept.head.number, kept.head.mac.hex(), to_utc(kept.at)])
        # No mac begins like this but by a chance of 2 ** -80: a head is never taken for a row.
        return self._hash(_KEPT_HEAD + content.encode())

    def _link(self, previous: bytes, row: StoredEntry) -> bytes:
        content = [row.number, to_utc(row.at), row.actor, row.action, row.subject, row.details]
        return self._hash(previous + json.dumps(content, sort_keys=True, separators=(",", ":")).encode())

    def _hash(self, message: bytes) -> bytes:
        mac = self._hmac.copy()
        mac.update(message)
        return mac.finalize()
