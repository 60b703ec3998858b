"""Pains found in texts: how many of them, how often rightly, and what segmentation is for."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from field_apps_mock.city.ticket_texts import FAULTS, PERSONAL
from privacy.people.mining.tagger import Tagger
from privacy.people.mining.terms import get_shipped_terms
from privacy.release.values import Product
from privacy.release.vocabularies import get_keys

TEXTS = Path(__file__).with_name("texts.csv")


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    """Give a tagger with the shipped words."""
    return Tagger.of(get_shipped_terms())


@dataclass(slots=True)
class Score:
    """How often a tag was found rightly, wrongly, and not at all."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Return how much of what was found is right."""
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Return how much of what is there was found."""
        return self.right / max(self.right + self.missed, 1)


def score_texts(tagger: Tagger, *, part: str) -> dict[str, Score]:
    """Return the score of each tag, and of all together under "", over one part of the labelled texts."""
    scores: defaultdict[str, Score] = defaultdict(Score)
    with TEXTS.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["part"] != part:
                continue
            wanted = set(filter(None, row["tags"].split(";")))
            found = set(tagger.find_tags(row["text"], category=row["category"]))
            for tag in wanted | found:
                for score in (scores[f"{row['category']}/{tag}"], scores[""]):
                    score.right += tag in wanted and tag in found
                    score.wrong += tag not in wanted
                    score.missed += tag not in found
    return dict(scores)


@pytest.mark.parametrize(
    ("part", "precision", "recall"),
    [("held_out", 0.95, 0.95), ("colloquial_held_out", 0.90, 0.80), ("fresh", 0.90, 0.60)],
)
def test_texts_that_the_words_were_not_made_from_are_tagged_as_the_report_says(
    tagger: Tagger, part: str, precision: float, recall: float
) -> None:
    every = score_texts(tagger, part=part)[""]
    assert every.right + every.missed >= 30
    assert every.precision >= precision
    assert every.recall >= recall


def test_every_tag_is_found_in_most_held_out_texts_and_seldom_wrongly(tagger: Tagger) -> None:
    scores = score_texts(tagger, part="held_out")
    assert set(scores) == {"", *get_keys(Product.PAIN_POINTS)}
    low = {key: score for key, score in scores.items() if score.recall < 0.6 or score.precision < 0.8}
    assert low == {}


def test_every_complaint_of_the_demo_city_is_found(tagger: Tagger) -> None:
    said = [
        (category, fault.tag, text) for category, own in FAULTS.items() for fault in own for text in fault.complaints
    ]
    missed = [each for each in said if each[1] not in tagger.find_tags(each[2], category=each[0])]
    assert len(missed) <= len(said) * 0.1


@pytest.mark.parametrize(
    ("category", "text"),
    [
        ("refrigerator", "服务响应很快，不影响使用"),  # 响, which would be a noise
        ("washing_machine", "漏掉了一个螺丝，请补寄"),  # 漏, which would be a leak
        ("air_conditioner", "定期保养，没有异味"),
        ("water_heater", "没有漏水，想做保养"),
        ("television", ""),
    ],
)
def test_words_within_words_and_words_denied_are_no_pains(tagger: Tagger, category: str, text: str) -> None:
    assert tagger.find_tags(text, category=category) == []


def test_a_text_is_tagged_within_its_category_and_by_whole_sentences(tagger: Tagger) -> None:
    assert tagger.find_tags("一开就漏水", category="television") == []
    assert tagger.find_tags("声音正常。个头大。", category="refrigerator") == []
    assert tagger.find_tags("", category="no such") == []


@pytest.mark.parametrize("personal", PERSONAL)
def test_what_is_personal_in_a_text_is_no_pain(tagger: Tagger, personal: str) -> None:
    filled = personal.format(
        phone="15400000000", phone_spaced="154 0000 0000", phone_dashed="154-0000-0000", phone_han="一五四",
        number=7, building=3, unit=2, room=501,
    )  # fmt: skip
    for category in FAULTS:
        assert tagger.find_tags(filled, category=category) == []
