"""People who were erased: the next drop leaves them out, unless they agreed again after that.

An erasure is known by the phone alone, as keyed hash; whoever comes in again does it by a consent newer than it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from privacy.people.drop.customers import get_customer_keys
from privacy.people.loading.households import HouseholdRow, HouseholdRows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import psycopg

    from privacy.people.drop.rows import CheckedChunk
    from privacy.people.vault import Vault

_FORGET = "DELETE FROM vault.erasures WHERE opt_out_hash = ANY(%s)"


@dataclass(slots=True)
class ErasedPeople:
    """The erasures as they stood when the intake began, and the rows of this drop that fell under one."""

    vault: Vault
    at: dict[bytes, datetime]
    kept_out: list[tuple[HouseholdRow, datetime]] = field(default_factory=list)

    @classmethod
    def load(cls, connection: psycopg.Connection[Any], /, *, vault: Vault) -> ErasedPeople:
        """Read every erasure: 32 bytes and a time each."""
        rows = connection.execute("SELECT opt_out_hash, at FROM vault.erasures")
        return cls(vault, {bytes(opt_out_hash): at for opt_out_hash, at in rows})

    def keep_out(self, rows: HouseholdRows) -> HouseholdRows:
        """Return the rows of people who were not erased; the others are kept back."""
        if not self.at:
            return rows
        stay = []
        for row in rows.split():
            erased_at = self._find(row.phone)
            if erased_at is None:
                stay.append(row)
            else:
                self.kept_out.append((row, erased_at))
        return HouseholdRows.join(stay)

    def readmit(self, consents: Iterable[CheckedChunk]) -> HouseholdRows:
        """Return the rows kept back of whom a consent tells that is newer than the erasure, and was not revoked."""
        if not self.kept_out:
            return HouseholdRows.join([])
        customers = pa.array([row.customer_id for row, _ in self.kept_out], type=pa.string())
        keys = get_customer_keys(customers)
        newest = _find_newest(consents, keys=keys)
        agreed = [
            (row, erased_at)
            for key, (row, erased_at) in zip(keys.tolist(), self.kept_out, strict=True)
            if key in newest and newest[key][1] and newest[key][0] > erased_at
        ]
        phones = {row.phone for row, _ in agreed}
        # Of several customers of one phone, one consent lets the phone in, and with it whoever else has it.
        again = [row for row, _ in self.kept_out if row.phone in phones]
        self.kept_out = [kept for kept in self.kept_out if kept[0].phone not in phones]
        return HouseholdRows.join(again)

    def forget(self, connection: psycopg.Connection[Any], /, *, rows: HouseholdRows) -> None:
        """Delete the erasures of people who are in again, inside the caller's transaction."""
        hashes = [one for phone in rows.phones for one in self.vault.opt_out_hashes(phone)]
        connection.execute(_FORGET, (hashes,))

    def _find(self, phone: str) -> datetime | None:
        found = (self.at.get(one) for one in self.vault.opt_out_hashes(phone))
        return max((at for at in found if at), default=None)


def _find_newest(consents: Iterable[CheckedChunk], *, keys: np.ndarray[Any, Any]) -> dict[int, tuple[datetime, bool]]:
    """Return the newest word of each customer, when and whether it is a yes; of two at once the no counts."""
    newest: dict[int, tuple[datetime, bool]] = {}
    for checked in consents:
        here = get_customer_keys(checked.columns["customer_id"])
        at, granted = checked.columns["at"], checked.columns["granted"]
        for position in np.flatnonzero(np.isin(here, keys) & checked.is_good).tolist():
            word = at[position].as_py(), granted[position].as_py()
            key = int(here[position])
            last = newest.get(key)
            if last is None or (word[0], not word[1]) >= (last[0], not last[1]):
                newest[key] = word
    return newest
