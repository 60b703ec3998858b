"""Brings what is stored to the newest version of a key, batch by batch, while everything else goes on.

Each row says which version it stands under, so the work left is what the table says: a rotation that was killed is
called again, and two at once only share it. What stands under the former version works until the last row is through.
The audit has an entry for each batch and, where phones were opened for it, one more that says how many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from privacy.audit.recording import BatchRead
from privacy.audit.values import Action, ReadPurpose
from privacy.people.errors import KeyName, SealBrokenError
from privacy.people.loading.journal import keep_intake_out
from privacy.people.models import DataKey, OptOut, Phone
from privacy.people.ports import keep_silent
from privacy.people.vault import Vault, WrappedKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from privacy.audit.recording import Act, Recorder
    from privacy.people.ports import Clock, Progress

BATCH_ROWS = 1000


_Step: TypeAlias = "Callable[[Session, Vault, Sequence[UUID], BatchRead], int]"


@dataclass(frozen=True, slots=True)
class Rotation:
    """How a rotation ended: the newest version, rows brought to it, and rows that stay since they do not open."""

    version: int
    moved: int
    left: int


@dataclass(frozen=True, slots=True)
class _Work:
    """The rows of one key: where their version stands, and what moves a batch of them; returns how many moved."""

    household_id: InstrumentedAttribute[UUID]
    version: InstrumentedAttribute[int]
    move: _Step


def rotate(
    sessions: sessionmaker[Session],
    *,
    name: KeyName,
    vault: Vault,
    recorder: Recorder,
    clock: Clock,
    progress: Progress = keep_silent,
    batch_rows: int = BATCH_ROWS,
) -> Rotation:
    """Bring every row to the newest version of a key, as field_keeper. Raises IntakeRunningError, KeyMissingError."""
    work, version = _WORK[name], vault.find_versions(name)[0]
    with sessions() as session:
        total = _count(session, work, version=version)
    after, seen, moved = UUID(int=0), 0, 0
    progress(f"rotate {name}", done=0, total=total)
    while True:
        with recorder.begin(sessions) as act:
            # An intake changes many rows of the vault too, in another order.
            keep_intake_out(act.session, is_shared=False)
            batch = _find_batch(act.session, work, version=version, after=after, limit=batch_rows)
            moved += _move(act, work, batch, name=name, vault=vault, at=clock())
        if not batch:
            break
        after, seen = batch[-1], seen + len(batch)
        progress(f"rotate {name}", done=seen, total=max(seen, total))
    with sessions() as session:
        return Rotation(version, moved, _count(session, work, version=version))


def _move(act: Act, work: _Work, batch: Sequence[UUID], *, name: KeyName, vault: Vault, at: datetime) -> int:
    if not batch:
        return 0
    reads = BatchRead(act, at, ReadPurpose.ROTATE, name.value)
    moved, version = work.move(act.session, vault, batch, reads), vault.find_versions(name)[0]
    act.note(Action.KEY_ROTATED, subject=name.value, at=at, version=version, rows=moved)
    return moved


def _count(session: Session, work: _Work, *, version: int) -> int:
    return session.scalar(select(func.count()).where(work.version != version)) or 0


def _find_batch(session: Session, work: _Work, *, version: int, after: UUID, limit: int) -> Sequence[UUID]:
    rows = select(work.household_id).where(work.household_id > after, work.version != version)
    return session.scalars(rows.order_by(work.household_id).limit(limit).with_for_update()).all()


def _rewrap(session: Session, vault: Vault, batch: Sequence[UUID], _: BatchRead) -> int:
    changes = []
    for held in session.scalars(select(DataKey).where(DataKey.household_id.in_(batch))):
        try:
            key = vault.rewrap(held.household_id, WrappedKey(held.wrapped_key, held.kek_version))
        except SealBrokenError:
            continue
        changes.append(
            {"household_id": held.household_id, "wrapped_key": key.wrapped_key, "kek_version": key.kek_version}
        )
    return _update(session, DataKey, changes)


def _rehash_lookups(session: Session, vault: Vault, batch: Sequence[UUID], reads: BatchRead) -> int:
    version = vault.find_versions(KeyName.LOOKUP)[0]
    changes = [
        {"household_id": household_id, "lookup_hash": vault.lookup_hash(phone), "lookup_version": version}
        for household_id, phone in _open(session, vault, batch, reads).items()
    ]
    return _update(session, Phone, changes)


def _rehash_opt_outs(session: Session, vault: Vault, batch: Sequence[UUID], reads: BatchRead) -> int:
    version = vault.find_versions(KeyName.OPT_OUT)[0]
    changes: list[dict[str, object]] = []
    renewed: dict[bytes, bytes] = {}
    for household_id, phone in _open(session, vault, batch, reads).items():
        newest, *former = vault.opt_out_hashes(phone)
        renewed |= dict.fromkeys(former, newest)
        changes.append({"household_id": household_id, "opt_out_hash": newest, "opt_out_version": version})
    _move_notes(session, renewed, version=version)
    return _update(session, Phone, changes)


def _move_notes(session: Session, renewed: Mapping[bytes, bytes], *, version: int) -> None:
    """Note the refusals of known phones under the newest key; those of unknown ones cannot be and stay."""
    for note in session.scalars(select(OptOut).where(OptOut.opt_out_hash.in_(renewed))).all():
        again = insert(OptOut).values(
            opt_out_hash=renewed[note.opt_out_hash], version=version, source=note.source, at=note.at
        )
        session.execute(again.on_conflict_do_nothing())
    session.execute(delete(OptOut).where(OptOut.opt_out_hash.in_(renewed)))


def _open(session: Session, vault: Vault, batch: Sequence[UUID], reads: BatchRead) -> dict[UUID, str]:
    """Return the phones of households; those whose key was erased or whose seal is broken are left out."""
    sealed = select(Phone, DataKey).join(DataKey, DataKey.household_id == Phone.household_id)
    phones = {}
    for phone, held in session.execute(sealed.where(Phone.household_id.in_(batch))):
        key = WrappedKey(held.wrapped_key, held.kek_version)
        try:
            phones[phone.household_id] = vault.open(
                phone.household_id,
                key=key,
                ciphertext=phone.ciphertext,
                seal_version=phone.seal_version,
                read=reads,
            )
        except SealBrokenError:
            continue
    return phones


def _update(session: Session, table: type[DataKey | Phone], changes: list[dict[str, object]]) -> int:
    if changes:
        session.execute(update(table), changes)
    return len(changes)


_WORK: Mapping[KeyName, _Work] = MappingProxyType(
    {
        KeyName.KEK: _Work(DataKey.household_id, DataKey.kek_version, _rewrap),
        KeyName.LOOKUP: _Work(Phone.household_id, Phone.lookup_version, _rehash_lookups),
        KeyName.OPT_OUT: _Work(Phone.household_id, Phone.opt_out_version, _rehash_opt_outs),
    }
)
