"""From the places that a salesperson chose to the leaves of an audience, all inside the own territory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from api.accounts import Caller
from api.errors import ArgumentFault, Fault, InvalidArgumentsError, OutsideTerritoryError
from geo.cells import from_texts
from geo.queries import find_cell_leaves, find_community_leaves
from geo.snapshot import Snapshot
from geo.values import LeafRef
from messaging.campaigns.values import Actor, Audience
from privacy.release.values import Category


def get_actor(caller: Caller) -> Actor:
    """Return the caller as campaigns know it."""
    return Actor(caller.account_id, caller.role.value, frozenset(caller.territory))


def get_audience(session: Session, *, snapshot: Snapshot, caller: Caller, area: dict[str, Any]) -> Audience:
    """Return the audience of chosen communities or cells, with its released need."""
    if "community_codes" in area:
        chosen = _find_by_community(session, codes=area["community_codes"])
        leaves = _keep_own(chosen, territory=caller.territory, name="community_codes")
    else:
        chosen = _find_by_cell(session, cells=area["cells"])
        leaves = _keep_own(chosen, territory=caller.territory, name="cells")
    category: Category = area["category"]
    leaf_ids = tuple(sorted({leaf.leaf_id for leaf in leaves}))
    figures = snapshot.audience(leaf_ids=leaf_ids, category=category)
    return Audience(
        leaf_ids=leaf_ids,
        city_code=figures.city_code,
        district_adcodes=frozenset(leaf.district_adcode for leaf in leaves),
        category=category,
        release_id=figures.release_id,
        need=figures.need,
        need_sd=figures.need_sd,
    )


def _find_by_community(session: Session, *, codes: Sequence[str]) -> list[list[LeafRef]]:
    known = find_community_leaves(session, community_codes=codes)
    _check_places([code in known for code in codes], name="community_codes", fault=Fault.NO_SUCH_PLACE)
    return [[known[code]] for code in codes]


def _find_by_cell(session: Session, *, cells: Sequence[str]) -> list[list[LeafRef]]:
    _check_places([_is_cell(cell) for cell in cells], name="cells", fault=Fault.FORMAT)
    indexes = from_texts(cells)
    known = find_cell_leaves(session, cells8=indexes)
    _check_places([index in known for index in indexes], name="cells", fault=Fault.NO_SUCH_PLACE)
    return [known[index] for index in indexes]


def _is_cell(cell: str) -> bool:
    try:
        return bool(from_texts([cell]))
    except ValueError:
        return False


def _check_places(good: Sequence[bool], *, name: str, fault: Fault) -> None:
    wrong = [number for number, is_good in enumerate(good) if not is_good]
    if wrong:
        raise InvalidArgumentsError(*(ArgumentFault(f"/{name}/{number}", fault) for number in wrong))


def _keep_own(chosen: Sequence[Sequence[LeafRef]], *, territory: Sequence[int], name: str) -> list[LeafRef]:
    """Keep the leaves inside a territory: of a cell on its border a part, of a place outside none, which is refused."""
    own = [[leaf for leaf in leaves if leaf.district_adcode in territory] for leaves in chosen]
    outside = [f"/{name}/{number}" for number, leaves in enumerate(own) if not leaves]
    if outside:
        raise OutsideTerritoryError(*outside)
    return [leaf for leaves in own for leaf in leaves]
