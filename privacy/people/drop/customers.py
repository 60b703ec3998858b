"""Keys of 64 bits for the customers of a drop, so that every other table can be held against whom it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from privacy.people.vault import Vault

_KEY_BYTES = 8
_NOBODY = bytes(_KEY_BYTES)


def to_keys(hashes: Sequence[bytes], /) -> NDArray[np.int64]:
    """Return the first 64 bits of n keyed hashes.

    Two customers of 2 million share a key with probability 1e-7; the second is then rejected as a duplicate, so a key
    never leads to the wrong household.
    """
    return np.frombuffer(b"".join([one[:_KEY_BYTES] for one in hashes]), dtype=np.int64)


def hash_customers(customer_ids: pa.Array, *, vault: Vault) -> list[bytes]:
    """Return the keyed hash of each customer id, for all processes the same; zeros where the cell is empty."""
    if not customer_ids.null_count:
        return vault.customer_hashes(customer_ids.to_pylist())
    hashes = iter(vault.customer_hashes(customer_ids.drop_null().to_pylist()))
    return [next(hashes) if is_valid else _NOBODY for is_valid in customer_ids.is_valid().to_pylist()]


def make_customer_keys(customer_ids: pa.Array, *, vault: Vault) -> NDArray[np.int64]:
    """Return the key of each of n customer ids, hashing each distinct one once; 0 where the cell is empty."""
    encoded = customer_ids.dictionary_encode(null_encoding="encode")
    keys = to_keys(hash_customers(encoded.dictionary, vault=vault))
    return keys[encoded.indices.to_numpy()] if len(customer_ids) else keys


def find_repeats(keys: NDArray[np.int64], *, is_good: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the positions, ascending, of good rows whose customer had a good row before."""
    good = np.flatnonzero(is_good)
    _, first = np.unique(keys[good], return_index=True)
    is_repeat = np.ones(len(good), dtype=np.bool_)
    is_repeat[first] = False
    return good[is_repeat]
