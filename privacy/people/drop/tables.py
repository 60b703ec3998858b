"""The columns of each table of a drop, as api.md lists them, with what each cell may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa

from privacy.people.drop.cells import (
    day_before,
    fold,
    instant_before,
    one_of,
    read_number,
    read_phone,
    read_yes_or_no,
    text_up_to,
)
from privacy.people.drop.columns import Column, number_column
from privacy.people.drop.quick import instants_before, plain_phones, plain_text_up_to
from privacy.people.drop.values import TableName
from privacy.people.models import ConsentPurpose
from privacy.release.values import CATEGORIES, CATEGORY_NAMES_ZH

NEED_THRESHOLD = 60
_WORDS_OF_LEVEL = {"low": 1.0, "medium": 2.0, "high": 3.0, "低": 1.0, "中": 2.0, "高": 3.0}
_WORDS_OF_STANCE = {"negative": -1.0, "neutral": 0.0, "positive": 1.0, "负面": -1.0, "中立": 0.0, "正面": 1.0}
_BETWEEN_CHANNELS = re.compile(r"[;,|、\s]+")
_CATEGORIES = {str(category): index for index, category in enumerate(CATEGORIES)} | {
    name: CATEGORIES.index(category) for category, name in CATEGORY_NAMES_ZH.items()
}


def get_columns(table: TableName, /, *, now: datetime) -> tuple[Column, ...]:
    """Return the columns of a table, in the order in which a bad row is blamed on them. Nothing may lie after `now`."""
    if table is TableName.COMMUNITIES:
        return _COMMUNITIES
    customer = _text("customer_id", longest=64)
    if table is TableName.HOUSEHOLDS:
        return (customer, *_HOUSEHOLDS, _day("opened_at", now=now, is_required=False))
    return (customer, *_get_children(now)[table])


def _get_children(now: datetime) -> Mapping[TableName, tuple[Column, ...]]:
    category = Column("category", one_of(_CATEGORIES), pa.int16())
    return {
        TableName.CONSENTS: (
            Column("purpose", one_of({purpose.value: purpose.value for purpose in ConsentPurpose}), pa.string()),
            Column("granted", read_yes_or_no, pa.bool_()),
            _text("policy_version", longest=64),
            _text("source", longest=64),
            Column("at", instant_before(now), pa.timestamp("us", tz="UTC"), quick=instants_before(now)),
        ),
        TableName.SCORES: (
            category,
            number_column("score", low=0, high=100, is_required=False),
            _text("model_version", longest=64, is_required=False),
        ),
        TableName.ACTIVITY: _ACTIVITY,
        TableName.PURCHASES: (category, _text("model", longest=128), _day("bought_at", now=now)),
        TableName.TICKETS: (
            category,
            _text("fault_tag", longest=64),
            _text("free_text", longest=4000, is_required=False),
            _day("opened_at", now=now),
        ),
        TableName.INTERESTS: (_text("tag", longest=64), number_column("weight", low=0, high=1)),
        TableName.TOPICS: _TOPICS,
    }


def _text(name: str, *, longest: int, is_required: bool = True) -> Column:
    return Column(name, text_up_to(longest), pa.string(), is_required, quick=plain_text_up_to(longest))


def _day(name: str, *, now: datetime, is_required: bool = True) -> Column:
    return Column(name, day_before(now), pa.date32(), is_required)


def _read_level(text: str) -> float | None:
    return _WORDS_OF_LEVEL.get(text.strip().casefold()) or read_number(text)


def _read_stance(text: str) -> float | None:
    word = text.strip().casefold()
    return _WORDS_OF_STANCE[word] if word in _WORDS_OF_STANCE else read_number(text)


def _count_channels(text: str) -> float | None:
    folded = fold(text)
    if folded is None or folded[0].isdigit():
        return read_number(text)
    return float(len(set(_BETWEEN_CHANNELS.split(folded)) - {""}))


_COMMUNITIES = (
    _text("code", longest=64),
    _text("name", longest=128),
    number_column("district_adcode", low=110000, high=829999, is_whole=True),
    Column("lon", read_number, pa.float64(), is_required=False, bounds=(-1e9, 1e9)),
    Column("lat", read_number, pa.float64(), is_required=False, bounds=(-1e9, 1e9)),
    _text("outline", longest=1_000_000, is_required=False),
)
_HOUSEHOLDS = (
    Column("phone", read_phone, pa.string(), quick=plain_phones),
    Column("lon", read_number, pa.float64(), is_required=False, bounds=(-1e9, 1e9)),
    Column("lat", read_number, pa.float64(), is_required=False, bounds=(-1e9, 1e9)),
    _text("community_code", longest=64, is_required=False),
)
_ACTIVITY = (
    number_column("score", low=0, high=100, is_required=False),
    Column("level", _read_level, pa.int32(), is_required=False, bounds=(0, 9)),
    Column("channels", _count_channels, pa.int32(), is_required=False, bounds=(0, 99)),
)
_TOPICS = (
    _text("topic", longest=64),
    _text("platform", longest=64),
    Column("stance", _read_stance, pa.int32(), bounds=(-1, 1)),
)
