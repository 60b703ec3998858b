"""No altered figure, no foreign or missing signature and no uncharged product passes for a release."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from privacy.release.errors import FiguresAlteredError, LedgerMismatchError, ReleaseNotFoundError, SignatureError
from privacy.release.figures import CityTotals, LeafTable, ParentTable, ReleasedFigures, compute_digest
from privacy.release.matching import check_against_ledger
from privacy.release.queries import get_district_table, get_figures, get_parameters
from privacy.release.signing import get_public_key, make_signer, parse_public_keys, write_public_key
from privacy.release.values import Product, PublishedRelease
from privacy.release.verify import check_release, read_release
from tests.conftest import FakeClock
from tests.privacy.release.publishing import publish, store_city
from tests.privacy.release.worlds import RecordingNoise
from tests.released import PUBLIC_KEYS, SEED

RELEASE = "2026-11-370200"
OTHER_SEED = bytes(reversed(SEED))
OTHER_KEY = get_public_key(OTHER_SEED)


@pytest.fixture
def published(
    people_owner: Engine, people: sessionmaker[Session], serving: sessionmaker[Session], clock: FakeClock
) -> PublishedRelease:
    """Give a published month whose noise is a fixed number."""
    store_city(people_owner)
    return publish(people, serving, noise=RecordingNoise(offset=3), clock=clock)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE released.leaf_figures SET customers = customers + 1 WHERE leaf_id = 22",
        "UPDATE released.parent_figures SET needs_sd[3] = 0",
        "UPDATE released.city_figures SET needs[1] = needs[1] + 1e-9",
        "DELETE FROM released.city_figures",
        "UPDATE released.releases SET as_of = as_of + interval '1 day'",
        "UPDATE released.releases SET parameters = jsonb_set(parameters, '{promise,epsilon}', '1')",
        "UPDATE released.releases SET month = '2027-01-01'",
        "DELETE FROM released.leaf_figures WHERE leaf_id = 11",
        "UPDATE released.leaf_figures SET needs = needs[1:7] WHERE leaf_id = 11",
        "UPDATE released.leaf_figures SET needs[3] = NULL WHERE leaf_id = 11",
        "UPDATE released.leaf_figures SET needs = needs || needs_sd[1:1], needs_sd = needs_sd[2:8] WHERE leaf_id = 11",
        "UPDATE released.leaf_figures SET needs = (SELECT array_agg(ARRAY[each]) FROM unnest(needs) AS each)",
        "DELETE FROM released.district_figures",
        "DELETE FROM released.district_figures WHERE product = 'topics'",
        "DELETE FROM released.district_figures WHERE district_adcode = 370203",
        "UPDATE released.district_figures SET counts[2] = counts[2] + 1 WHERE product = 'interests'",
        "UPDATE released.district_figures SET counts = counts[1:4]",
        "UPDATE released.district_figures SET counts = counts[1:4] WHERE district_adcode = 370203",
        "UPDATE released.district_figures SET sd = sd / 2 WHERE district_adcode = 370203",
        "UPDATE released.district_figures SET product = 'unheard_of' WHERE product = 'topics'",
    ],
)
def test_any_change_is_found(
    serving: sessionmaker[Session], serving_owner: Engine, published: PublishedRelease, statement: str
) -> None:
    with serving() as session:
        assert check_release(session, release_id=RELEASE, public_keys=PUBLIC_KEYS) == published
    with serving_owner.begin() as connection:
        assert connection.execute(text(statement)).rowcount
    for keys in (PUBLIC_KEYS, ()):
        with serving() as session, pytest.raises(FiguresAlteredError):
            check_release(session, release_id=RELEASE, public_keys=keys)


def test_figures_that_were_altered_with_their_digest_lack_the_signature(
    serving: sessionmaker[Session], serving_owner: Engine, published: PublishedRelease
) -> None:
    with serving_owner.begin() as connection:
        connection.execute(text("UPDATE released.releases SET as_of = as_of + interval '1 day'"))
    with serving() as session:
        figures, parameters = get_figures(session, release_id=RELEASE), get_parameters(session, release_id=RELEASE)
    as_of = published.as_of + timedelta(days=1)
    digest = compute_digest(figures, release_id=RELEASE, as_of=as_of, parameters=parameters)
    with serving_owner.begin() as connection:
        connection.execute(text("UPDATE released.releases SET figures_sha256 = :digest"), {"digest": digest})
    with serving() as session:
        check_release(session, release_id=RELEASE, public_keys=())
        with pytest.raises(SignatureError) as caught:
            check_release(session, release_id=RELEASE, public_keys=PUBLIC_KEYS)
    assert caught.value.reason == "wrong"


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (None, "missing"),
        (b"", "wrong"),
        (bytes(64), "wrong"),
        (make_signer(OTHER_SEED)(bytes(32)), "wrong"),
    ],
)
def test_a_missing_or_foreign_signature_is_refused(
    serving: sessionmaker[Session],
    serving_owner: Engine,
    published: PublishedRelease,
    signature: bytes | None,
    reason: str,
) -> None:
    with serving_owner.begin() as connection:
        connection.execute(text("UPDATE released.releases SET signature = :signature"), {"signature": signature})
    with serving() as session, pytest.raises(SignatureError) as caught:
        check_release(session, release_id=published.release_id, public_keys=PUBLIC_KEYS)
    assert caught.value.reason == reason


def test_while_a_key_is_replaced_both_are_trusted_and_afterwards_one(
    serving: sessionmaker[Session], published: PublishedRelease
) -> None:
    with serving() as session:
        for keys in ((OTHER_KEY, *PUBLIC_KEYS), (*PUBLIC_KEYS, OTHER_KEY)):
            assert check_release(session, release_id=RELEASE, public_keys=keys) == published
        with pytest.raises(SignatureError):
            check_release(session, release_id=RELEASE, public_keys=(OTHER_KEY,))


def test_a_signature_for_another_purpose_is_none_for_a_release(published: PublishedRelease) -> None:
    assert published.signature is not None
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(PUBLIC_KEYS[0]).verify(published.signature, published.figures_sha256)


def test_public_keys_are_written_and_read_back() -> None:
    written = ", ".join(write_public_key(key) for key in (*PUBLIC_KEYS, OTHER_KEY))
    assert parse_public_keys(written) == (*PUBLIC_KEYS, OTHER_KEY)
    assert parse_public_keys("") == ()


@pytest.mark.parametrize("written", ["AAAA", "not base64!", write_public_key(OTHER_KEY) + "AA"])
def test_what_is_no_public_key_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="a public key"):
        parse_public_keys(written)


def test_district_figures_are_read_as_arrays_with_the_names_of_their_slots(
    serving: sessionmaker[Session], published: PublishedRelease
) -> None:
    with serving() as session:
        table = get_district_table(session, release_id=published.release_id, product=Product.CAMPAIGN_OUTCOMES)
        assert table.slot_names == ("messaged", "replied", "bought", "held_out", "held_out_bought")
        assert table.counts.shape == (3, 5)
        assert table.sd > 20
        with pytest.raises(ReleaseNotFoundError):
            get_district_table(session, release_id="2026-10-370200", product=Product.TOPICS)


@pytest.mark.parametrize(
    ("statement", "product"),
    [
        ("DELETE FROM ledger.draws WHERE width = 8 AND length(keys) = 48", Product.NEED_LEAF),
        ("UPDATE ledger.charges SET sigma = sigma * 2 WHERE product = 'need_parent'", Product.NEED_PARENT),
        ("UPDATE ledger.draws SET values = overlay(values PLACING '\\x63' FROM 1)", Product.ANY_NEED_LEAF),
    ],
)
def test_a_release_that_the_ledger_does_not_know_so_is_refused(
    people: sessionmaker[Session],
    people_owner: Engine,
    serving: sessionmaker[Session],
    published: PublishedRelease,
    statement: str,
    product: Product,
) -> None:
    with serving() as session:
        found, figures = read_release(session, release_id=RELEASE, public_keys=PUBLIC_KEYS)
        sigmas = get_parameters(session, release_id=RELEASE)["sigmas"]
    assert found == published
    with people() as session:
        check_against_ledger(session, release=found, figures=figures, sigmas=sigmas)
    with people_owner.begin() as connection:
        connection.execute(text(statement))
    with people() as session, pytest.raises(LedgerMismatchError) as caught:
        check_against_ledger(session, release=found, figures=figures, sigmas=sigmas)
    assert caught.value.product == product
    with pytest.raises(LedgerMismatchError), people() as session:
        check_against_ledger(session, release=found, figures=replace(figures, districts={}), sigmas={})


def test_a_release_from_before_the_district_products_keeps_its_digest() -> None:
    """The bytes that were hashed before there were districts, written out once more."""
    rng = np.random.default_rng(1)
    leaves = LeafTable(np.array([3, 5]), *rng.random((4, 2)), *rng.random((2, 2, 8)))
    parents, city = ParentTable(np.array([100]), *rng.random((2, 1, 8))), CityTotals(*rng.random((2, 8)))
    head = b'{"as_of":"2026-10-03T00:00:00+00:00","parameters":{"sigmas":{}},"release_id":"2026-10-370200"}'
    ids = np.array([3, 5, 100], dtype="<i8").tobytes()
    users = (leaves.customers, leaves.customers_sd, leaves.any_need, leaves.any_need_sd)
    needs = (leaves.needs, leaves.needs_sd, parents.needs, parents.needs_sd, city.needs, city.needs_sd)
    expected = hashlib.sha256(head + ids + b"".join(column.tobytes() for column in (*users, *needs))).digest()
    as_of = datetime.combine(date(2026, 10, 3), datetime.min.time(), tzinfo=UTC)
    figures = ReleasedFigures(leaves, parents, city)
    digest = compute_digest(figures, release_id="2026-10-370200", as_of=as_of, parameters={"sigmas": {}})
    assert digest == expected
