"""Where the database says under which version of a key something stands, and whether a process holds what is in use."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, Text, column, func, or_, select, table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from privacy.people.errors import KeyInUseError, KeyMissingError, KeyName
from privacy.people.loading.journal import keep_intake_out
from privacy.people.models import DataKey, Erasure, OptOut, Phone, RetiredKey

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from privacy.people.vault import Vault

USES: Final[Mapping[KeyName, Mapping[str, InstrumentedAttribute[int]]]] = MappingProxyType(
    {
        KeyName.KEK: {"data keys": DataKey.kek_version},
        KeyName.LOOKUP: {"phones": Phone.lookup_version},
        KeyName.OPT_OUT: {
            "phones": Phone.opt_out_version,
            "opt-outs of phones that are not here": OptOut.version,
            "erasures": Erasure.version,
        },
    }
)
_BEYOND: Final = 2**31 - 1
_RETIRING: Final = 4_810_523_717
"""The lock of migration 0012's triggers, which writers share."""
_MESSAGES: Final = table("messages", column("lookup_version", Integer), column("state", Text), schema="delivery")
_OPEN_STATES: Final = ("planned", "sending", "unknown", "accepted", "sent")
"""States of a message whose phone the carrier may still speak of: its receipts are told by the hash of then."""


def count_uses(session: Session, *, name: KeyName, version: int) -> dict[str, int]:
    """Return how much of each kind needs a version of a key."""
    counted = {
        what: session.scalar(select(func.count()).where(stands_under == version)) or 0
        for what, stands_under in USES[name].items()
    }
    if name is KeyName.LOOKUP:
        its = (_MESSAGES.c.lookup_version == version, _MESSAGES.c.state.in_(_OPEN_STATES))
        counted["messages on their way"] = session.scalar(select(func.count()).select_from(_MESSAGES).where(*its)) or 0
    return counted


def retire(session: Session, *, name: KeyName, version: int) -> None:
    """Have the database refuse a version of a key from now on, inside the caller's transaction, as field_keeper.

    Raises KeyInUseError while anything stands under it, IntakeRunningError. Whoever is writing under it is waited for;
    whoever comes later, with a share of before, fails, since nobody would find what that writes.
    """
    keep_intake_out(session, is_shared=False)
    session.execute(select(func.pg_advisory_xact_lock(_RETIRING)))
    counted = count_uses(session, name=name, version=version)
    if any(counted.values()):
        raise KeyInUseError(name=name, version=version, where=counted)
    session.execute(insert(RetiredKey).values(name=name, version=version).on_conflict_do_nothing())


def check_phones_found(session: Session, *, vault: Vault) -> None:
    """Refuse to say that a phone is not here without a key that something here stands under: it might be.

    Raises KeyMissingError. An index on each version keeps it from looking at every phone.
    """
    for name in (KeyName.LOOKUP, KeyName.OPT_OUT):
        held = vault.find_versions(name)
        for version in USES[name].values():
            # Between what is held, and beside it: a plain "none of these" would find no index.
            gaps = pairwise((0, *sorted(held), _BEYOND))
            other = select(version).where(or_(*[(version > low) & (version < high) for low, high in gaps]))
            found = session.scalar(other.limit(1))
            if found is not None:
                raise KeyMissingError(name=name, version=found)
