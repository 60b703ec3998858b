"""Who lives together lies together: a broadcast asks for the people of a few leaves, and finds them on few pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.privacy.people.drops import make_tables

if TYPE_CHECKING:
    from tests.privacy.people.conftest import Intake

HOUSEHOLDS = 2_000
PAGES = "SELECT DISTINCT (t.ctid::text::point)[0]::int, leaf_id"


@pytest.mark.parametrize(
    "rows",
    [
        "core.households AS t",
        "core.needs AS t WHERE category = 0",
        "vault.phones AS t JOIN core.households USING (household_id)",
    ],
)
def test_a_first_drop_lies_by_leaf_also_after_it_was_merged(intake: Intake, rows: str) -> None:
    writer = intake.writer(group_rows=HOUSEHOLDS)
    intake(writer.write(make_tables(HOUSEHOLDS)), chunk_rows=HOUSEHOLDS)
    assert intake.ask("SELECT count(*) FROM core.households WHERE activity_score = 50") == [(HOUSEHOLDS,)]
    places = intake.ask(f"{PAGES} FROM {rows}")
    pages, leaves = ({place[at] for place in places} for at in (0, 1))
    assert len(pages) > 1
    assert len(leaves) > 1
    # Where one leaf ends and the next begins a page has both; in any other order each page has nearly all.
    assert len(places) < len(pages) + len(leaves)
