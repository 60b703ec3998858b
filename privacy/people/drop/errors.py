"""Why an intake does not happen. No error quotes a row."""

from __future__ import annotations

from pathlib import Path

from privacy.people.drop.values import DropProblem, Reason, TableName


class IntakeError(Exception):
    """An intake did not happen."""


class DropError(IntakeError):
    """A drop is refused as a whole; `file` names the file at fault where there is one."""

    def __init__(self, *, problem: DropProblem, file: str | None = None) -> None:
        """Keep the problem; `file` is one of our own table file names, never text of the manifest."""
        super().__init__(problem if file is None else f"{problem}: {file}")
        self.problem = problem
        self.file = file


class TooManyRejectedError(DropError):
    """More than the allowed share of a file's rows is bad; the rejects file says which."""

    def __init__(self, *, table: TableName, rejected: int, rows: int, rejects_path: Path) -> None:
        """Keep the counts and where the rejects file is."""
        super().__init__(problem=DropProblem.TOO_MANY_REJECTED, file=table)
        self.table = table
        self.rejected = rejected
        self.rows = rows
        self.rejects_path = rejects_path


class IntakeRunningError(IntakeError):
    """An intake is at work on this database."""

    def __init__(self) -> None:
        """Say it."""
        super().__init__("an intake is running: try again when it is through")


class CityElsewhereError(IntakeError):
    """Households live in a database whose city PEOPLE_DATABASES gives to another group."""

    def __init__(self, *, city_code: int) -> None:
        """Keep the city."""
        super().__init__(
            f"households of {city_code} live here, which belongs to another group: see docs/operations.md, City groups"
        )
        self.city_code = city_code


class NotDirectError(IntakeError):
    """A pooler that lends connections for a transaction only stands between an intake and its database."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("an intake holds its connection: set PEOPLE_DIRECT_URL, past the pooler")


class IntakeUnfinishedError(IntakeError):
    """A drop is half in, and nobody is at work on it."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("a drop is half in: take it in again to its end, then try again")


class CellError(ValueError):
    """One cell of a row is bad."""

    def __init__(self, reason: Reason, /) -> None:
        """Keep the reason and nothing of the cell."""
        super().__init__(reason)
        self.reason = reason
