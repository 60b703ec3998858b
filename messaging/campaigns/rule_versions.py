"""The versions of the content rules: reads, for whoever checks a text and for the operator. Nothing here commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from messaging.campaigns.content.rules import extend_shipped_rules, get_shipped_rows, get_shipped_rules
from messaging.campaigns.content.terms import TermRow, read_rows
from messaging.campaigns.errors import RuleVersionNotFoundError
from messaging.campaigns.models import RuleVersion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from messaging.campaigns.content.words import RuleTable

SHIPPED = 0
"""The number that stands for the rules that come with the package alone."""

# The newest table of this process: building one takes a tenth of a second, asking for the number a fraction of a ms.
_built: dict[tuple[int, bytes], RuleTable] = {}


@dataclass(frozen=True, slots=True)
class RuleVersionView:
    """One version as an operator sees it; `number` rises by one each time."""

    number: int
    rows: int
    sha256: bytes
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class RuleDiff:
    """What one version has and the other has not; a row whose verdict or exceptions changed stands in both."""

    removed: tuple[TermRow, ...]
    added: tuple[TermRow, ...]


def get_rules(session: Session) -> RuleTable:
    """Return the newest rules. Asked for each text, so that a new version holds in every process from its commit on."""
    newest = session.execute(
        select(RuleVersion.number, RuleVersion.sha256).order_by(RuleVersion.number.desc()).limit(1)
    ).first()
    if newest is None:
        return get_shipped_rules()
    key = (newest.number, newest.sha256)
    table = _built.get(key)
    if table is None:
        table = extend_shipped_rules(get_rows(session, number=newest.number), number=newest.number)
        _built.clear()
        _built[key] = table
    return table


def get_rows(session: Session, *, number: int) -> Sequence[TermRow]:
    """Return the rows of a version, those that come with the package for SHIPPED; raises RuleVersionNotFoundError."""
    if number == SHIPPED:
        return get_shipped_rows()
    source = session.scalar(select(RuleVersion.source).where(RuleVersion.number == number))
    if source is None:
        raise RuleVersionNotFoundError
    return read_rows(source)


def find_versions(session: Session) -> list[RuleVersionView]:
    """Return every version that was imported, newest first."""
    columns = (RuleVersion.number, RuleVersion.rows, RuleVersion.sha256, RuleVersion.imported_at)
    rows = session.execute(select(*columns).order_by(RuleVersion.number.desc()))
    return [RuleVersionView(*row) for row in rows]


def compare_versions(session: Session, *, old: int, new: int) -> RuleDiff:
    """Return how two versions differ in what an operator added; SHIPPED adds nothing. Raises as `get_rows` does."""
    before, after = (() if number == SHIPPED else tuple(get_rows(session, number=number)) for number in (old, new))
    return RuleDiff(
        removed=tuple(row for row in before if row not in set(after)),
        added=tuple(row for row in after if row not in set(before)),
    )
