"""Run as a program: several commands of manage.py, each as its own user; what fails shows its trace."""

from __future__ import annotations

import json
import os
import sys
import traceback

from manage import cli


def main(path: str) -> None:
    """Read [[environment, arguments], ...] from a file and carry them out."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - one file, once
        steps = json.load(file)
    for environment, arguments in steps:
        os.environ.update(environment)
        print("$", *arguments, flush=True)  # noqa: T201 - so that a reader of the log finds the place
        try:
            cli(arguments, standalone_mode=False)
        except BaseException:  # noqa: BLE001 - the trace is what is looked at
            traceback.print_exc()


if __name__ == "__main__":
    main(sys.argv[1])
