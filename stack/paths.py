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
    run_dir = ROOT / ".run" / name
    if run_dir.exists():
        return run_dir
    run_dir.parent.mkdir(exist_ok=True)
    if os.geteuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in run_dir.parents):
        outside = Path("/var/tmp") / f"fieldreach-{run_dir.parent.stat().st_ino}-{name}"  # noqa: S108 - see docstring
        shutil.rmtree(outside, ignore_errors=True)
        outside.mkdir(mode=0o755)
        run_dir.symlink_to(outside)
    else:
        run_dir.mkdir(mode=0o755)
    return run_dir
