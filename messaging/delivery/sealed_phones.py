"""Reads a household's phone back from the vault: the only two places that ask are the claim and the inquiry."""

from __future__ import annotations

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


def find_sealed(session: Session, *, household_id: UUID) -> Phone | None:
    """Return the row of a household's phone, sealed as it is; None after an erasure."""
    return session.scalar(select(Phone).where(Phone.household_id == household_id))


def open_phone(session: Session, *, sealed: Phone, vault: Vault, read: PhoneRead) -> str | None:
    """Return the phone in E.164; `read` notes it for the audit.

    None where the key was erased, the seal is broken, or what it holds is no number.
    """
    held = session.scalar(select(DataKey).where(DataKey.household_id == sealed.household_id))
    if held is None:
        return None
    try:
        phone = vault.open(
            sealed.household_id,
            key=WrappedKey(held.wrapped_key, held.kek_version),
            ciphertext=sealed.ciphertext,
            seal_version=sealed.seal_version,
            read=read,
        )
        return parse_phone(phone)
    except (SealBrokenError, PhoneError):
        return None
