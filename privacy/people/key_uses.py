"""Where the database says under which version of a key something stands, and whether a process holds what is in use."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import InstrumentedAttribute

from privacy.people.errors import KeyMissingError, KeyName
from privacy.people.models import DataKey, Erasure, OptOut, Phone

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


def check_phones_found(session: Session, *, vault: Vault) -> None:
    """Refuse to say that a phone is not here without a key that something here stands under: it might be.

    Raises KeyMissingError. Looks at every phone's version, or, by their indexes, at none.
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
