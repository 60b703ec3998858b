"""Versions of the operator's rules: made whole or not at all, never changed, in force from their commit on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from messaging.campaigns.broadcasts import preview
from messaging.campaigns.commands import content, rules
from messaging.campaigns.content.rules import get_shipped_rules
from messaging.campaigns.models import RuleVersion
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.values import Verdict
from tests.messaging.campaigns.examples import HEADER, HONEST, RULES, Desk, add_rules, make_request

if TYPE_CHECKING:
    from pathlib import Path

    from stack.test_services import TestServices


@pytest.fixture
def operator(services: TestServices, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Operator:
    """Give an operator at a command line, with an empty table of versions."""
    del desk
    monkeypatch.setenv("SERVING_URL", services.url("serving", role="field_operator"))
    return Operator(tmp_path / "rules.csv")


@dataclass(frozen=True, slots=True)
class Operator:
    """Runs commands with the rights of field_operator, on one file."""

    file: Path

    def run(self, *arguments: str) -> Result:
        """Run one command of `rules`."""
        return CliRunner().invoke(rules, arguments)

    def take_in(self, content: str | bytes) -> Result:
        """Write the file and import it."""
        self.file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.run("import", str(self.file))


def judge(desk: Desk, body: str = HONEST) -> tuple[Verdict, str]:
    audience = make_request().audience
    seen = preview(desk.sessions, actor=desk.actor, audience=audience, body=body, clock=desk.clock, settings=RULES)
    return seen.verdict, seen.rules_version


def test_a_new_version_holds_at_once_without_a_restart(desk: Desk) -> None:
    assert judge(desk) == (Verdict.ACCEPT, get_shipped_rules().version)
    add_rules(desk, "老小区,trade,review,")
    assert judge(desk)[0] is Verdict.REVIEW
    add_rules(desk, "老小区,trade,refuse,")
    assert judge(desk)[0] is Verdict.REFUSE
    add_rules(desk, "老小区,trade,refuse,老小区冰箱")
    verdict, version = judge(desk)
    assert verdict is Verdict.ACCEPT
    assert version.endswith("-3")


def test_the_table_of_a_version_is_built_once(desk: Desk) -> None:
    add_rules(desk, "蓝鲸,trade,review,")
    with desk.sessions() as one, desk.sessions() as other:
        assert get_rules(one) is get_rules(other)


def test_a_file_becomes_a_version_only_if_it_says_something_new(operator: Operator) -> None:
    first = operator.take_in(HEADER + "蓝鲸,trade,review,\n白鲸,trade,refuse,白鲸馆\n")
    assert first.output.endswith("rules.csv is version 1, 2 rows\n")
    # Another order and a BOM say nothing new.
    again = operator.take_in("\ufeff" + HEADER + "白鲸,trade,refuse,白鲸馆\r\n蓝鲸,trade,review,\r\n")
    assert again.output.endswith("rules.csv changes nothing: still version 1, 2 rows\n")
    assert operator.take_in(HEADER + "蓝鲸,trade,refuse,\n").output.endswith("is version 2, 1 rows\n")
    assert operator.run("diff", "1", "2").output.splitlines() == [
        "- 白鲸,trade,refuse,白鲸馆",
        "- 蓝鲸,trade,review,",
        "+ 蓝鲸,trade,refuse,",
    ]
    assert operator.run("diff", "0", "2").output == "+ 蓝鲸,trade,refuse,\n"
    assert operator.run("list", "--version", "1").output == HEADER + "白鲸,trade,refuse,白鲸馆\n蓝鲸,trade,review,\n"
    listed = operator.run("list").output
    assert listed.index(" 2 ") < listed.index(" 1 ") < listed.index("shipped")
    shipped = operator.run("list", "--version", "0").output
    assert shipped.startswith(HEADER)
    assert "\nwechat,contact,refuse,\n" in shipped


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEADER + "蓝鲸,trade,review,\n白鲸,whale,review,\n", "row 2, column class"),
        (HEADER + "蓝鲸,trade,review,\n,trade,review,\n", "row 2, column term"),
        (HEADER + "x5412345678,known,accept,\n", "row 1, column term"),
        (HEADER + "whale.com,known,accept,\n", "row 1, column term"),
        ("term;class\n蓝鲸;trade\n", "the header, column term, class, verdict, exceptions"),
        ((HEADER + "白鲸,trade,review,\n蓝鲸,trade,review,\n").encode("gbk"), "row 1 is no UTF-8"),
    ],
)
def test_a_row_that_is_wrong_is_named_and_nothing_is_written(
    operator: Operator, desk: Desk, content: str | bytes, said: str
) -> None:
    refused = operator.take_in(content)
    assert refused.exit_code == 1
    assert str(operator.file) in refused.output
    assert said in refused.output
    assert refused.output.endswith("nothing was written\n")
    with desk.sessions() as session:
        assert session.scalars(select(RuleVersion)).all() == []


def test_a_version_that_is_not_there_is_said_to_be_none(operator: Operator) -> None:
    for arguments in (("list", "--version", "7"), ("diff", "0", "7")):
        assert operator.run(*arguments).output == "Error: there is no such version: see `rules list`\n"


def test_not_even_an_operator_can_change_a_version(desk: Desk) -> None:
    add_rules(desk, "蓝鲸,trade,review,")
    for statement in ("UPDATE campaigns.rule_versions SET number = 9", "DELETE FROM campaigns.rule_versions"):
        with desk.operator() as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text(statement))


def test_the_web_process_cannot_make_a_version(desk: Desk) -> None:
    statement = "INSERT INTO campaigns.rule_versions VALUES (1, '', 1, '', now())"
    with desk.sessions() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(statement))


def test_a_text_can_be_judged_by_what_is_imported(operator: Operator) -> None:
    line = "蓝鲸冰箱到店".encode()
    assert b'"accept"' in CliRunner().invoke(content, ["check", "--imported"], input=line).stdout_bytes
    assert operator.take_in(f"{HEADER}蓝鲸,trade,refuse,\n").exit_code == 0
    assert b'"refuse"' in CliRunner().invoke(content, ["check", "--imported"], input=line).stdout_bytes
    assert b'"accept"' in CliRunner().invoke(content, ["check"], input=line).stdout_bytes
    both = CliRunner().invoke(content, ["check", "--imported", "--rules", str(operator.file)], input=line)
    assert (both.exit_code, "give one of --rules and --imported" in both.output) == (2, True)
