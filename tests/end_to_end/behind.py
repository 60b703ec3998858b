"""What runs behind the web process, frozen, and whom a process talks to: read from /proc."""

from __future__ import annotations

import json
import os
import signal
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stack.processes import find_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stack.environment import Installation

_ESTABLISHED = "01"


def find_program(installation: Installation, mark: str) -> list[int]:
    """Return the processes of the program whose command line holds a word, leader first; none when it does not run."""
    leaders: list[int] = json.loads((installation.run_dir / "processes.json").read_text())
    for leader in leaders:
        with suppress(OSError):
            if mark in Path(f"/proc/{leader}/cmdline").read_text().split("\0"):
                return find_group(leader)
    return []


@contextmanager
def frozen(pids: Iterable[int]) -> Iterator[None]:
    """Stop processes in the middle of whatever they do, and let them go on afterwards."""
    stopped = list(pids)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def find_peers(pids: Iterable[int], *, own_port: int) -> set[int]:
    """Return the ports that processes are connected to, but for the callers of their own port."""
    peers = set()
    for pid in pids:
        sockets = {link.readlink().name for link in _find_descriptors(pid)}
        for line in _find_connections(pid):
            _, local, remote, state, *_, inode = line.split()[:10]
            if state == _ESTABLISHED and f"socket:[{inode}]" in sockets and _get_port(local) != own_port:
                peers.add(_get_port(remote))
    return peers


def _find_connections(pid: int) -> list[str]:
    tables = (Path(f"/proc/{pid}/net/{family}") for family in ("tcp", "tcp6"))
    return [line for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]


def _find_descriptors(pid: int) -> list[Path]:
    return [link for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]


def _get_port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)
