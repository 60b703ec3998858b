"""What must never be committed: addresses of registries, paths of a machine, keys."""

from __future__ import annotations

import re

from tests.architecture.sources import ROOT, find_tracked_files

_FORBIDDEN = {
    "a registry's address in a lock": re.compile(
        r'"resolved":|^\s*--(extra-)?index-url|^\s*--find-links', re.MULTILINE
    ),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a home folder": re.compile(r"/(?:home|Users)/[a-z]+/"),
}
_TEXT = {".py", ".md", ".toml", ".txt", ".in", ".json", ".js", ".css", ".html", ".sh", ".yml", ".mako"}


def test_nothing_forbidden_is_in_the_repository() -> None:
    found = []
    for path in find_tracked_files():
        if "data" in path.parts or (path.suffix not in _TEXT and path.name != "Makefile"):  # data is others' text
            continue
        text = path.read_text(encoding="utf-8")
        found += [
            (str(path.relative_to(ROOT)), what)
            for what, pattern in _FORBIDDEN.items()
            if pattern.search(text) and path.name != "test_repository.py"
        ]
    assert found == []


def test_the_python_lock_pins_every_package_with_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-anonymeter.txt"):
        lines = (ROOT / name).read_text().splitlines()
        pinned = [line for line in lines if re.match(r"^[a-z0-9]", line, re.IGNORECASE)]
        assert pinned
        assert all(re.match(r"^[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+ \\$", line) for line in pinned)
