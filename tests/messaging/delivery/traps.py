"""Something that must never be imported by the sender: it leaves a mark when it is, and another when it is called."""

from __future__ import annotations

import os
from pathlib import Path

_MARKS = Path(os.environ.get("TRAP_MARKS", os.devnull))


def leave_mark(name: str) -> None:
    """Leave a mark where the test looks for it."""
    if _MARKS.is_dir():
        (_MARKS / name).touch()


leave_mark("imported")


def spring(*_: object, **__: object) -> None:
    """Leave a mark."""
    leave_mark("called")


class Unpickled:
    """Leaves a mark when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Be replaced by a call."""
        return leave_mark, ("unpickled",)
