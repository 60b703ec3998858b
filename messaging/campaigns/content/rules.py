"""The rules that come with the package; a table that an operator extended is given to the check instead."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from messaging.campaigns.content.terms import read_rows
from messaging.campaigns.content.words import build_rule_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from messaging.campaigns.content.terms import TermRow
    from messaging.campaigns.content.words import RuleTable


@cache
def get_shipped_rows() -> tuple[TermRow, ...]:
    """Return the rows of the table that comes with the package."""
    return tuple(read_rows(files("messaging.campaigns.content").joinpath("words.csv").read_text("utf-8")))


@cache
def get_shipped_rules() -> RuleTable:
    """Return the table that comes with the package, built once a process; its `version` names all rules."""
    return build_rule_table(get_shipped_rows())


def extend_shipped_rules(added: Sequence[TermRow], *, number: int) -> RuleTable:
    """Return the table that comes with the package with an operator's rows over it."""
    return build_rule_table(get_shipped_rows(), added=added, number=number)
