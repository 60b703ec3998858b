"""Run as a program by the crash tests: takes a drop in and kills itself with kill -9 at one call of progress."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine

from privacy.audit.recording import Recorder
from privacy.audit.values import Actor, AuditKey
from privacy.people.intake import take_in
from privacy.people.keys import FileKeyStore
from privacy.people.loading.tools import Tools
from privacy.people.vault import Vault
from tests.privacy.people.locators import GridLocator


def main(url: str, key_file: str, drop_dir: str, last_step: str, least_done: str) -> None:
    """Take in until `last_step` has done `least_done` rows, then die."""

    def die(step: str, *, done: int, total: int) -> None:
        del total
        if step == last_step and done >= int(least_done):
            os.kill(os.getpid(), signal.SIGKILL)

    engine, vault = create_engine(url, hide_parameters=True), Vault(FileKeyStore(Path(key_file)))
    take_in(
        Tools(engine, GridLocator(), vault),
        drop_dir=Path(drop_dir),
        recorder=Recorder(AuditKey(b"k" * 32), Actor.INTAKE),
        clock=lambda: datetime(2026, 11, 18, 4, 0, tzinfo=UTC),
        progress=die,
        chunk_rows=64,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
