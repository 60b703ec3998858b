"""A command goes from group to group: what keeps it from one keeps it from no other."""

from __future__ import annotations

import click
import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from privacy.groups import Group
from privacy.visiting import visit

URL = SecretStr("postgresql+psycopg://db/people")
GROUPS = [Group(name, URL, URL, frozenset({code})) for code, name in enumerate(("east", "north"))]


@pytest.mark.parametrize(
    "failure",
    [
        OperationalError("SELECT 1", {}, Exception("away")),
        psycopg.OperationalError("away"),
        click.ClickException("refused"),
    ],
)
def test_a_group_that_is_away_is_named_and_the_next_is_visited(failure: Exception) -> None:
    visited = []

    def work(group: Group) -> None:
        visited.append(group.name)
        if group.name == "east":
            raise failure

    with pytest.raises(click.ClickException, match="not done in east; done in 1 of 2 groups"):
        visit(GROUPS, work)
    assert visited == ["east", "north"]
