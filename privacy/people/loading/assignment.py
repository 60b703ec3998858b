"""Decides which household each row of a chunk belongs to. The phone decides: equal phones, same household."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of one row: the household of its phone, that of its customer, and whether it has a phone.

    `lookup_hash` is the phone's hash as it is stored, maybe under a former key; `is_keyless` says that its data key is
    lost, so that the phone must be sealed again. A row may have several of these.
    """

    position: int
    by_phone: UUID | None
    by_customer: UUID | None
    is_housed: bool
    lookup_hash: bytes | None = None
    is_keyless: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """Households by phone lookup hash; `to_seal` are hashes of phones that do not open, `new` are founded here."""

    homes: dict[bytes, UUID]
    to_seal: set[bytes]
    new: set[UUID]


def assign(lookups: Sequence[bytes], *, known: Sequence[Known], make_ids: Callable[[int], list[UUID]]) -> Assignment:
    """Give every phone of a chunk its household.

    A phone in the vault keeps its household: the roll call has taken out those that their customers have left. A
    household without a phone goes with the first of its customers who has a new one. Every other phone founds one.
    """
    homes = {lookups[row.position]: row.by_phone for row in known if row.by_phone}
    in_vault = {lookups[row.position] for row in known if row.by_phone and not row.is_keyless}
    taken = set(homes.values())
    for row in known:
        lookup = lookups[row.position]
        if lookup not in homes and row.by_customer and not row.is_housed and row.by_customer not in taken:
            homes[lookup] = row.by_customer
            taken.add(row.by_customer)
    fresh = [lookup for lookup in dict.fromkeys(lookups) if lookup not in homes]
    founded = make_ids(len(fresh))
    homes |= dict(zip(fresh, founded, strict=True))
    return Assignment(homes, homes.keys() - in_vault, set(founded))
