"""Whether one due message may go to its household, and to which number: consent, refusals, the phone, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import exists, select

from messaging.delivery.models import Message, MessageState, SkipReason
from messaging.delivery.sealed_phones import Sealed, is_planned_for, open_phone
from messaging.delivery.standing import Standing
from privacy.people.consent import is_opted_out
from privacy.people.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from privacy.audit.recording import PhoneRead


@dataclass(frozen=True, slots=True)
class Due:
    """A message that waits, and what its campaign says."""

    message_id: UUID
    campaign_id: UUID
    household_id: UUID
    lookup_hash: bytes
    lookup_version: int
    token: UUID
    attempt: int
    resends: int
    initiator_id: UUID
    text: str
    text_sha256: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Fit:
    """A message that may go to the household's number of today; `has_changed` says that it was planned for another.

    The hashes are those of today's number: that of the lookup as it is stored, those of opt-outs under every version.
    """

    due: Due
    phone: str
    lookup_hash: bytes
    lookup_version: int
    opt_out_hashes: tuple[bytes, ...]
    has_changed: bool


def judge(session: Session, due: Due, *, standing: Standing, vault: Vault, read: PhoneRead) -> Fit | SkipReason:
    """Return the phone that may be written to, opened only for a household that did not refuse, or why not."""
    if not standing.has_consent:
        return SkipReason.CONSENT
    sealed = standing.sealed
    if sealed is None:
        return SkipReason.NUMBER
    if standing.is_opted_out:
        return SkipReason.OPT_OUT
    phone = open_phone(sealed, vault=vault, read=read)
    if phone is None:
        return SkipReason.NUMBER
    # Only now is the phone known under every version of the keys.
    hashes = vault.opt_out_hashes(phone)
    if hashes != (sealed.opt_out_hash,) and is_opted_out(session, opt_out_hashes=hashes):
        return SkipReason.OPT_OUT
    fit = _find_address(due, phone=phone, sealed=sealed, vault=vault, opt_out_hashes=hashes)
    return SkipReason.CAP if _is_twin(session, fit, sealed=sealed, vault=vault) else fit


def _find_address(due: Due, *, phone: str, sealed: Sealed, vault: Vault, opt_out_hashes: tuple[bytes, ...]) -> Fit:
    """Say under which hash a message goes: its own as planned, or that of the number that came since."""
    if is_planned_for(sealed, phone=phone, lookup_hash=due.lookup_hash, vault=vault):
        return Fit(due, phone, due.lookup_hash, due.lookup_version, opt_out_hashes, has_changed=False)
    return Fit(due, phone, sealed.lookup_hash, sealed.lookup_version, opt_out_hashes, has_changed=True)


def _is_twin(session: Session, fit: Fit, *, sealed: Sealed, vault: Vault) -> bool:
    """Say whether the campaign has planned another message for this phone, under another version of the lookup key.

    Under one version the database refuses it; while a key is rotated the two hashes of a phone differ. A number that
    came after the plan may be that of another message, and then of a skipped one too: both cannot stand under it.
    """
    hashes = {*vault.lookup_hashes(fit.phone), sealed.lookup_hash}
    if len(hashes) == 1 and not fit.has_changed:
        return False
    twin = exists().where(
        Message.campaign_id == fit.due.campaign_id,
        Message.lookup_hash.in_(hashes),
        Message.message_id != fit.due.message_id,
    )
    if not fit.has_changed:
        twin = twin.where(Message.state != MessageState.SKIPPED)
    return bool(session.scalar(select(twin)))
