"""Figures come from PostgreSQL to the last bit, each in its place, or not at all."""

from __future__ import annotations

import math
import struct
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ARRAY, BigInteger, Column, Float, MetaData, Table, create_engine, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from privacy.release.row_blocks import INT8, BlockQuery, RowsQuery, arrays, chain_arrays, split_blocks

if TYPE_CHECKING:
    from sqlalchemy.orm import sessionmaker

    from stack.test_services import TestServices

FIGURES = Table(
    "figures",
    MetaData(),
    Column("id", BigInteger),
    Column("one", ARRAY(Float)),
    Column("other", ARRAY(Float)),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
WIDTH = 3
ROWS = RowsQuery(
    select(FIGURES.c.id, chain_arrays([FIGURES.c.one, FIGURES.c.other], width=WIDTH).label("both")).order_by(
        FIGURES.c.id
    ),
    kinds={"id": INT8, "both": arrays(("one", "other"), width=WIDTH)},
)
SPECIAL = (0.0, -0.0, math.inf, -math.inf, math.nan, sys.float_info.min, 5e-324, -sys.float_info.max, 1 / 3)
NUMBERS = st.lists(st.floats() | st.sampled_from(SPECIAL), min_size=WIDTH, max_size=WIDTH)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5))
def test_every_number_comes_as_it_is(
    serving_sessions: sessionmaker[Session], rows: list[tuple[list[float], list[float]]]
) -> None:
    with serving_sessions() as session:
        FIGURES.create(session.connection())
        values = [{"id": at, "one": one, "other": other} for at, (one, other) in enumerate(rows)]
        session.execute(insert(FIGURES), values)
        found = ROWS.read(session)
        session.rollback()
    assert found["id"].tolist() == list(range(len(rows)))
    for at, name in enumerate(("one", "other")):
        expected = np.array([row[at] for row in rows])
        # PostgreSQL keeps no more than one NaN.
        assert np.array_equal(np.isnan(found[name]), np.isnan(expected))
        known = ~np.isnan(expected)
        assert found[name][known].tobytes() == expected[known].tobytes()
        assert found[name].shape == (len(rows), WIDTH)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1.0, 2.0], [3.0, 4.0, 5.0, 6.0]),
        ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0]),
        ([1.0, None, 3.0], [4.0, 5.0, 6.0]),
        ([1.0, 2.0, 3.0], [4.0, 5.0, None]),
        ([[1.0], [2.0], [3.0]], [4.0, 5.0, 6.0]),
        ([1.0, 2.0, 3.0], []),
        ([1.0, 2.0, 3.0], None),
    ],
)
def test_arrays_of_another_form_are_no_figures(
    serving_sessions: sessionmaker[Session], one: list[object], other: list[object] | None
) -> None:
    whole = {"one": [1.0, 2.0, 3.0], "other": [4.0, 5.0, 6.0]}
    with serving_sessions() as session:
        FIGURES.create(session.connection())
        session.execute(insert(FIGURES), [{"id": 1, **whole}, {"id": 2, "one": one, "other": other}])
        with pytest.raises(ValueError, match="another length"):
            ROWS.read(session)
        session.rollback()


def test_bytes_that_no_cube_of_this_width_has_are_no_figures() -> None:
    kinds = {"both": arrays(("one", "other"), width=1)}
    whole = struct.pack(">Idd", 1 << 31 | 2, 1.5, -2.5)
    found = split_blocks([whole], kinds=kinds)
    assert (found["one"].tolist(), found["other"].tolist()) == ([[1.5]], [[-2.5]])
    for head in (2, 1 << 31 | 1, 1 << 31 | 3):
        with pytest.raises(ValueError, match="another form"):
            split_blocks([struct.pack(">Idd", head, 1.5, -2.5)], kinds=kinds)


def test_a_database_that_breaks_off_is_told_of_like_any_other(services: TestServices) -> None:
    engine = create_engine(services.url("serving"), hide_parameters=True)
    lost = BlockQuery(select(func.pg_terminate_backend(func.pg_backend_pid())))
    unknown = BlockQuery(select(func.no_such_function()))
    for query in (lost, unknown):
        with Session(engine) as session, pytest.raises(DBAPIError):
            query.fetch(session)
    with Session(engine) as session:
        assert session.scalar(select(1)) == 1
    engine.dispose()
