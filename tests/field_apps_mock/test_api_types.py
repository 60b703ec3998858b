"""The app calls the API as it is described: types are generated from the snapshot, calls checked against them."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Final

from field_apps_mock.web_files import NODE_MODULES, WEB_DIR

if TYPE_CHECKING:
    from pathlib import Path

ROOT: Final = NODE_MODULES.parent
API: Final = WEB_DIR / "app/api"
TYPES: Final = API / "types.d.ts"
CHECKED: Final = "// @ts-check\n"


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(NODE_MODULES / ".bin" / program), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_types_are_those_of_the_snapshot(tmp_path: Path) -> None:
    made = tmp_path / "types.d.ts"
    told = run("openapi-typescript", "api/openapi.json", "--output", str(made))
    assert told.returncode == 0, told.stderr
    assert TYPES.read_text(encoding="utf-8") == made.read_text(encoding="utf-8"), "run `make types`"


def test_every_call_has_the_path_arguments_and_answer_that_are_described() -> None:
    assert [file.name for file in API.glob("*.js") if not file.read_text(encoding="utf-8").startswith(CHECKED)] == []
    told = run("tsc", "--project", "field_apps_mock")
    assert told.stdout == ""
    assert told.returncode == 0


def test_a_call_that_is_not_described_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.ts"
    wrong.write_text(
        f'import type {{ Request }} from "{API}/calls";\n'
        "declare const request: Request;\n"
        'request("GET", "/v1/nothing");\n'
        'request("GET", "/v1/yingxiaobao/heatmap", { query: { lon: 120, lat: 36 } });\n'
        'request("POST", "/v1/auth/token", { body: { login: 1, password: "" } });\n'
        'request("GET", "/v1/me").then((me) => me.phone);\n',
        encoding="utf-8",
    )
    told = run("tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", str(wrong))
    assert re.findall(r"wrong\.ts\((\d+),\d+\): error", told.stdout) == ["3", "4", "5", "6"]
