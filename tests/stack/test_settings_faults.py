"""A process whose settings are wrong says which, a line each, and neither a value nor a traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stack.paths import ROOT

HIDDEN = "a-word-that-nobody-may-read"


@pytest.mark.parametrize("application", ["app", "gateway"])
def test_an_application_without_settings_names_them(application: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", f"import wsgi; wsgi.{application}"],
        cwd=ROOT,
        env={"MODE": "demo", "JWT_SECRET": HIDDEN, "TWILIO_AUTH_TOKEN": HIDDEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stdout == ""
    lines = ran.stderr.splitlines()
    assert lines
    assert all(line.split(":")[0].isupper() for line in lines), ran.stderr
    assert any(line.split(":")[0] == {"app": "SERVING_URL", "gateway": "PEOPLE_URL"}[application] for line in lines)
    assert HIDDEN not in ran.stderr
