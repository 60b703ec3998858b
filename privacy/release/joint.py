"""What all ledgers together have spent: each charge is announced in the serving database before it is made.

Every group of cities keeps a ledger with its people. Who moves from one group to another is counted in both, so the
year's budget is one for all of them, as it is for all cities of one ledger. A charge that was announced and then not
made is spent in that city only, and may be made yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from privacy.release.ledger_models import Charge
from privacy.release.ledger_queries import Charged
from privacy.release.models import AnnouncedCharge
from privacy.release.values import Product

_LOCK = text("SELECT pg_advisory_xact_lock(4810523718)")


@dataclass(frozen=True, slots=True)
class Board:
    """The announcements, while nobody else can announce anything. `others` are charges of other groups' ledgers."""

    session: Session
    others: list[Charged]

    def announce(self, charges: Iterable[Charge | Charged]) -> None:
        """Write down what was charged, and what is about to be. The first word about a city's month stays."""
        months: dict[tuple[int, date], list[Charge | Charged]] = defaultdict(list)
        for each in charges:
            months[each.city_code, each.month].append(each)
        rows = [
            {
                "city_code": city_code,
                "month": month,
                "rho": sum(each.rho for each in its),
                "charged_at": max(each.charged_at for each in its),
            }
            for (city_code, month), its in months.items()
        ]
        self.session.execute(insert(AnnouncedCharge).on_conflict_do_nothing(), rows)


@dataclass(frozen=True, slots=True)
class JointLedger:
    """Where charges are announced, and which cities' charges stand in the ledger at hand: all, unless groups are."""

    sessions: sessionmaker[Session]
    cities: frozenset[int] | None = None

    @contextmanager
    def opened(self) -> Iterator[Board]:
        """Keep everybody else from charging until the block ends; what it announces holds from then on."""
        with self.sessions.begin() as session:
            session.execute(_LOCK)
            yield Board(session, self._find_others(session))

    def _find_others(self, session: Session) -> list[Charged]:
        if self.cities is None:
            return []
        rows = session.scalars(select(AnnouncedCharge).where(AnnouncedCharge.city_code.not_in(self.cities)))
        return [
            # One line stands for all products: the budget adds them up anyway.
            Charged(0, Product.NEED_LEAF, row.month, row.city_code, row.rho, 0.0, row.charged_at, None)
            for row in rows
        ]
