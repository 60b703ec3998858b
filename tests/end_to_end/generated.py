"""A Python client of the API, made by a generator from the committed description and from nothing else."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from api.commands import SNAPSHOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE: Final = "fieldreach_client"
# The generator knows no vector tiles: for it they are bytes.
_CONFIG: Final = """
post_hooks: []
content_type_overrides:
  application/vnd.mapbox-vector-tile: application/octet-stream
"""


@dataclass(frozen=True, slots=True)
class Generated:
    """The package as it was generated, and one connection with it. It carries no types that a checker could read."""

    models: Any
    connection: Any

    def call(self, tag: str, operation: str, **arguments: object) -> Any:  # noqa: ANN401 - see above
        """Call an operation and return what it answers: a model, or the model of a problem."""
        module = import_module(f"{PACKAGE}.api.{tag}.{operation}")
        return module.sync(client=self.connection, **arguments)

    def close(self) -> None:
        """Close the connection."""
        self.connection.get_httpx_client().close()


def generate(folder: Path) -> str:
    """Generate the package into a folder; returns what the generator said."""
    config = folder / "config.yml"
    config.write_text(_CONFIG, encoding="utf-8")
    told = subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--path", str(SNAPSHOT), "--meta", "none",
            "--output-path", str(folder / PACKAGE), "--config", str(config), "--fail-on-warning",
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def connect(address: str, *, token: str | None = None) -> Generated:
    """Return a connection, which is signed in when it has a token."""
    client, models = import_module(f"{PACKAGE}.client"), import_module(f"{PACKAGE}.models")
    made = client.AuthenticatedClient(base_url=address, token=token) if token else client.Client(base_url=address)
    return Generated(models, made)
