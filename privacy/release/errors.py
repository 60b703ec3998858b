"""What can go wrong with a release. Errors carry months, cities and products, never a figure about a household."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar


class ReleaseError(Exception):
    """Any refusal of this package. `words` say it in one line, with the error's own attributes."""

    words: ClassVar[str]

    def __str__(self) -> str:
        """Say it, and what to do."""
        return self.words.format_map(vars(self))


@dataclass(eq=False)
class ReleaseNotFoundError(ReleaseError):
    """No release of that name is stored."""

    words = "no release {release_id} is stored"
    release_id: str


@dataclass(eq=False)
class PublicKeysError(ReleaseError):
    """The public list of leaves is empty, unsorted, doubled, or no longer holds a leaf that was drawn for."""

    words = "the public list of leaves of {city_code} is empty, unsorted or doubled, or lacks one that was drawn for"
    city_code: int


@dataclass(eq=False)
class MonthOrderError(ReleaseError):
    """A month was asked for that lies before the last one published, or before the ledger began."""

    words = "{month:%Y-%m} of {city_code} cannot follow {last_month:%Y-%m}"
    city_code: int
    month: date
    last_month: date


@dataclass(eq=False)
class MonthNotBegunError(ReleaseError):
    """A month was asked for that has not begun: its budget would be gone before its data is there."""

    words = "{month:%Y-%m} of {city_code} has not begun: its budget would be gone before its data is there"
    city_code: int
    month: date


@dataclass(eq=False)
class IntakeUnderWayError(ReleaseError):
    """A drop is being taken in: a draw would count a part of it. Publish when it is in; nothing was charged."""

    words = "a drop is being taken in: publish when it is in; nothing was charged"


@dataclass(eq=False)
class DropUnfinishedError(ReleaseError):
    """A drop is half in: a draw would count a part of it. Take it in again to its end; nothing was charged."""

    words = "drop {drop_id} is half in: take it in again to its end; nothing was charged"
    drop_id: str


@dataclass(eq=False)
class DropBehindError(ReleaseError):
    """The newest drop of this group is older than the month before: who moved away since would count twice."""

    words = (
        "the newest drop of this city's group is too old for {month:%Y-%m}: take in a later one; nothing was charged"
    )
    month: date
    drop_month: date | None


@dataclass(eq=False)
class DrawLostError(ReleaseError):
    """The budget of that month was charged and its draw did not survive: the month stays without a release."""

    words = "{month:%Y-%m} of {city_code} was charged and its draw is lost: the month stays without a release"
    city_code: int
    month: date


@dataclass(eq=False)
class BudgetExceededError(ReleaseError):
    """The charge would take more than the promise allows within twelve calendar months or 365 days."""

    words = "{month:%Y-%m} of {city_code} would cost rho {rho_asked:.6f}, and the promise leaves {rho_left:.6f}"
    city_code: int
    month: date
    rho_asked: float
    rho_left: float


@dataclass(eq=False)
class LedgerBehindError(ReleaseError):
    """A published release is not in the ledger, which was restored from before it: restore the newest ledger.

    Without those charges the year would be spent twice. `releases` are their names.
    """

    words = "the ledger is older than {releases}: restore its newest dump before anything is charged"
    releases: tuple[str, ...]

    def __str__(self) -> str:
        """Say it, release by release."""
        return self.words.format(releases=", ".join(self.releases))


@dataclass(eq=False)
class ClockBehindError(ReleaseError):
    """The ledger was charged later than it is now: set the clock right, or wait where it ran ahead then."""

    words = "it is {now:%Y-%m-%d %H:%M}, the ledger was charged at {last_charge:%Y-%m-%d %H:%M}: set the clock right"
    now: datetime
    last_charge: datetime


@dataclass(eq=False)
class ContributionBoundError(ReleaseError):
    """Stored rows would let one household count more often than the noise is made for."""

    words = "stored rows of {city_code} would let one household count too often: {rule}"
    city_code: int
    rule: str


@dataclass(eq=False)
class FiguresAlteredError(ReleaseError):
    """The stored figures of a release are not those that were published."""

    words = "the stored figures of {release_id} are not those that were published"
    release_id: str


@dataclass(eq=False)
class SignatureError(ReleaseError):
    """Nobody who may publish has signed the figures of a release; `reason` is a fixed word: missing, wrong."""

    words = "{release_id} is not signed by a known key: the signature is {reason}"
    release_id: str
    reason: str


@dataclass(eq=False)
class LedgerMismatchError(ReleaseError):
    """A published product was not charged, or is not what was drawn for it."""

    words = "{product} of {release_id} was not charged, or is not what was drawn for it"
    release_id: str
    product: str
