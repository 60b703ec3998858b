"""Charge, then draw. The charge commits before noise is sampled; a crash after it burns the month, never repeats it.

The ledger is append-only (the release role has no right to change or delete), unique on product, month and city. One
transaction-long advisory lock guards all charging, another, held for a whole publication, each city.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from privacy.audit.recording import Recorder
from privacy.audit.values import Action
from privacy.release.budget import compute_rho_left, get_first_month, get_last_charge
from privacy.release.errors import BudgetExceededError, ClockBehindError, MonthOrderError
from privacy.release.joint import JointLedger
from privacy.release.ledger_models import Charge, Draw
from privacy.release.ledger_queries import Charged, StoredDraw, find_charges
from privacy.release.mechanism import NoiseSource
from privacy.release.plan import PRODUCTS, count_months, get_month_share, get_sigma
from privacy.release.provenance import hash_code, hash_parameters
from privacy.release.values import Clock, Product, ReleaseId

_LOCK_SPACE = 0x4C454447
_WHOLE_LEDGER = 0
_ROUNDING = 1e-12


def _lock(session: Session, *, key: int) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:space, :key)"), {"space": _LOCK_SPACE, "key": key})


@contextmanager
def publishing_alone(people_sessions: sessionmaker[Session], *, city_code: int) -> Iterator[None]:
    """Hold the lock of a city, so that no second process takes a draw under way for one that was lost."""
    with people_sessions() as session:
        _lock(session, key=city_code)
        try:
            yield
        finally:
            session.commit()


def _check_order(charges: Sequence[Charged], *, city_code: int, month: date) -> None:
    first = get_first_month(charges)
    last = max((each.month for each in charges if each.city_code == city_code), default=first)
    if last is not None and month < last:
        raise MonthOrderError(city_code=city_code, month=month, last_month=last)


def _check_clock(charges: Sequence[Charged], *, now: datetime) -> None:
    """Refuse to count days with a clock that the ledger has been ahead of: one of the two times is wrong."""
    last = get_last_charge(charges)
    if last is not None and last > now:
        raise ClockBehindError(now=now, last_charge=last)


def _plan_charge(
    product: Product, *, city_code: int, month: date, month_share: float, noise: NoiseSource, clock: Clock
) -> Charge:
    sigma = get_sigma(product, month_share=month_share)
    sensitivity_squared = PRODUCTS[product].sensitivity_squared
    return Charge(
        product=product,
        month=month,
        city_code=city_code,
        rho=noise.compute_rho(sigma=sigma, sensitivity_squared=sensitivity_squared),
        sigma=sigma,
        sensitivity_squared=sensitivity_squared,
        parameters_sha256=hash_parameters(),
        code_sha256=hash_code(),
        charged_at=clock(),
    )


def _plan_charges(
    charges: Sequence[Charged],
    *,
    own: Sequence[Charged],
    products: Iterable[Product],
    city_code: int,
    month: date,
    noise: NoiseSource,
    clock: Clock,
) -> list[Charge]:
    """Return what a month of a city costs after all that was charged, in the `own` ledger and in others.

    Raises MonthOrderError, ClockBehindError, BudgetExceededError.
    """
    _check_order(charges, city_code=city_code, month=month)
    _check_clock(own, now=clock())
    first = get_first_month(charges) or month
    share = get_month_share(months_since_start=count_months(first, until=month))
    rows = [
        _plan_charge(each, city_code=city_code, month=month, month_share=share, noise=noise, clock=clock)
        for each in products
    ]
    asked = sum(row.rho for row in rows)
    left = compute_rho_left(charges, city_code=city_code, month=month, now=clock())
    if asked > left + _ROUNDING:
        raise BudgetExceededError(city_code=city_code, month=month, rho_asked=asked, rho_left=left)
    return rows


def charge(
    people_sessions: sessionmaker[Session],
    *,
    products: Iterable[Product],
    city_code: int,
    month: date,
    noise: NoiseSource,
    recorder: Recorder,
    clock: Clock,
    joint: JointLedger | None = None,
) -> list[Charged]:
    """Take the budget of one month of a city, all products or none, and commit.

    With `joint`, what other groups' ledgers were charged counts too, and this charge is announced to them before.
    Raises MonthOrderError, ClockBehindError and BudgetExceededError; a product charged before raises SQLAlchemy's
    IntegrityError.
    """
    with recorder.begin(people_sessions) as act:
        session = act.session
        _lock(session, key=_WHOLE_LEDGER)
        own = find_charges(session)
        whose = partial(_plan_charges, own=own, products=products, city_code=city_code, month=month)
        plan = partial(whose, noise=noise, clock=clock)
        if joint is None:
            rows = plan(own)
        else:
            with joint.opened() as board:
                rows = plan([*own, *board.others])
                board.announce([*own, *rows])
        session.add_all(rows)
        session.flush()
        subject = str(ReleaseId(month, city_code))
        act.note(Action.BUDGET_CHARGED, subject=subject, at=clock(), products=len(rows))
        return find_charges(session, city_code=city_code, month=month)


def store_draw(session: Session, *, charged: Charged, draw: StoredDraw) -> None:
    """Write the one output of a charge. A second one raises SQLAlchemy's IntegrityError."""
    session.add(
        Draw(
            charge_id=charged.charge_id,
            keys=draw.keys.astype("<i8").tobytes(),
            values=draw.values.astype("<i8").tobytes(),
            width=draw.values.shape[1],
            drawn_at=draw.drawn_at,
        )
    )
