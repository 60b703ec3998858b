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
    """One row of a list: its code, the category that it belongs to where it has one, and its names."""

    code: str
    category: Category | None
    zh: str
    en: str

    @property
    def key(self) -> str:
        """Return what tells the tag from every other one of its list: its code, or `category/code`."""
        return self.code if self.category is None else f"{self.category}/{self.code}"


@cache
def get_vocabulary(product: Product) -> tuple[Tag, ...]:
    """Return the tags of a product in the order of its slots. Raises KeyError for a product without tags."""
    source = files("privacy.release").joinpath("vocabulary", FILES[product]).read_text(encoding="utf-8")
    return tuple(
        Tag(row["code"], Category(row["category"]) if "category" in row else None, row["zh"], row["en"])
        for row in csv.DictReader(source.splitlines())
    )


def get_keys(product: Product) -> list[str]:
    """Return the keys of a product's tags in the order of its slots."""
    return [tag.key for tag in get_vocabulary(product)]
