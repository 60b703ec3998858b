"""Brings a database to the newest revision, with Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command, context
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrations.roles import Database

HERE = Path(__file__).parent


def get_config(database: Database, *, url: str) -> Config:
    """Return Alembic's configuration for one of the two databases."""
    config = Config()
    config.set_main_option("script_location", str(HERE / database))
    config.attributes["url"] = url
    return config


def upgrade(database: Database, *, url: str, revision: str = "head") -> None:
    """Run every missing revision. `url` must log in as field_migrator."""
    command.upgrade(get_config(database, url=url), revision)


def run_environment(*, schemas: Sequence[MetaData]) -> None:
    """Run inside Alembic's env.py: connect, become the owner, set the time limits, migrate."""
    config = context.config
    engine = create_engine(config.attributes["url"], poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        connection.execute(text("SET ROLE field_owner"))
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.execute(text("SET statement_timeout = '15min'"))
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS migrations"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=list(schemas),
            version_table_schema="migrations",
            include_schemas=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()
