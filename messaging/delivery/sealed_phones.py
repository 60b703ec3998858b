"""Reads a household's phone back from the vault: the only two places that ask are the claim and the inquiry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import select

from privacy.people.errors import PhoneError, SealBrokenError
from privacy.people.models import DataKey, Phone
from privacy.people.phones import parse_phone
from privacy.people.vault import Vault, WrappedKey

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from privacy.audit.recording import PhoneRead


@dataclass(frozen=True, slots=True)
class Sealed:
    """A household's phone as it is stored, and its wrapped key; None where that is gone."""

    household_id: UUID
    ciphertext: bytes
    seal_version: int
    lookup_hash: bytes
    lookup_version: int
    opt_out_hash: bytes
    key: WrappedKey | None


PHONES, KEYS = Phone.__table__, DataKey.__table__
COLUMNS: Final = (
    *(PHONES.c[name] for name in ("household_id", "ciphertext", "seal_version")),
    *(PHONES.c[name] for name in ("lookup_hash", "lookup_version", "opt_out_hash")),
    *(KEYS.c[name] for name in ("wrapped_key", "kek_version")),
)
"""What a query asks for, of phones with their keys beside them, to read a sealed phone.

Both come from one look: between two a change of number could give a key that does not fit.
"""


def read_sealed(row: Sequence[Any], /) -> Sealed | None:
    """Return the sealed phone of a row of COLUMNS, None where it holds none."""
    if row[0] is None:
        return None
    *phone, wrapped_key, kek_version = row
    return Sealed(*phone, *[None if wrapped_key is None else WrappedKey(wrapped_key, kek_version)])


def find_sealed(session: Session, *, household_id: UUID) -> Sealed | None:
    """Return a household's phone, sealed as it is; None after an erasure."""
    rows = select(*COLUMNS).outerjoin_from(PHONES, KEYS, KEYS.c.household_id == PHONES.c.household_id)
    row = session.execute(rows.where(PHONES.c.household_id == household_id)).first()
    return None if row is None else read_sealed(row)


def open_phone(sealed: Sealed, *, vault: Vault, read: PhoneRead) -> str | None:
    """Return the phone in E.164; `read` notes it for the audit.

    None where the key was erased, the seal is broken, or what it holds is no number.
    """
    if sealed.key is None:
        return None
    try:
        phone = vault.open(
            sealed.household_id,
            key=sealed.key,
            ciphertext=sealed.ciphertext,
            seal_version=sealed.seal_version,
            read=read,
        )
        return parse_phone(phone)
    except (SealBrokenError, PhoneError):
        return None


def is_planned_for(sealed: Sealed, *, phone: str, lookup_hash: bytes, vault: Vault) -> bool:
    """Say whether a message with this hash was planned for the number that its household has today.

    A change of number leaves what was planned before as it was. `phone` is what `sealed` holds.
    """
    return lookup_hash == sealed.lookup_hash or lookup_hash in vault.lookup_hashes(phone)
