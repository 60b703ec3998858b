"""The rows of a rule table, as CSV: term, class, verdict, exceptions. What a row means stands in words.py.

In a term, characters in square brackets stand for each other, so that one row holds a word with its homophones; so do
words in round brackets, split by bars. A star stands for at most six letters or digits between a word and another:
`(请|需)[付交]*(税金|手续费)`. Exceptions, split by bars too, are longer phrases in which the term, or its part before
the star, is harmless. The table that comes with the package and the one that an operator adds have the same shape.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Final

from messaging.campaigns.content.values import Verdict
from messaging.campaigns.content.views import fold, keep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COLUMNS: Final = ("term", "class", "verdict", "exceptions")
MAX_ROWS: Final = 20_000
_MAX_SPELLINGS = 1000
_MAX_TERM = 400
# Signs that are written for another to slip past a reader; one for one, so that places stay.
_ODD, _USUAL = "壹贰弍叁弎肆伍陆柒捌玖拾佰仟弌蕞樶冣", "一二二三三四五六七八九十百千一最最最"
_PLAIN = {ord(odd): usual for odd, usual in zip(_ODD, _USUAL, strict=True)}
_PART = re.compile(r"\[([^][()*]+)\]|\(([^][()*]+)\)|([^][()*|])")
_TERM = re.compile(rf"(?:{_PART.pattern})+(?:\*(?:{_PART.pattern})+)?")
_BAR = re.compile(r"\|(?![^(]*\))")  # one outside round brackets
_KNOWN = re.compile(r"(?=[a-z0-9 ./-]*[a-z])[a-z0-9](?:[a-z0-9 ./-]*[a-z0-9])?")


class TermClass(StrEnum):
    """What a term is a sign of; `known` are Latin words and model numbers that nobody has to look at."""

    CONTACT = "contact"
    ABSOLUTE = "absolute"
    TRADE = "trade"
    DECEPTION = "deception"
    KNOWN = "known"


class RuleTableError(Exception):
    """A row of the table cannot be read. `row` counts from 1 below the header; 0 is the header itself."""

    def __init__(self, *, row: int, column: str) -> None:
        """Keep the place; the message beside it is for the log."""
        super().__init__(f"row {row}, column {column}")
        self.row = row
        self.column = column


@dataclass(frozen=True, slots=True)
class TermRow:
    """One row. Verdict `accept` takes a term of the shipped table out of force, and is the only one of `known`."""

    term: str
    term_class: TermClass
    verdict: Verdict
    exceptions: tuple[str, ...] = ()


def read_rows(source: str) -> list[TermRow]:
    """Return the rows of a table in CSV; raises RuleTableError naming the first that cannot be read."""
    reader = csv.DictReader(io.StringIO(source, newline=""))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise RuleTableError(row=0, column=", ".join(COLUMNS))
    rows: list[TermRow] = []
    seen: set[tuple[TermClass, str]] = set()
    for number, fields in enumerate(reader, start=1):
        row = _read_row(fields, number=number)
        spellings = {(row.term_class, spelling) for spelling in _name_spellings(row)}
        if number > MAX_ROWS or not seen.isdisjoint(spellings):
            raise RuleTableError(row=number, column="term")
        seen |= spellings
        rows.append(row)
    if not rows:
        raise RuleTableError(row=1, column="term")
    return rows


def write_rows(rows: Iterable[TermRow]) -> str:
    """Return rows as CSV, with their header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((row.term, row.term_class.value, row.verdict.value, "|".join(row.exceptions)) for row in rows)
    return buffer.getvalue()


def squeeze(phrase: str) -> str:
    """Return a phrase as the word rules read texts: folded, letters and digits only."""
    return plain(keep(fold(phrase), only_alphanumeric=True).text)


def plain(text: str) -> str:
    """Return a squeezed text with odd signs written as the usual ones, each in its place."""
    return text.translate(_PLAIN)


def fold_known(term: str) -> str:
    """Return a known word or model as it stands in a folded text."""
    return fold(term).text


def spell(term: str) -> set[str]:
    """Return every spelling of a term without a star, as the rules read it; none where there are too many."""
    parts = [list(chars or single) if not words else words.split("|") for chars, words, single in _PART.findall(term)]
    count = 1
    for part in parts:
        count *= len(part)
    spellings = {squeeze("".join(chars)) for chars in product(*parts)} if count <= _MAX_SPELLINGS else set()
    return set() if "" in spellings else spellings


def spell_pair(term: str) -> tuple[set[str], set[str]]:
    """Return every spelling of a term before its star and behind it; none behind where it has no star."""
    head, _, tail = term.partition("*")
    return spell(head), spell(tail) if tail else set()


def _name_spellings(row: TermRow) -> set[str]:
    if row.term_class is TermClass.KNOWN:
        return {fold_known(row.term)}
    tail = row.term.partition("*")[2]
    return {f"{head}*{tail}" for head in spell_pair(row.term)[0]}


def _read_row(fields: dict[str, str | None], *, number: int) -> TermRow:
    texts = {name: (fields.get(name) or "").strip() for name in COLUMNS}
    if None in fields:  # the key under which the reader keeps fields beyond the header's
        raise RuleTableError(row=number, column="exceptions")
    try:
        term_class = TermClass(texts["class"])
    except ValueError:
        raise RuleTableError(row=number, column="class") from None
    if texts["verdict"] not in set(Verdict):
        raise RuleTableError(row=number, column="verdict")
    exceptions = tuple(phrase for phrase in _BAR.split(texts["exceptions"]) if phrase)
    row = TermRow(texts["term"], term_class, Verdict(texts["verdict"]), exceptions)
    for column in _find_faults(row):
        raise RuleTableError(row=number, column=column)
    return row


def _find_faults(row: TermRow) -> Iterator[str]:
    if not row.term or len(row.term) > _MAX_TERM:
        yield "term"
    if row.term_class is TermClass.KNOWN:
        if not _KNOWN.fullmatch(fold_known(row.term)):
            yield "term"
        if row.verdict is not Verdict.ACCEPT:
            yield "verdict"
        if row.exceptions:
            yield "exceptions"
        return
    heads, tails = spell_pair(row.term)
    if not _TERM.fullmatch(row.term) or not heads or ("*" in row.term and not tails):
        yield "term"
    for phrases in map(spell, row.exceptions):
        if not phrases or any(not any(head in phrase for head in heads) for phrase in phrases):
            yield "exceptions"
