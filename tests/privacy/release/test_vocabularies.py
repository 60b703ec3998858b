"""The public lists of tags: what the demo's city writes stands in them, and rows never move."""

from __future__ import annotations

import hashlib

import pytest

from field_apps_mock.city.tastes import INTERESTS, TOPICS
from field_apps_mock.city.ticket_texts import FAULTS
from privacy.release.slots import DISTRICT_PRODUCTS, get_slot_names
from privacy.release.values import Product
from privacy.release.vocabularies import FILES, get_keys, get_vocabulary

# The first rows of each list as they were published, and the SHA-256 of their keys.
PUBLISHED = {
    Product.PAIN_POINTS: (20, "8a121706f69fcb2fd2072215553f2069aa73a35819418e6292aba0f0f912d782"),
    Product.INTERESTS: (8, "e71e80b4616bf281132e1c881a9d2785cc758fcc3c97ef53ca5bfc6200209354"),
    Product.TOPICS: (8, "785f4b62ad563edab52af961e7ce04cf95341e2b8a919f5c649533138865825e"),
}


@pytest.mark.parametrize("product", list(FILES))
def test_rows_are_only_ever_added_at_the_end(product: Product) -> None:
    count, expected = PUBLISHED[product]
    assert hashlib.sha256("\n".join(get_keys(product)[:count]).encode()).hexdigest() == expected


@pytest.mark.parametrize("product", list(FILES))
def test_every_row_has_a_key_of_its_own_and_both_names(product: Product) -> None:
    tags = get_vocabulary(product)
    assert len({tag.key for tag in tags}) == len(tags)
    assert all(tag.code.isidentifier() and tag.zh and tag.en for tag in tags)
    assert all((tag.category is not None) == (product is Product.PAIN_POINTS) for tag in tags)


def test_everything_that_the_demo_city_writes_is_known() -> None:
    faults = {f"{category}/{fault.tag}" for category, own in FAULTS.items() for fault in own}
    assert faults <= set(get_keys(Product.PAIN_POINTS))
    assert set(INTERESTS) <= set(get_keys(Product.INTERESTS))
    assert set(TOPICS) <= set(get_keys(Product.TOPICS))


def test_every_district_product_has_slots_with_names_of_their_own() -> None:
    widths = {product: len(set(get_slot_names(product))) for product in DISTRICT_PRODUCTS}
    assert widths == {product: len(get_slot_names(product)) for product in DISTRICT_PRODUCTS}
    assert widths[Product.ACTIVE_USERS] == 48
    assert widths[Product.CAMPAIGN_OUTCOMES] == 5
