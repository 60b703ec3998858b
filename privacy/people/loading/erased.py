"""People who were erased: the next drop leaves them out, unless they agreed again after that.

An erasure is known by the phone alone, as keyed hash; whoever comes in again does it by a consent newer than it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg
    from numpy.typing import NDArray

    from privacy.people.vault import Vault

_FORGET = "DELETE FROM vault.erasures WHERE opt_out_hash = ANY(%s)"


_FIND_WORDS = """
SELECT customer_key, at, granted FROM staging.consents WHERE customer_key = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Erasures:
    """The erasures as they stood when the intake began."""

    vault: Vault
    at: dict[bytes, datetime]

    @classmethod
    def load(cls, connection: psycopg.Connection[Any], /, *, vault: Vault) -> Erasures:
        """Read every erasure: 32 bytes and a time each."""
        rows = connection.execute("SELECT opt_out_hash, at FROM vault.erasures")
        return cls(vault, {bytes(opt_out_hash): at for opt_out_hash, at in rows})

    def find(self, phones: Sequence[str], /) -> NDArray[np.bool_]:
        """Say which of n phones were erased."""
        if not self.at:
            return np.zeros(len(phones), dtype=np.bool_)
        return np.array([self.get_time(phone) is not None for phone in phones], dtype=np.bool_)

    def get_time(self, phone: str, /) -> datetime | None:
        """Return when a phone was erased last, None if it was not."""
        found = (self.at.get(one) for one in self.vault.opt_out_hashes(phone))
        return max((at for at in found if at), default=None)

    def find_readmitted(
        self, connection: psycopg.Connection[Any], /, *, phones: Sequence[str], keys: NDArray[np.int64]
    ) -> set[str]:
        """Return the phones of n erased rows of which a consent tells that is newer than the erasure, and a yes.

        Of several customers of one phone, one consent lets the phone in, and with it whoever else has it.
        """
        newest = _find_newest(connection, keys=keys)
        agreed = set()
        for key, phone in zip(keys.tolist(), phones, strict=True):
            erased_at = self.get_time(phone)
            if key in newest and newest[key][1] and (erased_at is None or newest[key][0] > erased_at):
                agreed.add(phone)
        return agreed

    def forget(self, connection: psycopg.Connection[Any], /, *, phones: Sequence[str]) -> None:
        """Delete the erasures of people who are in again, inside the caller's transaction."""
        hashes = [one for phone in phones for one in self.vault.opt_out_hashes(phone)]
        connection.execute(_FORGET, (hashes,))


def _find_newest(connection: psycopg.Connection[Any], *, keys: NDArray[np.int64]) -> dict[int, tuple[datetime, bool]]:
    """Return the newest word of each customer, when and whether it is a yes; of two at once the no counts."""
    newest: dict[int, tuple[datetime, bool]] = {}
    for key, at, granted in connection.execute(_FIND_WORDS, (keys.tolist(),)):
        last = newest.get(key)
        if last is None or (at, not granted) >= (last[0], not last[1]):
            newest[key] = at, granted
    return newest
