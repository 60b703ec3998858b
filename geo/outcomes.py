"""What the campaigns of a month did in some districts: released counts, rates, and lift over the control group.

Every count carries the noise of its release. A rate divides two of them and adds the chance of the households
themselves, so that it speaks of what such a message does, not of those few whom it met. Its error is that of the
numerator less rate times denominator, which is exact as long as the denominator is far from nought: below four standard
errors there is no rate at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt

from geo.figures import FEW_SD, Z95, ReleaseMeta
from privacy.release.errors import ReleaseNotFoundError
from privacy.release.figures import DistrictTable
from privacy.release.slots import Outcome
from privacy.release.values import Product, ReleaseId

LEAST_DENOMINATOR_SD = 4.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A released count, a rate (0-1) or a difference of two rates, with its standard error."""

    value: float
    sd: float
    is_difference: bool = False

    @property
    def moe95(self) -> float:
        """Return the 95 % margin."""
        return Z95 * self.sd

    @property
    def few(self) -> bool:
        """Say whether it cannot be told from nothing: below two standard errors, for a difference on either side."""
        size = abs(self.value) if self.is_difference else self.value
        return size < FEW_SD * self.sd


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Counts of households in the order of `Outcome`, and what follows from them; None where too few were reached."""

    counts: tuple[Estimate, ...]
    reply_rate: Estimate | None
    purchase_rate: Estimate | None
    held_out_purchase_rate: Estimate | None
    lift: Estimate | None


@dataclass(frozen=True, slots=True)
class TerritoryOutcomes:
    """The outcomes of each district that the release knows, by ascending adcode, and of all of them together."""

    release_id: str
    as_of: datetime
    districts: tuple[tuple[int, Outcomes], ...]
    total: Outcomes


def get_release_of(month: date, *, city_code: int) -> ReleaseId:
    """Return the release that tells of the campaigns of a month: the next month's, which knows what was bought."""
    return ReleaseId((month.replace(day=1) + timedelta(days=31)).replace(day=1), city_code)


def get_told_month(release_month: date) -> date:
    """Return the first day of the month whose campaigns a release tells of."""
    return (release_month.replace(day=1) - timedelta(days=1)).replace(day=1)


def derive_outcomes(
    release: ReleaseMeta, *, tables: Mapping[Product, DistrictTable], district_adcodes: Collection[int]
) -> TerritoryOutcomes:
    """Return the outcomes that a release tells of; whoever read its tables has checked who signed them.

    Raises ReleaseNotFoundError for a release without outcomes.
    """
    table = tables.get(Product.CAMPAIGN_OUTCOMES)
    if table is None:
        raise ReleaseNotFoundError(release_id=release.release_id)
    rows = dict(zip(table.districts.tolist(), table.counts.tolist(), strict=True))
    own = {adcode: rows[adcode] for adcode in sorted(district_adcodes) if adcode in rows}
    sums = [sum(column) for column in zip(*own.values(), strict=True)] or [0.0] * len(Outcome)
    return TerritoryOutcomes(
        release.release_id,
        release.as_of,
        tuple((adcode, derive(counts, sd=table.sd)) for adcode, counts in own.items()),
        derive(sums, sd=table.sd * sqrt(max(len(own), 1))),
    )


def derive(counts: Sequence[float], *, sd: float) -> Outcomes:
    """Derive rates and lift from counts in the order of `Outcome`, each with the same standard error."""
    by_name = dict(zip(Outcome, counts, strict=True))
    messaged, held_out = by_name[Outcome.MESSAGED], by_name[Outcome.HELD_OUT]
    bought = _divide(by_name[Outcome.BOUGHT], messaged, sd=sd)
    held_out_bought = _divide(by_name[Outcome.HELD_OUT_BOUGHT], held_out, sd=sd)
    return Outcomes(
        counts=tuple(Estimate(value, sd) for value in counts),
        reply_rate=_divide(by_name[Outcome.REPLIED], messaged, sd=sd),
        purchase_rate=bought,
        held_out_purchase_rate=held_out_bought,
        lift=_subtract(bought, held_out_bought),
    )


def _divide(part: float, whole: float, *, sd: float) -> Estimate | None:
    if whole < LEAST_DENOMINATOR_SD * sd or whole <= 0:
        return None
    rate = part / whole
    share = min(max(rate, 0.0), 1.0)
    noise = sd * sd * (1 + rate * rate) / (whole * whole)
    return Estimate(rate, sqrt(noise + share * (1 - share) / whole))


def _subtract(treated: Estimate | None, control: Estimate | None) -> Estimate | None:
    if treated is None or control is None:
        return None
    return Estimate(treated.value - control.value, sqrt(treated.sd**2 + control.sd**2), is_difference=True)
