"""Where the private installation lives. Everything is below `.run/`, so that removing that folder removes it all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def get_run_dir(name: str = "demo") -> Path:
    """Return the folder of one installation (`demo`, `test`, ...), made if it is missing.

    PostgreSQL refuses to run as root, so its user must be able to reach the folder. Where a parent is closed to others
    (a clone in /root), the folder is a link to one under /var/tmp.
    """
    link = ROOT / ".run" / name
    if link.exists():
        return link.resolve()
    link.parent.mkdir(exist_ok=True)
    if os.geteuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in link.parents):
        outside = Path("/var/tmp") / f"fieldreach-{link.parent.stat().st_ino}-{name}"  # noqa: S108 - see docstring
        shutil.rmtree(outside, ignore_errors=True)
        outside.mkdir(mode=0o755)
        link.unlink(missing_ok=True)  # one that leads nowhere any more
        link.symlink_to(outside)
    else:
        link.mkdir(mode=0o755)
    return link.resolve()


def find_installations() -> list[str]:
    """Return the names of all installations of this folder."""
    return sorted(path.name for path in (ROOT / ".run").glob("*") if path.is_dir())


def remove_run_dir(name: str) -> None:
    """Remove an installation with all its data."""
    link = ROOT / ".run" / name
    shutil.rmtree(link.resolve())
    if link.is_symlink():
        link.unlink()
