"""Layer 4: words, by an automaton over a versioned table that an operator can extend.

The table is CSV: term, class (contact, absolute, trade), verdict (refuse, review), exceptions. Characters in square
brackets stand for each other, so that one row holds a word with its homophones. Exceptions, split by bars, are longer
phrases in which the term is harmless.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import ahocorasick

from messaging.campaigns.content.values import Finding, Rule, RuleClass, Verdict
from messaging.campaigns.content.views import View, fold, keep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STRUCTURE_VERSION: Final = "2"
"""Raised with every change of the rules that are code; the table has a version of its own, its hash."""

_COLUMNS = ["term", "class", "verdict", "exceptions"]
_MAX_SPELLINGS = 400
# Signs that are written for another to slip past a reader; one for one, so that places stay.
_ODD, _USUAL = "壹贰弍叁弎肆伍陆柒捌玖拾佰仟弌蕞樶冣", "一二二三三四五六七八九十百千一最最最"
_PLAIN = {ord(odd): usual for odd, usual in zip(_ODD, _USUAL, strict=True)}
_PART = re.compile(r"\[([^\[\]]+)\]|([^\[\]])")
_RULES = {
    ("contact", Verdict.REFUSE): Rule.CONTACT,
    ("contact", Verdict.REVIEW): Rule.CONTACT_HINT,
    ("absolute", Verdict.REFUSE): Rule.ABSOLUTE,
    ("absolute", Verdict.REVIEW): Rule.ABSOLUTE_HINT,
    ("trade", Verdict.REFUSE): Rule.TRADE,
    ("trade", Verdict.REVIEW): Rule.TRADE_HINT,
}


class RuleTableError(Exception):
    """A row of the table cannot be read. `row` counts from 1 below the header; 0 is the header itself."""

    def __init__(self, *, row: int, column: str) -> None:
        """Keep the place; the message beside it is for the log."""
        super().__init__(f"row {row}, column {column}")
        self.row = row
        self.column = column


@dataclass(frozen=True, slots=True)
class _Word:
    """One spelling; `exceptions` are phrases with the place at which the spelling stands in them."""

    spelling: str
    rule: Rule
    verdict: Verdict
    exceptions: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The words of one version. `version` names the rules that are code and the table, and changes with either."""

    version: str
    automaton: Any

    def find_words(self, squeezed: View) -> list[Finding]:
        """Return the words of a text of letters and digits only; a word inside one of its exceptions is none."""
        findings = []
        text = squeezed.text.translate(_PLAIN)
        for last, words in self.automaton.iter(text):
            for word in words:
                place = last + 1 - len(word.spelling)
                if not _is_excepted(text, place, word=word):
                    start, end = squeezed.locate(place, last + 1)
                    findings.append(Finding(word.rule, RuleClass.WORDS, start, end, word.verdict))
        return findings


def _is_excepted(text: str, place: int, *, word: _Word) -> bool:
    return any(place >= offset and text.startswith(phrase, place - offset) for phrase, offset in word.exceptions)


def _squeeze(phrase: str) -> str:
    return keep(fold(phrase), only_alphanumeric=True).text.translate(_PLAIN)


def _spell(term: str, *, row: int) -> set[str]:
    """Return every spelling of a term, as the rules read it."""
    parts = [group or single for group, single in _PART.findall(term)]
    count = 1
    for part in parts:
        count *= len(part)
    spellings = {_squeeze("".join(chars)) for chars in product(*parts)} if count <= _MAX_SPELLINGS else set()
    if not spellings or "" in spellings:
        raise RuleTableError(row=row, column="term")
    return spellings


def _place_exceptions(spelling: str, phrases: Iterable[str]) -> Iterator[tuple[str, int]]:
    for phrase in phrases:
        for place in range(len(phrase)):
            if phrase.startswith(spelling, place):
                yield phrase, place


def _read_row(fields: dict[str, str], *, row: int) -> Iterator[_Word]:
    try:
        verdict = Verdict(fields["verdict"])
        rule = _RULES[fields["class"], verdict]
    except (KeyError, ValueError):
        raise RuleTableError(row=row, column="class, verdict") from None
    phrases = [_squeeze(phrase) for phrase in (fields["exceptions"] or "").split("|") if phrase]
    for spelling in sorted(_spell(fields["term"] or "", row=row)):
        yield _Word(spelling, rule, verdict, tuple(_place_exceptions(spelling, phrases)))


def read_rule_table(source: str) -> RuleTable:
    """Build the automaton of a table in CSV; raises RuleTableError naming the first row that cannot be read."""
    reader = csv.DictReader(source.splitlines())
    if reader.fieldnames != _COLUMNS:
        raise RuleTableError(row=0, column=", ".join(_COLUMNS))
    words: dict[str, list[_Word]] = {}
    for row, fields in enumerate(reader, start=1):
        for word in _read_row(fields, row=row):
            words.setdefault(word.spelling, []).append(word)
    if not words:
        raise RuleTableError(row=1, column="term")
    automaton = ahocorasick.Automaton()
    for spelling, same in words.items():
        automaton.add_word(spelling, tuple(same))
    automaton.make_automaton()
    return RuleTable(f"{STRUCTURE_VERSION}-{sha256(source.encode()).hexdigest()[:12]}", automaton)
