"""Opens an intake's tools in processes of its own: helpers of one machine, and a program that helps from another."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine

from privacy.people.keys import FileKeyStore
from privacy.people.loading.helping import help_out
from privacy.people.loading.tools import Tools
from privacy.people.vault import Vault
from tests.privacy.people.locators import GridLocator


def open_tools(url: str, key_file: str) -> Tools:
    """Open what a test's intake works with."""
    return Tools(create_engine(url, hide_parameters=True), GridLocator(), Vault(FileKeyStore(Path(key_file))))


def main(url: str, key_file: str, drops_dir: str) -> None:
    """Help until something was done, and say how many parts."""
    engine, done = create_engine(url, hide_parameters=True), 0
    while not done:
        done = help_out(
            engine,
            open_tools=partial(open_tools, url, key_file),
            drops_dir=Path(drops_dir),
            is_stopped=lambda: False,
            pause=time.sleep,
        )
        time.sleep(0.02)
    sys.stdout.write(f"{done}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
