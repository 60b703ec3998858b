"""What is known of the households that a claim has locked: whether they agree, refused, and their sealed phones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, column, func, select

from messaging.delivery.sealed_phones import COLUMNS, KEYS, PHONES, Sealed, read_sealed
from privacy.people.consent import says_opted_out, says_push_consent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Made once, and the same whatever the number of households: this stands in the way of every claim.
_ITS = (
    func.unnest(bindparam("households", type_=ARRAY(Uuid)))
    .table_valued(column("household_id", Uuid), name="its")
    .render_derived()
)
_FIND = (
    select(
        _ITS.c.household_id,
        says_push_consent(_ITS.c.household_id).label("agrees"),
        says_opted_out(PHONES.c.opt_out_hash).label("refused"),
        *COLUMNS,
    )
    .select_from(_ITS)
    .outerjoin(PHONES, PHONES.c.household_id == _ITS.c.household_id)
    .outerjoin(KEYS, KEYS.c.household_id == PHONES.c.household_id)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One household: its consent, whether its phone's stored hash was refused or erased, and the phone, if any."""

    has_consent: bool
    is_opted_out: bool
    sealed: Sealed | None


def find_standings(session: Session, household_ids: Collection[UUID], /) -> dict[UUID, Standing]:
    """Return how each household stands, by its id, from one look at all of them."""
    rows = session.execute(_FIND, {"households": list(household_ids)})
    return {row[0]: Standing(row[1], bool(row[2]), read_sealed(row[3:])) for row in rows}
