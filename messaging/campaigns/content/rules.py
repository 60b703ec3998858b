"""The rules that come with the package; a table that an operator extended is given to the check instead."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from messaging.campaigns.content.words import read_rule_table

if TYPE_CHECKING:
    from messaging.campaigns.content.words import RuleTable


@cache
def get_shipped_rules() -> RuleTable:
    """Return the table that comes with the package, built once a process; its `version` names all rules."""
    return read_rule_table(files("messaging.campaigns.content").joinpath("words.csv").read_text("utf-8"))
