"""Rotates a key as field_keeper; run as a program it kills itself with kill -9 after some batches, or within one."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from privacy.audit.recording import Recorder
from privacy.audit.values import Actor, AuditKey
from privacy.people.errors import KeyName
from privacy.people.keys import FileKeyStore
from privacy.people.rotation import Rotation, rotate
from privacy.people.vault import Vault

if TYPE_CHECKING:
    from privacy.people.ports import Progress

KEEPER = Recorder(AuditKey(b"k" * 32), Actor.KEEPER)
BATCH = 16


def run(sessions: sessionmaker[Session], *, name: KeyName, vault: Vault, progress: Progress | None = None) -> Rotation:
    """Rotate in small batches."""
    told = {"progress": progress} if progress else {}
    return rotate(
        sessions, name=name, vault=vault, recorder=KEEPER, clock=lambda: datetime.now(UTC), batch_rows=BATCH, **told
    )


def main(url: str, key_file: str, name: str, commits: str) -> None:
    """Rotate until `commits` batches are in, then die while the next is not."""
    engine = create_engine(url, hide_parameters=True)
    left = int(commits)

    @event.listens_for(engine, "commit")
    def die(_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    run(sessionmaker(engine), name=KeyName(name), vault=Vault(FileKeyStore(Path(key_file))))


if __name__ == "__main__":
    main(*sys.argv[1:])
