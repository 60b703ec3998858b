"""Pains in free text at intake: they count beside the fault tags, under the same bound, and nothing else is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from privacy.people.mining.tagger import Tagger
from privacy.people.mining.terms import get_shipped_terms, parse_terms
from tests.privacy.people.drops import add_row, make_tables

if TYPE_CHECKING:
    from tests.privacy.people.conftest import Intake

ONE = "K00007"
OWN = {"customer_id": ONE, "category": "refrigerator", "opened_at": "2026-02-03"}
PAINS = "SELECT tag, counted FROM core.pain_points WHERE household_id = :id AND category = 0 ORDER BY tag"


def test_what_a_text_speaks_of_counts_like_a_fault_tag(intake: Intake) -> None:
    tables = make_tables(20)
    add_row(tables["tickets"], **OWN, fault_tag="other", free_text="压缩机噪音大，冷冻室结冰很厚")
    writer = intake.writer()
    writer.write(tables)
    intake(writer, find_tags=Tagger.of(get_shipped_terms()).find_tags)
    assert intake.ask(PAINS, id=intake.get_household(ONE)) == [("frost", True), ("noise", True)]


def test_many_mined_pains_stay_within_the_bound(intake: Intake) -> None:
    tables = make_tables(20)
    for category, text in (("washing_machine", "不排水，抖动，漏水"), ("air_conditioner", "不制冷，滴水，有异味")):
        add_row(tables["tickets"], **OWN | {"category": category}, fault_tag="other", free_text=text)
    writer = intake.writer()
    writer.write(tables)
    intake(writer, find_tags=Tagger.of(get_shipped_terms()).find_tags)
    counted = "SELECT count(*), count(*) FILTER (WHERE counted) FROM core.pain_points WHERE household_id = :id"
    assert intake.ask(counted, id=intake.get_household(ONE)) == [(7, 3)]


def test_a_ticket_that_comes_again_is_tagged_by_the_words_of_today_and_stored_once(intake: Intake) -> None:
    tables = make_tables(20)
    add_row(tables["tickets"], **OWN, fault_tag="other", free_text="它总是唱歌")
    for drop_id, words in (("first", get_shipped_terms()), ("second", parse_terms(
        "category,tag,words\nrefrigerator,noise,唱歌\n"
    ))):  # fmt: skip
        writer = intake.writer(drop_id, drop_id=drop_id)
        writer.write(tables)
        intake(writer, find_tags=Tagger.of(words).find_tags)
    assert intake.ask(PAINS, id=intake.get_household(ONE)) == [("noise", True)]
    assert intake.ask("SELECT count(*) FROM core.tickets WHERE category = 0") == [(1,)]
