"""Both databases of an installation: clusters, roles with their passwords, migrations, and the URL of each role."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from migrations.roles import MIGRATOR, RUNTIME_ROLES, Database, create_database, create_roles, prepare_database
from migrations.upgrade import upgrade

if TYPE_CHECKING:
    from pathlib import Path

    from stack.cluster import Cluster

DATABASES: tuple[Database, ...] = ("serving", "people")


def get_passwords(run_dir: Path) -> dict[str, str]:
    """Return the password of each role, made at the first call and kept readable by the owner only."""
    notes = run_dir / "roles.json"
    passwords: dict[str, str] = json.loads(notes.read_text()) if notes.exists() else {}
    roles = {MIGRATOR, *RUNTIME_ROLES["serving"], *RUNTIME_ROLES["people"]}
    if not roles <= passwords.keys():
        # An installation from before a role was thought of gets its password now.
        passwords = {role: secrets.token_urlsafe(24) for role in sorted(roles)} | passwords
        notes.touch(mode=0o600)
        notes.write_text(json.dumps(passwords, indent=1))
    return passwords


def create(cluster: Cluster, *, database: Database, name: str, passwords: dict[str, str]) -> None:
    """Create the roles and one database in a running cluster and bring it to the newest revision."""
    with cluster.connect() as connection:
        create_roles(connection, database=database, passwords=passwords)
        create_database(connection, database=database, name=name)
    with cluster.connect(name) as connection:
        prepare_database(connection, database=database)
    upgrade(database, url=cluster.url(role=MIGRATOR, password=passwords[MIGRATOR], database=name))
