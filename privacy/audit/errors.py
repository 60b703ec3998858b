"""What can go wrong with the audit. No error quotes what an entry says."""

from __future__ import annotations

from enum import StrEnum


class Flaw(StrEnum):
    """What is wrong at the first bad number of a chain."""

    MISSING = "missing"
    REPEATED = "repeated"
    ALTERED = "altered"
    HEAD_DIFFERS = "head_differs"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"


class UnfitEntryError(Exception):
    """An entry says what the audit must not hold; `field` names the part that does."""

    def __init__(self, *, field: str) -> None:
        """Keep the name of the part."""
        super().__init__(f"{field} does not belong into the audit")
        self.field = field


class ChainBrokenError(Exception):
    """The chain does not hold from `number` on."""

    def __init__(self, *, number: int, flaw: Flaw) -> None:
        """Keep where and why."""
        super().__init__(f"entry {number}: {flaw}")
        self.number = number
        self.flaw = flaw


class KeptHeadError(Exception):
    """A kept head cannot be used; `reason` is a fixed word: syntax, signature."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason."""
        super().__init__(f"unusable head: {reason}")
        self.reason = reason
