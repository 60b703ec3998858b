"""A demo city of an earlier version says what to do instead of serving nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest

from stack import demo_city
from stack.environment import Installation

if TYPE_CHECKING:
    from pathlib import Path


def test_a_city_from_before_releases_were_signed_is_refused_with_the_way_out(tmp_path: Path) -> None:
    done = ["keys of the vault", "the gateway's share of them", "release of the month"]
    (tmp_path / "loaded.json").write_text(json.dumps(done))
    with pytest.raises(click.ClickException, match="make clean"):
        demo_city.load(Installation.at(tmp_path), households=1, is_stopped=lambda: True)
    assert json.loads((tmp_path / "loaded.json").read_text()) == done


def test_a_city_that_is_half_loaded_goes_on(tmp_path: Path) -> None:
    (tmp_path / "loaded.json").write_text(json.dumps(["keys of the vault"]))
    demo_city.load(Installation.at(tmp_path), households=1, is_stopped=lambda: True)
