"""The character allow-list, and the name of each breach with its position."""

from __future__ import annotations

import pytest

from messaging.campaigns.content.characters import find_characters, is_allowed
from messaging.campaigns.content.values import Rule, Verdict


@pytest.mark.parametrize(
    ("char", "rule"),
    [
        ("\u200b", Rule.INVISIBLE),
        ("\u2060", Rule.INVISIBLE),
        ("\ufeff", Rule.INVISIBLE),
        ("\u00ad", Rule.INVISIBLE),
        ("\u3164", Rule.FOREIGN_SCRIPT),
        ("\u0301", Rule.INVISIBLE),
        ("\ufe0f", Rule.INVISIBLE),
        ("\u3000", Rule.INVISIBLE),
        ("\t", Rule.INVISIBLE),
        ("\ud83d", Rule.INVISIBLE),
        ("\n", Rule.LINE_BREAK),
        ("😀", Rule.EMOJI),
        ("❤", Rule.EMOJI),
        ("★", Rule.EMOJI),
        ("①", Rule.ENCLOSED),
        ("⑴", Rule.ENCLOSED),
        ("➀", Rule.ENCLOSED),
        ("⁴", Rule.ENCLOSED),
        ("Ⅷ", Rule.ENCLOSED),
        ("㈱", Rule.ENCLOSED),
        ("【", Rule.SIGNATURE_BRACKET),
        ("】", Rule.SIGNATURE_BRACKET),
        ("[", Rule.SIGNATURE_BRACKET),
        ("а", Rule.FOREIGN_SCRIPT),
        ("か", Rule.FOREIGN_SCRIPT),
        ("𠮷", Rule.FOREIGN_SCRIPT),
        ("𝟏", Rule.ENCLOSED),
        ("⼀", Rule.SYMBOL),
        ("@", Rule.SYMBOL),
        ("$", Rule.SYMBOL),
        ("﹫", Rule.SYMBOL),
    ],
)
def test_each_breach_has_its_name_and_place(char: str, rule: Rule) -> None:
    (finding,) = find_characters(f"冰箱{char}换新")
    assert (finding.rule, finding.start, finding.end, finding.verdict) == (rule, 2, 3, Verdict.REFUSE)


def test_honest_characters_are_allowed() -> None:
    assert not find_characters(
        "冰箱（BCD-501W）8.5折，￥3,999起！“以旧换新”：约10㎡，26℃～28℃ １Ａ＋ok?~%&*=/;…—·《》、"
    )
    assert is_allowed("〇")


def test_neighbours_of_one_kind_are_one_finding() -> None:
    findings = find_characters("😀😀冰箱😀①")
    assert [(each.rule, each.start, each.end) for each in findings] == [
        (Rule.EMOJI, 0, 2),
        (Rule.EMOJI, 4, 5),
        (Rule.ENCLOSED, 5, 6),
    ]
