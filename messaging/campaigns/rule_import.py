"""Taking in a table of content rules as the next version. Runs as an operator, never in the web process."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.rules import extend_shipped_rules
from messaging.campaigns.content.terms import RuleTableError, TermClass, read_rows, write_rows
from messaging.campaigns.content.values import RuleClass, Verdict
from messaging.campaigns.models import RuleVersion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from messaging.campaigns.content.terms import TermRow
    from messaging.campaigns.settings import MessagingRules

_LOCK = 0x72756C6573  # "rules": two imports at once come in turn


@dataclass(frozen=True, slots=True)
class RuleImport:
    """The version that holds now; `is_new` unless the newest said the same already."""

    number: int
    rows: int
    is_new: bool


def import_rules(
    sessions: sessionmaker[Session], *, source: str, now: datetime, settings: MessagingRules
) -> RuleImport:
    """Make a table in CSV the next version, whole, if it says anything new; raises RuleTableError and writes nothing.

    The file is all that an operator adds: what an earlier version had and it has not is out of force.
    """
    rows = read_rows(source)
    _check_known(rows, settings=settings)
    kept = write_rows(sorted(rows, key=lambda row: (row.term_class, row.term)))
    digest = sha256(kept.encode()).digest()
    with sessions.begin() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        newest = session.scalar(select(RuleVersion).order_by(RuleVersion.number.desc()).limit(1))
        if newest is not None and newest.sha256 == digest:
            return RuleImport(newest.number, len(rows), is_new=False)
        number = newest.number + 1 if newest is not None else 1
        session.add(RuleVersion(number=number, sha256=digest, rows=len(rows), source=kept, imported_at=now))
    return RuleImport(number, len(rows), is_new=True)


def _check_known(rows: Sequence[TermRow], *, settings: MessagingRules) -> None:
    """Refuse a known word that reads as a number, an address or an account: no table takes those rules out of force."""
    table = extend_shipped_rules(rows, number=0)
    for number, row in enumerate(rows, start=1):
        if row.term_class is not TermClass.KNOWN:
            continue
        findings = check_text(row.term, rules=settings, table=table).findings
        if any(each.rule_class is RuleClass.STRUCTURE and each.verdict is Verdict.REFUSE for each in findings):
            raise RuleTableError(row=number, column="term")
