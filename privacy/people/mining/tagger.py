"""Finds the pains that a ticket's text speaks of: segment each sentence, and look its words up in the lists.

Segmentation is what keeps 响 in 影响, or 漏 in 漏掉, from being a noise or a leak. A word right after a negation, as in
没有异味, counts for nothing. The text goes in and tags of the public vocabulary come out; nothing else of it is kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import rjieba

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from privacy.people.mining.terms import Term

LEAST_FREQUENCY = 20_000
"""So common is a listed word at least held to be, of some 60 million: 外漏 then falls into 外 and 漏, 影响 does not."""

_SENTENCE_ENDS = re.compile(r"[。！？!?；;\n\r]+")
_NEGATIONS = frozenset({"没有", "没", "无", "不是", "并非", "未", "没什么", "不会"})


@dataclass(frozen=True, slots=True)
class Tagger:
    """Word lists and a segmenter that knows their words."""

    segmenter: rjieba.Jieba
    terms: dict[str, list[Term]]

    @classmethod
    def of(cls, terms: Iterable[Term]) -> Tagger:
        """Make a tagger: some 150 ms for the dictionary, once a process."""
        segmenter = rjieba.Jieba()
        by_category: defaultdict[str, list[Term]] = defaultdict(list)
        for term in terms:
            by_category[term.category].append(term)
            for word in sorted(term.words):
                segmenter.add_word(word, max(segmenter.suggest_freq(word), LEAST_FREQUENCY), None)
        return cls(segmenter, dict(by_category))

    def find_tags(self, text: str, *, category: str) -> list[str]:
        """Return the tags of the category that a text speaks of, sorted; none for a text that speaks of none."""
        terms = self.terms.get(category, [])
        found: set[str] = set()
        for sentence in _SENTENCE_ENDS.split(text) if terms else ():
            words = frozenset(_affirm(self.segmenter.cut(sentence, hmm=False)))
            found |= {term.tag for term in terms if all(not group.isdisjoint(words) for group in term.groups)}
        return sorted(found)


def _affirm(words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a sentence without those that the word before them denies."""
    before = ""
    for word in words:
        if before not in _NEGATIONS:
            yield word
        before = word
