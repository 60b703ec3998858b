"""Where and with what a bench ran, as the page tells it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from stack.cluster import find_bin
from stack.paths import ROOT

_PACKAGES = ("Flask", "granian", "SQLAlchemy", "marshmallow", "numpy", "scipy", "duckdb", "rq")
_GIB = 1024**3


def describe_machine(*, command: str, began: datetime, load: float) -> dict[str, str]:
    """Return facts by name. `load` is the load average before the bench began."""
    minutes = (datetime.now(UTC) - began).total_seconds() / 60
    return {
        "Machine": f"{os.cpu_count()} cores of {_read_processor()}, {_read_memory_gib()} GB, {_read_system()}",
        "Load before": f"{load:.1f} on {os.cpu_count()} cores",
        "Versions": ", ".join((f"CPython {platform.python_version()}", *_find_programs(), *_find_packages())),
        "Commit": _find_commit(),
        "Command": f"`{command}`, {began:%Y-%m-%d %H:%M} UTC, {minutes:.0f} minutes",
    }


def _read_processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _read_memory_gib() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB)


def _read_system() -> str:
    return f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}"


def _find_programs() -> list[str]:
    """Return name and version of the programs beside Python, those that say it in numbers with points."""
    programs = {
        "PostgreSQL": [str(find_bin() / "postgres"), "--version"],
        "Redis": ["redis-server", "--version"],
        "wrk": ["wrk", "-v"],
    }
    found = ((name, re.search(r"\d+(\.\d+)+", _ask(command))) for name, command in programs.items())
    return [f"{name} {match[0]}" for name, match in found if match]


def _find_packages() -> list[str]:
    return [f"{name} {version(name)}" for name in _PACKAGES]


def _find_commit() -> str:
    commit = _ask(["git", "rev-parse", "--short=12", "HEAD"]).strip() or "unknown"
    return f"{commit}, with changes" if _ask(["git", "status", "--porcelain", "--untracked-files=no"]) else commit


def _ask(command: Sequence[str]) -> str:
    try:
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return told.stdout + (told.stderr if not told.stdout else "")
