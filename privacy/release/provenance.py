"""What a charge and a release were made with: hashes of the parameters and of this package's own code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files

from privacy.release import plan
from privacy.release.ledger_queries import EarlierDraws, StoredDraw
from privacy.release.vocabularies import FILES

_CODE = (
    "accounting",
    "aligning",
    "budget",
    "contributions",
    "counts",
    "drawing",
    "figures",
    "filtering",
    "ledger",
    "mechanism",
    "mixing",
    "movement",
    "plan",
    "postprocess",
    "priors",
    "publish",
    "repair",
    "replay",
    "series",
    "sharing",
    "signing",
    "slots",
    "storing",
    "tree",
    "vocabularies",
)


def get_parameters() -> dict[str, object]:
    """Return every number of the promise, ready for JSON."""
    return {
        "delta": plan.DELTA,
        "epsilon": plan.EPSILON,
        "first_month_share": plan.FIRST_MONTH_SHARE,
        "first_year_share": plan.FIRST_YEAR_SHARE,
        "products": {str(product): asdict(each) for product, each in plan.PRODUCTS.items()},
        "regular_share": plan.REGULAR_SHARE,
        "rho_per_year": plan.RHO_PER_YEAR,
    }


@cache
def hash_parameters() -> bytes:
    """Return SHA-256 over the numbers of the promise."""
    return hashlib.sha256(json.dumps(get_parameters(), sort_keys=True).encode()).digest()


@cache
def hash_code() -> bytes:
    """Return SHA-256 over the source of every module that charges, counts, draws or smooths, and over the tags."""
    digest = hashlib.sha256()
    for name in (*(f"{module}.py" for module in _CODE), *(f"vocabulary/{name}" for name in FILES.values())):
        source = files("privacy.release").joinpath(name).read_bytes()
        digest.update(f"{name}:{len(source)}:".encode() + source)
    return digest.digest()


def describe_release(draws: Sequence[StoredDraw], *, earlier: Sequence[EarlierDraws]) -> dict[str, object]:
    """Return what a release says of its own making: promise, noise, both hashes, and how old the replayed draws are."""
    return {
        "code_sha256": hash_code().hex(),
        "parameters_sha256": hash_parameters().hex(),
        "months_replayed": [each.months_ago for each in earlier],
        "promise": {
            "delta": plan.DELTA,
            "epsilon": plan.EPSILON,
            "unit": "household",
            "period": "twelve calendar months",
        },
        "rho_per_year": plan.RHO_PER_YEAR,
        "sigmas": {str(draw.product): draw.sigma for draw in draws},
    }
