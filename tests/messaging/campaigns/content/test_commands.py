"""`manage.py content check`: one text a line in, one JSON verdict a line out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from messaging.campaigns.commands import content

if TYPE_CHECKING:
    from pathlib import Path


def check(lines: bytes, *options: str) -> list[dict[str, Any]]:
    answer = CliRunner().invoke(content, ["check", *options], input=lines)
    assert answer.exit_code == 0, answer.output
    return [json.loads(line) for line in answer.output.splitlines()]


def test_each_line_gets_its_verdict_with_places_in_the_line_as_given() -> None:
    accepted, reviewed, refused = check("冰箱到店2999元\n𠮷祥冰箱，扫码预约\n打15412345678\r\n".encode())
    assert accepted == {"verdict": "accept", "findings": []}
    assert reviewed["verdict"] == "refuse"  # the rare sign counts as one character
    spans = {(one["rule"], one["class"], one["start"], one["end"]) for one in reviewed["findings"]}
    assert spans == {("foreign_script", "characters", 0, 1), ("private_contact_hint", "words", 5, 7)}
    assert refused["findings"] == [{"rule": "mobile_number", "class": "structure", "start": 1, "end": 12}]


def test_lengths_of_one_message_count_only_when_asked_and_500_characters_always() -> None:
    lines = f"{'好' * 59}\n{'好' * 501}\n".encode()
    assert [one["verdict"] for one in check(lines)] == ["accept", "refuse"]
    assert [one["verdict"] for one in check(lines, "--length")] == ["refuse", "refuse"]


def test_what_is_no_utf_8_is_refused_and_the_next_line_read() -> None:
    assert [one["verdict"] for one in check(b"\xff\xfe\n" + "冰箱到店有礼\n".encode())] == ["refuse", "accept"]


def test_a_table_can_be_tried_before_it_is_imported(tmp_path: Path) -> None:
    file = tmp_path / "rules.csv"
    file.write_text("term,class,verdict,exceptions\n蓝鲸,trade,refuse,\n", encoding="utf-8")
    assert check("蓝鲸冰箱到店\n".encode(), "--rules", str(file))[0]["verdict"] == "refuse"
    assert check("蓝鲸冰箱到店\n".encode())[0]["verdict"] == "accept"
