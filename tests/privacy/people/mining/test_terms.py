"""Word lists: what is refused, and how an installation adds its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from privacy.people.mining.commands import vocabulary
from privacy.people.mining.errors import TermFault, TermsError
from privacy.people.mining.tagger import Tagger
from privacy.people.mining.terms import get_shipped_terms, parse_terms, read_terms
from privacy.release.values import Product
from privacy.release.vocabularies import get_keys

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "category,tag,words\n"


def test_every_pain_of_the_public_list_has_words_and_no_other_has() -> None:
    assert {term.key for term in get_shipped_terms()} == set(get_keys(Product.PAIN_POINTS))


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("", 1, TermFault.COLUMNS_WRONG),
        ("a,b,c\n", 1, TermFault.COLUMNS_WRONG),
        (f"{HEAD}freezer,door_seal\n", 2, TermFault.COLUMNS_WRONG),
        (f"{HEAD}freezer,door_seal,缝\nfreezer,haunted,鬼\n", 3, TermFault.TAG_UNKNOWN),
        (f"{HEAD}freezer,door_seal,缝||条\n", 2, TermFault.WORD_MISSING),
        (f"{HEAD}freezer,door_seal,+缝\n", 2, TermFault.WORD_MISSING),
        (f"{HEAD}freezer,door_seal,{'长' * 17}\n", 2, TermFault.WORD_TOO_LONG),
    ],
)
def test_a_list_that_is_wrong_says_where(text: str, line: int, fault: TermFault) -> None:
    with pytest.raises(TermsError) as refused:
        parse_terms(text)
    assert (refused.value.line, refused.value.fault) == (line, fault)


def test_imported_words_are_found_and_counted_once(tmp_path: Path) -> None:
    own, fresh = tmp_path / "terms.csv", tmp_path / "fresh.csv"
    fresh.write_text(f"{HEAD}freezer,door_seal,漏风\nfreezer,door_seal,门+歪|斜\n", encoding="utf-8")
    environment = {"PAIN_TERMS_FILE": str(own)}
    first, again = (CliRunner().invoke(vocabulary, ["import", str(fresh)], env=environment) for _ in range(2))
    assert first.output.startswith("2 of 2 rows were new")
    assert again.output.startswith("0 of 2 rows were new")
    tagger = Tagger.of(read_terms(own))
    assert tagger.find_tags("冷柜的门装歪了", category="freezer") == ["door_seal"]
    assert Tagger.of(get_shipped_terms()).find_tags("冷柜的门装歪了", category="freezer") == []
    shown = CliRunner().invoke(vocabulary, ["list", "--category", "freezer"], env=environment).output
    assert "漏风" in shown
    assert "refrigerator" not in shown


def test_an_import_of_a_wrong_list_or_to_nowhere_changes_nothing(tmp_path: Path) -> None:
    wrong, own = tmp_path / "wrong.csv", tmp_path / "own.csv"
    wrong.write_text(f"{HEAD}freezer,haunted,鬼\n", encoding="utf-8")
    refused = CliRunner().invoke(vocabulary, ["import", str(wrong)], env={"PAIN_TERMS_FILE": str(own)})
    assert (refused.exit_code, refused.output) == (1, "Error: wrong.csv, line 2: tag unknown\n")
    assert not own.exists()
    nowhere = CliRunner().invoke(vocabulary, ["import", str(wrong)], env={"PAIN_TERMS_FILE": None})
    assert nowhere.exit_code == 1
