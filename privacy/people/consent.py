"""Who agreed to be written to, and who must not be. Run inside the caller's transaction; nothing here commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, ColumnElement, LargeBinary, any_, exists, false, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from privacy.people.models import ConsentEntry, ConsentPurpose, Erasure, Household, OptOut

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session
    from sqlalchemy.sql.elements import SQLCoreOperations


# Tables, not entities: what is asked before every message costs less that way.
_CONSENTS, _OPT_OUTS, _ERASURES = ConsentEntry.__table__, OptOut.__table__, Erasure.__table__


def says_push_consent(household_id: SQLCoreOperations[UUID] | UUID, /) -> ColumnElement[bool]:
    """Return what the newest entry of the ledger says, as SQL; without one, no.

    Of two at the same instant the refusal counts.
    """
    newest = (
        select(_CONSENTS.c.granted)
        .where(_CONSENTS.c.household_id == household_id, _CONSENTS.c.purpose == ConsentPurpose.PUSH_INFO)
        .order_by(_CONSENTS.c.at.desc(), _CONSENTS.c.granted)
        .limit(1)
    )
    return func.coalesce(newest.scalar_subquery(), false())


def has_push_consent(session: Session, *, household_id: UUID) -> bool:
    """Say whether a household agrees, by the newest entry of the ledger."""
    return bool(session.scalar(select(says_push_consent(household_id))))


def record_consent(
    session: Session, *, household_id: UUID, granted: bool, policy_version: str, source: str, at: datetime
) -> bool:
    """Append to the ledger and bring the household's mirror up to date. Returns the consent that now holds.

    Takes the household's row lock first, so that a claim in progress sees either all of it or nothing.
    """
    mirror = update(Household).where(Household.household_id == household_id)
    session.execute(mirror.values(push_consent=Household.push_consent))
    session.add(
        ConsentEntry(
            household_id=household_id,
            purpose=ConsentPurpose.PUSH_INFO,
            granted=granted,
            policy_version=policy_version,
            source=source,
            at=at,
        )
    )
    session.flush()
    holds = has_push_consent(session, household_id=household_id)
    session.execute(mirror.values(push_consent=holds))
    return holds


def is_opted_out(session: Session, *, opt_out_hashes: Collection[bytes]) -> bool:
    """Say whether a phone must not be written to, given its hash under every version of the key; erased counts."""
    hashes = any_(literal(list(opt_out_hashes), ARRAY(LargeBinary)))
    return bool(session.scalar(select(says_opted_out(hashes))))


def says_opted_out(opt_out_hash: SQLCoreOperations[Any], /) -> ColumnElement[bool]:
    """Return whether a hash, or any of several, stands among refusals or erasures, as SQL."""
    refused = exists().where(_OPT_OUTS.c.opt_out_hash == opt_out_hash)
    erased = exists().where(_ERASURES.c.opt_out_hash == opt_out_hash)
    return or_(refused, erased)


def record_opt_out(session: Session, *, opt_out_hash: bytes, version: int, source: str, at: datetime) -> bool:
    """Note that a phone must not be written to. Returns whether that is news; the first note stays.

    `version` is that of the opt-out key which the hash was made with.
    """
    note = insert(OptOut).values(opt_out_hash=opt_out_hash, version=version, source=source, at=at)
    added = session.scalar(note.on_conflict_do_nothing().returning(OptOut.opt_out_hash))
    return added is not None
