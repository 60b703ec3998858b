"""Layer 4: words, by automata over a versioned table that an operator can extend without a release."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import ahocorasick

from messaging.campaigns.content.homophones import read_sounds
from messaging.campaigns.content.terms import MAX_ROWS, TermClass, fold_known, plain, spell, spell_pair, write_rows
from messaging.campaigns.content.values import Finding, Rule, RuleClass, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from messaging.campaigns.content.terms import TermRow
    from messaging.campaigns.content.views import View

STRUCTURE_VERSION: Final = "4"
"""Raised with every change of the rules that are code; the table has a version of its own, its hash."""

_RULES = {
    (TermClass.CONTACT, Verdict.REFUSE): Rule.CONTACT,
    (TermClass.CONTACT, Verdict.REVIEW): Rule.CONTACT_HINT,
    (TermClass.ABSOLUTE, Verdict.REFUSE): Rule.ABSOLUTE,
    (TermClass.ABSOLUTE, Verdict.REVIEW): Rule.ABSOLUTE_HINT,
    (TermClass.TRADE, Verdict.REFUSE): Rule.TRADE,
    (TermClass.TRADE, Verdict.REVIEW): Rule.TRADE_HINT,
    (TermClass.DECEPTION, Verdict.REFUSE): Rule.DECEPTION,
    (TermClass.DECEPTION, Verdict.REVIEW): Rule.DECEPTION_HINT,
}
_GAP_MAX = 6
_SOUND_MIN = 2
_HAN_SOUND_MIN = 3


@dataclass(frozen=True, slots=True)
class _Word:
    """One spelling. `exceptions` are phrases by the place at which the spelling stands in them, and their length.

    With a `pair` it counts only where one of the words of that number follows within a few characters.
    """

    spelling: str
    term_class: TermClass
    verdict: Verdict
    exceptions: dict[tuple[int, int], frozenset[str]]
    pair: str = ""

    @property
    def rule(self) -> Rule:
        """The rule that objects to it."""
        return _RULES[self.term_class, self.verdict]


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The words of one version. `version` names the rules that are code and the tables, and changes with each."""

    version: str
    automaton: Any
    tails: Any
    sounds: Any
    known: Any

    def find_words(self, squeezed: View) -> list[Finding]:
        """Return the words of a text of letters and digits only; a word inside one of its exceptions is none."""
        findings = []
        text = plain(squeezed.text)
        tails: dict[str, list[tuple[int, int]]] | None = None
        for last, words in self.automaton.iter(text):
            for word in words:
                first, end = last + 1 - len(word.spelling), last + 1
                if word.pair:
                    tails = self._find_tails(text) if tails is None else tails
                    end = _find_tail_end(tails.get(word.pair, []), after=end)
                if end and not _is_excepted(text, first, word=word):
                    span = squeezed.locate(first, end)
                    findings.append(Finding(word.rule, RuleClass.WORDS, *span, word.verdict))
        return findings + list(self._find_sounds(squeezed, text=text))

    def _find_tails(self, text: str) -> dict[str, list[tuple[int, int]]]:
        found: dict[str, list[tuple[int, int]]] = {}
        for last, (length, pairs) in self.tails.iter(text):
            for pair in pairs:
                found.setdefault(pair, []).append((last + 1 - length, last + 1))
        return {pair: sorted(spans) for pair, spans in found.items()}

    def _find_sounds(self, squeezed: View, *, text: str) -> Iterator[Finding]:
        """Find words that are written as they sound: in pinyin in whole or in part, or three characters or more."""
        sounds = read_sounds(text)
        for last, (sound, words) in self.sounds.iter(sounds.text):
            first = last + 1 - len(sound)
            start, end = sounds.locate(first, last + 1)
            typed = text[start:end]
            has_latin = any(char.isascii() for char in typed)
            if typed in words or not (has_latin or len(sound) >= _HAN_SOUND_MIN):
                continue
            word = words[min(words)]
            if len(sound) == _SOUND_MIN and word.verdict is not Verdict.REFUSE:
                continue  # 史 after A.O. sounds like a word that is only doubtful
            verdict = word.verdict if has_latin else Verdict.REVIEW
            rule = _RULES[word.term_class, verdict]
            yield Finding(rule, RuleClass.WORDS, *squeezed.locate(start, end), verdict)

    def find_known(self, folded: View) -> list[tuple[int, int]]:
        """Return where words and models stand that are known, as spans of the typed text; never inside a longer one."""
        text = folded.text
        spans = [(last + 1 - length, last + 1) for last, length in self.known.iter(text)]
        return [
            folded.locate(start, end)
            for start, end in spans
            if not (_is_latin(text[start - 1 : start]) or _is_latin(text[end : end + 1]))
        ]


def build_rule_table(rows: Sequence[TermRow], *, added: Sequence[TermRow] = (), number: int = 0) -> RuleTable:
    """Return the automata of the shipped rows and those that an operator added, under their number.

    Where both have a spelling in one class, the added verdict holds and exceptions come together; `accept` ends it.
    """
    words = {_name(word): word for row in rows for word in _spell(row)}
    for row in added:
        for word in _spell(row):
            shipped = words.get(_name(word))
            exceptions = _unite(word.exceptions, shipped.exceptions if shipped else {})
            words[_name(word)] = replace(word, exceptions=exceptions)
    kept = [word for word in words.values() if word.verdict is not Verdict.ACCEPT]
    known = {fold_known(row.term) for row in (*rows, *added) if row.term_class is TermClass.KNOWN}
    digest = sha256((write_rows(rows) + write_rows(added)).encode()).hexdigest()[:12]
    version = f"{STRUCTURE_VERSION}-{digest}" + (f"-{number}" if number else "")
    tails = {row.term.partition("*")[2] for row in (*rows, *added)} - {""}
    return RuleTable(version, _build_words(kept), _build_tails(tails), _build_sounds(kept), _build_known(known))


def _name(word: _Word) -> tuple[str, str, TermClass]:
    return word.spelling, word.pair, word.term_class


@lru_cache(maxsize=MAX_ROWS)
def _spell(row: TermRow) -> tuple[_Word, ...]:
    if row.term_class is TermClass.KNOWN:
        return ()
    phrases = sorted({spelling for phrase in row.exceptions for spelling in spell(phrase)})
    pair = row.term.partition("*")[2]
    return tuple(
        _Word(spelling, row.term_class, row.verdict, _place_exceptions(spelling, phrases), pair)
        for spelling in sorted(spell_pair(row.term)[0])
    )


def _place_exceptions(spelling: str, phrases: Iterable[str]) -> dict[tuple[int, int], frozenset[str]]:
    placed: dict[tuple[int, int], set[str]] = {}
    for phrase in phrases:
        for place in range(len(phrase)):
            if phrase.startswith(spelling, place):
                placed.setdefault((place, len(phrase)), set()).add(phrase)
    return {shape: frozenset(same) for shape, same in placed.items()}


def _unite(
    some: dict[tuple[int, int], frozenset[str]], others: dict[tuple[int, int], frozenset[str]]
) -> dict[tuple[int, int], frozenset[str]]:
    none: frozenset[str] = frozenset()
    return {shape: some.get(shape, none) | others.get(shape, none) for shape in {*some, *others}}


def _build_words(words: Iterable[_Word]) -> Any:  # noqa: ANN401 - the library carries no types
    by_spelling: dict[str, list[_Word]] = {}
    for word in words:
        by_spelling.setdefault(word.spelling, []).append(word)
    return _build({spelling: tuple(same) for spelling, same in by_spelling.items()})


def _build_tails(tails: Iterable[str]) -> Any:  # noqa: ANN401 - the library carries no types
    by_spelling: dict[str, list[str]] = {}
    for tail in sorted(tails):
        for spelling in spell(tail):
            by_spelling.setdefault(spelling, []).append(tail)
    return _build({spelling: (len(spelling), tuple(pairs)) for spelling, pairs in by_spelling.items()})


def _build_sounds(words: Iterable[_Word]) -> Any:  # noqa: ANN401 - the library carries no types
    by_sound: dict[str, dict[str, _Word]] = {}
    for word in words:
        sound = read_sounds(word.spelling)
        if not word.pair and len(sound.text) >= _SOUND_MIN and sound.is_spoken:
            by_sound.setdefault(sound.text, {})[word.spelling] = word
    return _build({sound: (sound, same) for sound, same in by_sound.items()})


def _build_known(known: Iterable[str]) -> Any:  # noqa: ANN401 - the library carries no types
    return _build({term: len(term) for term in known})


def _build(values: dict[str, Any]) -> Any:  # noqa: ANN401 - the library carries no types
    automaton = ahocorasick.Automaton()
    for key, value in (values or {"\x00": ()}).items():  # an automaton without a word cannot be asked
        automaton.add_word(key, value)
    automaton.make_automaton()
    return automaton


def _find_tail_end(spans: list[tuple[int, int]], *, after: int) -> int:
    """Return the end of the first span that begins within the gap of a star, or 0."""
    place = bisect_left(spans, (after, 0))
    if place < len(spans) and spans[place][0] <= after + _GAP_MAX:
        return spans[place][1]
    return 0


def _is_excepted(text: str, place: int, *, word: _Word) -> bool:
    # By shape, of which a word has few, and not by phrase, of which it may have hundreds: texts may repeat a word.
    return any(
        place >= offset and text[place - offset : place - offset + length] in phrases
        for (offset, length), phrases in word.exceptions.items()
    )


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
