"""Word lists: which words stand for which pain. The shipped list, and one that an installation may add to it.

A row is `category,tag,words`. `words` are groups joined by `+`, all of which must occur in a sentence; a group is
alternatives joined by `|`. Only tags of the public vocabulary can be meant: a list makes no new figure.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from privacy.people.mining.errors import TermFault, TermsError
from privacy.release.values import Product
from privacy.release.vocabularies import get_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

COLUMNS = ["category", "tag", "words"]
LONGEST_WORD = 16


@dataclass(frozen=True, slots=True)
class Term:
    """One row: in each group one of its words must occur."""

    category: str
    tag: str
    groups: tuple[frozenset[str], ...]

    @property
    def key(self) -> str:
        """Return the key of the pain in the public vocabulary."""
        return f"{self.category}/{self.tag}"

    @property
    def words(self) -> frozenset[str]:
        """Return every word of the row."""
        return frozenset().union(*self.groups)

    def write(self) -> list[str]:
        """Return the row as it stands in a file."""
        return [self.category, self.tag, "+".join("|".join(sorted(group)) for group in self.groups)]


def parse_terms(text: str) -> list[Term]:
    """Read a word list. Raises TermsError for the first row that cannot be used."""
    rows = csv.reader(text.removeprefix("\ufeff").splitlines())
    return list(_parse_rows(list(rows)))


def _parse_rows(rows: Sequence[list[str]]) -> Iterator[Term]:
    known = frozenset(get_keys(Product.PAIN_POINTS))
    if not rows or rows[0] != COLUMNS:
        raise TermsError(line=1, fault=TermFault.COLUMNS_WRONG)
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(COLUMNS):
            raise TermsError(line=line, fault=TermFault.COLUMNS_WRONG)
        category, tag, words = (cell.strip() for cell in row)
        groups = tuple(frozenset(word.strip() for word in group.split("|")) for group in words.split("+"))
        term = Term(category, tag, groups)
        if term.key not in known:
            raise TermsError(line=line, fault=TermFault.TAG_UNKNOWN)
        if "" in term.words:
            raise TermsError(line=line, fault=TermFault.WORD_MISSING)
        if max(map(len, term.words)) > LONGEST_WORD:
            raise TermsError(line=line, fault=TermFault.WORD_TOO_LONG)
        yield term


def get_shipped_terms() -> list[Term]:
    """Return the list that comes with the code."""
    return parse_terms(files("privacy.people.mining").joinpath("terms.csv").read_text(encoding="utf-8"))


def read_terms(path: Path | None) -> list[Term]:
    """Return the shipped list and, where there is one, an installation's own after it. Raises TermsError, OSError."""
    own = parse_terms(path.read_text(encoding="utf-8")) if path is not None else []
    return [*get_shipped_terms(), *own]
