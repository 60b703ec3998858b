"""The command line of the synthetic city."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from field_apps_mock.commands import city_command

if TYPE_CHECKING:
    from pathlib import Path


def test_city_writes_a_drop_and_says_what_is_in_it(tmp_path: Path) -> None:
    arguments = ["shanghai", "--households", "500", "--seed", "9", "--month", "2026-10", "--out", str(tmp_path)]
    result = CliRunner().invoke(city_command, [*arguments, "--format", "csv"])
    assert result.exit_code == 0, result.output
    assert "310000-2026-10-h500-s9" in result.output
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["month"] == "2026-10"
    assert "households.csv" in manifest["files"]
    assert json.loads((tmp_path / "truth" / "totals.json").read_text(encoding="utf-8"))["households"] == 500


@pytest.mark.parametrize(
    "arguments",
    [["atlantis"], ["qingdao", "--month", "2026-13"], ["qingdao", "--households", "0"], ["qingdao", "--seed", "-1"]],
)
def test_nonsense_is_a_usage_error_that_writes_nothing(arguments: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(city_command, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()
