"""Reads a household's phone back from the vault: the only two places that ask are the claim and the inquiry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from privacy.people.errors import PhoneError, SealBrokenError
from privacy.people.models import DataKey, Phone
from privacy.people.phones import parse_phone
from privacy.people.vault import Vault, WrappedKey

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from privacy.audit.recording import PhoneRead


@dataclass(frozen=True, slots=True)
class Sealed:
    """A household's phone as it is stored, and its wrapped key; None where that is gone."""

    phone: Phone
    key: DataKey | None


def find_sealed(session: Session, *, household_id: UUID) -> Sealed | None:
    """Return a household's phone, sealed as it is; None after an erasure.

    Both rows come from one look: between two a change of number could give a key that does not fit.
    """
    rows = select(Phone, DataKey).outerjoin(DataKey, DataKey.household_id == Phone.household_id)
    row = session.execute(rows.where(Phone.household_id == household_id)).first()
    return None if row is None else Sealed(row[0], row[1])


def open_phone(sealed: Sealed, *, vault: Vault, read: PhoneRead) -> str | None:
    """Return the phone in E.164; `read` notes it for the audit.

    None where the key was erased, the seal is broken, or what it holds is no number.
    """
    stored, held = sealed.phone, sealed.key
    if held is None:
        return None
    try:
        phone = vault.open(
            stored.household_id,
            key=WrappedKey(held.wrapped_key, held.kek_version),
            ciphertext=stored.ciphertext,
            seal_version=stored.seal_version,
            read=read,
        )
        return parse_phone(phone)
    except (SealBrokenError, PhoneError):
        return None


def is_planned_for(sealed: Sealed, *, phone: str, lookup_hash: bytes, vault: Vault) -> bool:
    """Say whether a message with this hash was planned for the number that its household has today.

    A change of number leaves what was planned before as it was. `phone` is what `sealed` holds.
    """
    return lookup_hash == sealed.phone.lookup_hash or lookup_hash in vault.lookup_hashes(phone)
