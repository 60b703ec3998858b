"""What is wrong with a word list. Typed attributes only."""

from __future__ import annotations

from enum import StrEnum


class TermFault(StrEnum):
    """Why a row of a word list cannot be used."""

    COLUMNS_WRONG = "columns_wrong"
    TAG_UNKNOWN = "tag_unknown"
    WORD_MISSING = "word_missing"
    WORD_TOO_LONG = "word_too_long"


class TermsError(ValueError):
    """A word list that is not as docs/pain-mining.md says; `line` counts from 1, the line of column names."""

    def __init__(self, *, line: int, fault: TermFault) -> None:
        """Keep the attributes; the message beside them is for whoever edits the list."""
        super().__init__(f"line {line}: {fault.replace('_', ' ')}")
        self.line = line
        self.fault = fault
