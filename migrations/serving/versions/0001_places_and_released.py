"""The tables of places and of released figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography, Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def _create_districts() -> None:
    op.create_table(
        "districts",
        sa.Column("adcode", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("city_code", sa.Integer(), nullable=False),
        sa.Column("city_name", sa.Text(), nullable=False),
        sa.Column("outline", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("mean_household_size", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("adcode"),
        schema="places",
    )
    op.create_index(
        "idx_districts_outline", "districts", ["outline"], unique=False, schema="places", postgresql_using="gist"
    )
    op.create_index(op.f("ix_places_districts_city_code"), "districts", ["city_code"], unique=False, schema="places")


def _create_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("import_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("datum", sa.Text(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("import_id"),
        schema="places",
    )


def _create_communities() -> None:
    op.create_table(
        "communities",
        sa.Column("community_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district_adcode", sa.Integer(), nullable=False),
        sa.Column("position", Geography("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("outline", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=True),
        sa.Column("cell", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "aliases", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "other_codes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_adcode"],
            ["places.districts.adcode"],
        ),
        sa.PrimaryKeyConstraint("community_code"),
        schema="places",
    )
    op.create_index(
        "idx_communities_cell", "communities", ["cell"], unique=False, schema="places", postgresql_using="gist"
    )
    op.create_index(
        "idx_communities_outline", "communities", ["outline"], unique=False, schema="places", postgresql_using="gist"
    )
    op.create_index(
        "idx_communities_position", "communities", ["position"], unique=False, schema="places", postgresql_using="gist"
    )
    op.create_index(
        op.f("ix_places_communities_district_adcode"), "communities", ["district_adcode"], unique=False, schema="places"
    )


def _create_leaves() -> None:
    op.create_table(
        "leaves",
        sa.Column("leaf_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("city_code", sa.Integer(), nullable=False),
        sa.Column("district_adcode", sa.Integer(), nullable=False),
        sa.Column("community_code", sa.Text(), nullable=True),
        sa.Column("cell8", sa.BigInteger(), nullable=False),
        sa.Column("parent7", sa.BigInteger(), nullable=False),
        sa.Column("position", Geography("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_code"],
            ["places.communities.community_code"],
        ),
        sa.ForeignKeyConstraint(
            ["district_adcode"],
            ["places.districts.adcode"],
        ),
        sa.PrimaryKeyConstraint("leaf_id"),
        schema="places",
    )
    op.create_index(
        "idx_leaves_position", "leaves", ["position"], unique=False, schema="places", postgresql_using="gist"
    )
    op.create_index(op.f("ix_places_leaves_cell8"), "leaves", ["cell8"], unique=False, schema="places")
    op.create_index(op.f("ix_places_leaves_city_code"), "leaves", ["city_code"], unique=False, schema="places")
    op.create_index(
        op.f("ix_places_leaves_district_adcode"), "leaves", ["district_adcode"], unique=False, schema="places"
    )
    op.create_index(op.f("ix_places_leaves_parent7"), "leaves", ["parent7"], unique=False, schema="places")
    op.create_index(
        "leaves_community",
        "leaves",
        ["community_code"],
        unique=True,
        schema="places",
        postgresql_where=sa.text("kind = 'community'"),
    )
    op.create_index(
        "leaves_remainder",
        "leaves",
        ["cell8"],
        unique=True,
        schema="places",
        postgresql_where=sa.text("kind = 'remainder'"),
    )


def _create_releases() -> None:
    op.create_table(
        "releases",
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("city_code", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("figures_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("release_id"),
        schema="released",
    )


def _create_city_figures() -> None:
    op.create_table(
        "city_figures",
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("needs", sa.ARRAY(sa.Float()), nullable=False),
        sa.Column("needs_sd", sa.ARRAY(sa.Float()), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["released.releases.release_id"],
        ),
        sa.PrimaryKeyConstraint("release_id"),
        schema="released",
    )


def _create_leaf_figures() -> None:
    op.create_table(
        "leaf_figures",
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("leaf_id", sa.BigInteger(), nullable=False),
        sa.Column("customers", sa.Float(), nullable=False),
        sa.Column("customers_sd", sa.Float(), nullable=False),
        sa.Column("any_need", sa.Float(), nullable=False),
        sa.Column("any_need_sd", sa.Float(), nullable=False),
        sa.Column("needs", sa.ARRAY(sa.Float()), nullable=False),
        sa.Column("needs_sd", sa.ARRAY(sa.Float()), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["released.releases.release_id"],
        ),
        sa.PrimaryKeyConstraint("release_id", "leaf_id"),
        schema="released",
    )


def _create_parent_figures() -> None:
    op.create_table(
        "parent_figures",
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("parent7", sa.BigInteger(), nullable=False),
        sa.Column("needs", sa.ARRAY(sa.Float()), nullable=False),
        sa.Column("needs_sd", sa.ARRAY(sa.Float()), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["released.releases.release_id"],
        ),
        sa.PrimaryKeyConstraint("release_id", "parent7"),
        schema="released",
    )


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE SCHEMA places")
    op.execute("CREATE SCHEMA released")
    _create_districts()
    _create_imports()
    _create_communities()
    _create_leaves()
    _create_releases()
    _create_city_figures()
    _create_leaf_figures()
    _create_parent_figures()
