"""The ways in which the double can be told to fail, and who decides when: a count, a probability, or both."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from enum import StrEnum


class Mode(StrEnum):
    """One kind of failure; what it does is said where it is produced (`broken_answers.py`, `network.py`)."""

    ACCEPTED_DROPPED = "accepted_dropped"
    ACCEPTED_500 = "accepted_500"
    DROPPED = "dropped"
    ERROR_500 = "error_500"
    HANG = "hang"
    TOO_MANY_REQUESTS = "429"
    HTML_502 = "html_502"
    TRUNCATED_201 = "truncated_201"
    ERROR = "error"
    LISTING_LATE = "listing_late"
    LISTING_FAILS = "listing_fails"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    SILENT = "silent"
    CALLBACK_TWICE = "callback_twice"
    CALLBACK_FIRST = "callback_first"


class Moment(StrEnum):
    """When a mode strikes: answering a create call, listing, or on the way to the phone."""

    CREATE = "create"
    ACCEPTED = "accepted"
    LIST = "list"
    FATE = "fate"


MOMENTS: dict[Mode, Moment] = {
    Mode.LISTING_LATE: Moment.ACCEPTED,
    Mode.LISTING_FAILS: Moment.LIST,
    Mode.UNDELIVERED: Moment.FATE,
    Mode.FAILED: Moment.FATE,
    Mode.SILENT: Moment.FATE,
    Mode.CALLBACK_TWICE: Moment.FATE,
    Mode.CALLBACK_FIRST: Moment.FATE,
}
"""Modes not named here strike at CREATE."""

ACCEPTING = frozenset({Mode.ACCEPTED_DROPPED, Mode.ACCEPTED_500, Mode.TRUNCATED_201, Mode.HANG})
"""Modes that accept the message before they fail, unless the rule says otherwise."""

DEFAULT_SECONDS: dict[Mode, float] = {Mode.HANG: 60.0, Mode.LISTING_LATE: 30.0, Mode.TOO_MANY_REQUESTS: 1.0}


@dataclass(slots=True)
class Rule:
    """An order to fail. `remaining` None means for ever; `seconds` is how long a hang, delay or Retry-After lasts."""

    mode: Mode
    remaining: int | None = None
    probability: float = 1.0
    seconds: float = 0.0
    code: int | str = 20500
    accepts: bool = False

    @property
    def name(self) -> str:
        """Return what the statistics call it: an error by its code."""
        return str(self.code) if self.mode is Mode.ERROR else str(self.mode)


@dataclass(slots=True)
class FaultPlan:
    """The rules in force, tried in the order they were given. Safe to use from many threads."""

    rules: list[Rule] = field(default_factory=list)
    chance: random.Random = field(default_factory=random.Random)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def order(self, rule: Rule) -> None:
        """Put a rule in force in place of an older one of the same name."""
        with self.lock:
            self.rules = [older for older in self.rules if older.name != rule.name] + [rule]

    def clear(self) -> None:
        """Behave well from now on."""
        with self.lock:
            self.rules = []

    def reseed(self, seed: int) -> None:
        """Make the coming draws repeatable."""
        with self.lock:
            self.chance = random.Random(seed)

    def draw(self, moment: Moment) -> Rule | None:
        """Return the rule that strikes now, having used up one of its count."""
        with self.lock:
            for rule in self.rules:
                if MOMENTS.get(rule.mode, Moment.CREATE) is not moment or rule.remaining == 0:
                    continue
                if self.chance.random() < rule.probability:
                    rule.remaining = None if rule.remaining is None else rule.remaining - 1
                    return rule
        return None
