"""What is held about the owner of a phone, in words that this person can read. Nothing is decrypted for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, select, union_all

from messaging.delivery.models import Message, PastMessage, Run
from privacy.audit.values import Action
from privacy.people.erasures import NOBODY, find_erasure, find_household, find_opt_outs
from privacy.people.holdings import read_holdings
from privacy.people.key_uses import check_phones_found
from privacy.release.values import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session, sessionmaker

    from privacy.audit.recording import Recorder
    from privacy.people.vault import Vault

_SEALED: Final = "vault."
_INNER: Final = frozenset(
    {
        "household_id", "message_id", "campaign_id", "initiator_id", "token", "sid",
        "attempt", "lease_until", "check_at", "absences", "resends", "counted",
    }
)  # fmt: skip
_INNER_ENDS: Final = ("_hash", "_sha256")
_CATEGORIES: Final = frozenset({"category", "persona_category"})


def export(
    sessions: sessionmaker[Session], *, phone: str, vault: Vault, recorder: Recorder, now: datetime
) -> dict[str, Any] | None:
    """Return everything about whoever has a phone, by table, as JSON values; None if nothing is held.

    That somebody was erased is held too, and a refusal. Left out are the numbers by which rows find each other, and
    sealed or hashed columns. Runs as field_eraser. Raises KeyMissingError where this process could not find everybody.
    """
    with recorder.begin(sessions) as act:
        household_id = find_household(act.session, phone=phone, vault=vault)
        erased_at = find_erasure(act.session, phone=phone, vault=vault)
        refusals = find_opt_outs(act.session, phone=phone, vault=vault)
        # Last: what a rotation moved meanwhile was not found above, and is seen here.
        check_phones_found(act.session, vault=vault)
        act.note(Action.HOUSEHOLD_EXPORTED, subject=str(household_id or NOBODY), at=now)
        if not (household_id or erased_at or refusals):
            return None
        return {
            "exported_at": now.isoformat(),
            "erased_at": erased_at and erased_at.isoformat(),
            "opt_outs": [{"source": source, "at": at.isoformat()} for source, at in refusals],
            **(_read(act.session, household_id=household_id) if household_id else {}),
        }


def _read(session: Session, *, household_id: UUID) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, rows in read_holdings(session, household_id=household_id):
        if name.startswith(_SEALED):
            # Ciphertext, keys and hashes say nothing to anybody; that they are held does.
            content[name] = {"rows": len(rows), "held_as": "encrypted or hashed"}
        else:
            content[name] = [_say(row) for row in rows]
    content["texts"] = _find_texts(session, household_id=household_id)
    return content


def _find_texts(session: Session, *, household_id: UUID) -> list[dict[str, Any]]:
    """Return every message with its text, the oldest first, those of campaigns long over too."""
    messages = union_all(*(_select_texts(each, household_id=household_id) for each in (Message, PastMessage)))
    return [
        {
            "text": text,
            "state": state,
            "reason": reason,
            "accepted_at": accepted_at and accepted_at.isoformat(),
            "changed_at": changed_at.isoformat(),
        }
        for state, reason, accepted_at, changed_at, text in session.execute(messages.order_by("changed_at"))
    ]


def _select_texts(table: type[Message | PastMessage], *, household_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(table.state, table.reason, table.accepted_at, table.changed_at, Run.final_text)
        .join(Run, Run.campaign_id == table.campaign_id)
        .where(table.household_id == household_id)
    )


def _say(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: CATEGORIES[value].value if name in _CATEGORIES and value is not None else value
        for name, value in row.items()
        if name not in _INNER and not name.endswith(_INNER_ENDS)
    }
