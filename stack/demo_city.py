"""Fills a fresh installation with the demo city, step by step, each by the command that a person would use."""

from __future__ import annotations

import csv
import json
import secrets
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

import click

from stack.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stack.environment import Installation

CITY = "qingdao"
CITY_CODE = 370200
HOUSEHOLDS = 200_000
SEED = 7
PLACES = ROOT / "field_apps_mock" / "data" / "places"

_STAFF = [
    *((f"qd-sales-{number:02d}", f"青岛营销 {number:02d}", "salesperson", "370202;370203;370212;370213;370214")
      for number in range(1, 11)),
    ("qd-planner", "青岛企划", "planner", ""),
    ("qd-reviewer", "内容审核", "reviewer", ""),
    ("qd-operator", "系统运维", "operator", ""),
]  # fmt: skip


def write_staff(installation: Installation) -> None:
    """Write the demo's staff with passwords made for this installation, readable by its owner only."""
    file = installation.run_dir / "staff.csv"
    if file.exists():
        return
    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["login", "display_name", "role", "territory", "password"])
        writer.writerows([*row, secrets.token_hex(6)] for row in _STAFF)


def read_staff(installation: Installation) -> list[dict[str, str]]:
    """Return the demo's staff with their passwords."""
    with (installation.run_dir / "staff.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


_Step: TypeAlias = tuple[str, str, list[str]]
_PUBLIC_KEY_STEP = "the key that they are checked with"
_RELEASE_STEP = "release of the month"


def _refuse_unsigned(done: list[str]) -> None:
    """Refuse a city whose release is older than signatures: it cannot be changed, and web would not serve it."""
    if _RELEASE_STEP in done and _PUBLIC_KEY_STEP not in done:
        raise click.ClickException(
            "this demo city is of an earlier version, whose release is not signed: `make clean`, then `make run`"
        )


def _find_key_steps(run_dir: str) -> Iterator[_Step]:
    every, share = f"{run_dir}/vault-keys.json", f"{run_dir}/gateway-keys.json"
    release, public = f"{run_dir}/release-keys.json", f"{run_dir}/release-public-keys"
    audit = f"{run_dir}/audit-keys.json"
    yield "keys of the vault", "intake", ["keys", "create", every]
    yield "the gateway's share of them", "intake", ["keys", "copy", every, share, "--key", "lookup", "--key", "opt_out"]
    yield "the release's share", "intake", ["keys", "copy", every, release, "--key", "signing", "--key", "audit"]
    yield _PUBLIC_KEY_STEP, "release", ["keys", "public", release, "--out", public]
    yield "the audit's key", "intake", ["keys", "copy", every, audit, "--key", "audit"]
    its = [part for name in ("lookup", "opt_out", "audit") for part in ("--key", name)]
    yield "the eraser's keys", "intake", ["keys", "copy", every, f"{run_dir}/eraser-keys.json", *its]


def _find_place_steps() -> Iterator[_Step]:
    districts, communities = f"{PLACES}/districts_{CITY}_wgs84.geojson", f"{PLACES}/communities_{CITY}_gcj02.csv"
    census = ["--census", f"{PLACES}/census2020_counties.csv"]
    yield "districts", "operator", ["places", "districts", districts, *census]
    yield "communities", "operator", ["places", "import", communities, "--datum", "gcj02"]


def _find_month_steps(run_dir: str, *, households: int) -> Iterator[_Step]:
    drop, month = f"{run_dir}/drop", f"{datetime.now(UTC):%Y-%m}"
    size = ["--households", str(households), "--seed", str(SEED)]
    yield "a synthetic city", "app", ["city", CITY, *size, "--month", month, "--out", drop]
    yield "intake of the drop", "intake", ["intake", drop]
    yield _RELEASE_STEP, "release", ["release", "publish", month, "--city", str(CITY_CODE)]


def _find_steps(installation: Installation, *, households: int) -> Iterator[_Step]:
    """Yield (title, whose settings, arguments of manage.py) in order."""
    run_dir = str(installation.run_dir)
    yield from _find_key_steps(run_dir)
    yield from _find_place_steps()
    yield from _find_month_steps(run_dir, households=households)
    yield "staff", "operator", ["staff", "import", f"{run_dir}/staff.csv"]


def load(installation: Installation, *, households: int, is_stopped: Callable[[], bool]) -> None:
    """Run the steps that have not been run; a step that fails leaves its mark unset and can be run again."""
    marks = installation.run_dir / "loaded.json"
    done: list[str] = json.loads(marks.read_text()) if marks.exists() else []
    _refuse_unsigned(done)
    write_staff(installation)
    for title, settings, arguments in _find_steps(installation, households=households):
        if title in done:
            continue
        if is_stopped():
            return
        sys.stdout.write(f"==> {title}\n")
        sys.stdout.flush()
        ended = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=installation.environment(settings), check=False
        )
        if is_stopped():
            return
        if ended.returncode != 0:
            raise click.ClickException(f"{title}: the command above failed; run again to go on from there")
        done.append(title)
        scratch = marks.with_name(f"loaded-{uuid4().hex}.json")
        scratch.write_text(json.dumps(done))
        scratch.replace(marks)
