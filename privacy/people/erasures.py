"""Who asked to be erased, by keyed hash of the phone. Run inside the caller's transaction; nothing here commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert

from privacy.people.models import DataKey, Erasure, Household, OptOut, Phone

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from privacy.people.vault import Vault

NOBODY: Final = "nobody"
"""The subject of an act in the audit about a phone that is not here."""


def find_household(session: Session, *, phone: str, vault: Vault) -> UUID | None:
    """Return the household of a phone, looked for under every version of the lookup key; None if nothing is held."""
    its = Phone.lookup_hash.in_(vault.lookup_hashes(phone))
    return session.scalar(select(Phone.household_id).where(its))


def find_keyless(session: Session) -> list[UUID]:
    """Return the households whose data key is gone: nobody can write to them any more."""
    keyed = exists().where(DataKey.household_id == Household.household_id)
    return list(session.scalars(select(Household.household_id).where(~keyed).order_by(Household.household_id)))


def is_keyless(session: Session, *, household_id: UUID) -> bool:
    """Say whether a household is here and its data key is gone. Who keeps the intake out has it stay so."""
    its = select(Household.household_id).where(Household.household_id == household_id)
    return session.scalar(its.where(~exists().where(DataKey.household_id == household_id))) is not None


def note_erasure(session: Session, *, phone: str, vault: Vault, at: datetime) -> None:
    """Note that the owner of a phone was erased; of several times the latest counts.

    Only a consent newer than `at` lets the phone into the vault again.
    """
    hashes = vault.hash_phone(phone)
    note = insert(Erasure).values(opt_out_hash=hashes.opt_out_hash, version=hashes.opt_out_version, at=at)
    latest = {"at": func.greatest(Erasure.at, note.excluded.at)}
    session.execute(note.on_conflict_do_update(index_elements=["opt_out_hash"], set_=latest))


def find_erasure(session: Session, *, phone: str, vault: Vault) -> datetime | None:
    """Return when the owner of a phone was erased, None if never or over again since."""
    its = Erasure.opt_out_hash.in_(vault.opt_out_hashes(phone))
    return session.scalar(select(func.max(Erasure.at)).where(its))


def find_opt_outs(session: Session, *, phone: str, vault: Vault) -> list[tuple[str, datetime]]:
    """Return where and when the owner of a phone refused messages."""
    its = OptOut.opt_out_hash.in_(vault.opt_out_hashes(phone))
    return [(source, at) for source, at in session.execute(select(OptOut.source, OptOut.at).where(its))]
