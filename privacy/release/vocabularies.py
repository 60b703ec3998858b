"""The public lists of tags that a release counts, from the CSV files in `vocabulary/`.

A tag's slot in every array of figures is its row, so rows are only ever added at the end: older, shorter figures keep
their meaning. A tag that stands in no list is never counted, however many households have it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from privacy.release.values import Category, Product

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES: Mapping[Product, str] = {
    Product.PAIN_POINTS: "pain_points.csv",
    Product.INTERESTS: "interests.csv",
    Product.TOPICS: "topics.csv",
}


@dataclass(frozen=True, slots=True)
class Tag:
    """One row of a list: its code, the category that it belongs to where it has one, and its names.

    What follows is editorial and nobody's own words: an example of how a pain may be put, and for a topic where it is
    mostly talked about and by whom people are influenced.
    """

    code: str
    category: Category | None
    zh: str
    en: str
    example_zh: str = ""
    example_en: str = ""
    platforms: tuple[str, ...] = ()
    influencers: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return what tells the tag from every other one of its list: its code, or `category/code`."""
        return self.code if self.category is None else f"{self.category}/{self.code}"


@cache
def get_vocabulary(product: Product) -> tuple[Tag, ...]:
    """Return the tags of a product in the order of its slots. Raises KeyError for a product without tags."""
    source = files("privacy.release").joinpath("vocabulary", FILES[product]).read_text(encoding="utf-8")
    return tuple(_read_tag(row) for row in csv.DictReader(source.splitlines()))


def _read_tag(row: Mapping[str, str]) -> Tag:
    return Tag(
        code=row["code"],
        category=Category(row["category"]) if "category" in row else None,
        zh=row["zh"],
        en=row["en"],
        example_zh=row.get("example_zh", ""),
        example_en=row.get("example_en", ""),
        platforms=tuple(filter(None, row.get("platforms", "").split(";"))),
        influencers=tuple(filter(None, row.get("influencers", "").split(";"))),
    )


PLATFORMS: Mapping[str, tuple[str, str]] = {
    "short_video": ("短视频", "short video"),
    "live_stream": ("直播", "live streams"),
    "notes": ("图文笔记", "picture notes"),
    "forum": ("论坛问答", "forums"),
    "group_chat": ("社群", "group chats"),
    "brand_community": ("品牌社区", "the brand's community"),
}
"""Kinds of platforms that a topic's row may name, with their names (zh, en)."""

INFLUENCERS: Mapping[str, tuple[str, str]] = {
    "designer": ("家装设计师", "interior designers"),
    "chef": ("美食博主", "cooks"),
    "parent": ("母婴达人", "parents who write"),
    "pet_owner": ("萌宠博主", "pet owners who film"),
    "doctor": ("医护科普", "doctors and nurses"),
    "engineer": ("科技测评人", "reviewers of technology"),
    "athlete": ("健身教练", "trainers"),
    "traveller": ("旅行博主", "travellers who film"),
    "neighbour": ("社区团长", "neighbours who run groups"),
    "tradesman": ("装修师傅", "tradespeople"),
}
"""Kinds of people that a topic's row may name, with their names (zh, en). Kinds only: nobody is named anywhere."""


def get_keys(product: Product) -> list[str]:
    """Return the keys of a product's tags in the order of its slots."""
    return [tag.key for tag in get_vocabulary(product)]
