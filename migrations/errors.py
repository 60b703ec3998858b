"""What can go wrong with a migration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class ExtensionMissingError(Exception):
    """The database lacks an extension that only a superuser makes."""

    name: str

    def __str__(self) -> str:
        """Say it, and what to do."""
        return f"the database lacks the extension {self.name}: run `manage.py roles create serving` once more"
