"""What can go wrong with a migration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class ExtensionMissingError(Exception):
    """The server has not been given an extension that comes with PostgreSQL."""

    name: str

    def __str__(self) -> str:
        """Say it, and what to do."""
        return f"the server lacks PostgreSQL's own extension {self.name}: install the package postgresql-contrib there"
