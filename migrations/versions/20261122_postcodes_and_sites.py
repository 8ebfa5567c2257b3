"""Postcodes and where they lie, the schools and surgeries of an area, and what else areas are called."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "20261122_postcodes_and_sites"
down_revision = "20261122_what_was_asked"
branch_labels = None
depends_on = None

VIEWS = {
    "current_directory": (
        "postcode_directory",
        "d.source, d.partition, d.publisher, d.licence, d.loaded_at",
    ),
    "current_postcode": ("postcode", "d.source"),
    "current_site": ("site", "d.source"),
    "current_alias": ("area_alias", "d.source"),
}


def upgrade() -> None:
    _postcodes()
    _sites()
    _aliases()
    _views()


def _postcodes() -> None:
    op.create_table(
        "postcode_directory",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("edition_end", sa.Date(), nullable=False),
        sa.Column("vintages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("points", sa.Boolean(), nullable=False),
        sa.Column("postcodes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["lris.delivery.id"],
            name=op.f("fk_postcode_directory_delivery_id"),
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_postcode_directory")),
        schema="lris",
        comment="A delivery of postcodes: its edition, and the vintages its rows give areas of.",
    )
    op.create_table(
        "postcode",
        sa.Column(
            "postcode",
            sa.Text(collation="C"),
            nullable=False,
            comment="in capitals, without the space",
        ),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("introduced", sa.Date(), nullable=True, comment="first day of the month"),
        sa.Column("ended", sa.Date(), nullable=True, comment="first day of the month"),
        sa.Column("quality", sa.SmallInteger(), nullable=True, comment="the publisher's own scale"),
        sa.Column(
            "geom",
            Geometry("POINT", 27700, spatial_index=False, from_text="ST_GeomFromEWKT"),
            nullable=True,
        ),
        sa.Column(
            "areas",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="area ids in the order of postcode_directory.vintages, 0 for none",
        ),
        sa.Column(
            "kept",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="as named in delivery.kept_columns",
        ),
        sa.PrimaryKeyConstraint("postcode", "delivery_id", name=op.f("pk_postcode")),
        schema="lris",
        comment="A postcode as one directory has it, ended ones too.",
    )


def _sites() -> None:
    op.create_table(
        "site",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False, comment="position in the delivery, from 0"),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "area_id", sa.Integer(), nullable=True, comment="of its own code, where it has one"
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False, comment="without the space, '' for none"),
        sa.Column("as_of", sa.Date(), nullable=True, comment="last day of what its file is about"),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry("POINT", 27700, spatial_index=False, from_text="ST_GeomFromEWKT"),
            nullable=True,
        ),
        sa.Column(
            "areas",
            postgresql.ARRAY(sa.Integer()),
            server_default=sa.text("'{}'::integer[]"),
            nullable=False,
            comment="where the directories put its postcode",
        ),
        sa.CheckConstraint(
            "route IN ('publisher', 'postcode', 'none')", name=op.f("ck_site_route")
        ),
        sa.CheckConstraint("(route = 'none') = (geom IS NULL)", name=op.f("ck_site_point")),
        sa.ForeignKeyConstraint(["area_id"], ["lris.area.id"], name=op.f("fk_site_area_id")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["lris.delivery.id"], name=op.f("fk_site_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "row", name=op.f("pk_site")),
        schema="lris",
        comment="A school, practice or surgery as one delivery has it, and where it stands.",
    )
    op.create_index("ix_site_geom", "site", ["geom"], schema="lris", postgresql_using="gist")
    op.create_index("ix_site_areas", "site", ["areas"], schema="lris", postgresql_using="gin")
    op.create_index(op.f("ix_site_area_id"), "site", ["area_id"], schema="lris")
    op.create_index(op.f("ix_site_postcode"), "site", ["postcode"], schema="lris")


def _aliases() -> None:
    op.create_table(
        "area_alias",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="as its manifest names the column"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["lris.area.id"], name=op.f("fk_area_alias_area_id")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["lris.delivery.id"], name=op.f("fk_area_alias_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "area_id", "kind", name=op.f("pk_area_alias")),
        schema="lris",
        comment="What else an area is called: its everyday name, its name in Welsh.",
    )
    op.create_index(op.f("ix_area_alias_area_id"), "area_alias", ["area_id"], schema="lris")


def _views() -> None:
    """What the read-only role sees: of the current deliveries, those that anybody may see."""
    for view, (table, more) in VIEWS.items():
        op.execute(
            f"CREATE VIEW lris.{view} AS SELECT t.*, {more} FROM lris.{table} t"
            " JOIN lris.delivery d ON d.id = t.delivery_id"
            " WHERE d.state = 'current' AND d.access = 'public'"
        )
        op.execute(f"GRANT SELECT ON lris.{view} TO lris_reader")
    # What answers may be kept by: one number for each table, from the end of its index.
    op.execute(
        "CREATE VIEW lris.newest_places AS"
        " SELECT max(delivery_id) AS delivery_id FROM lris.postcode_directory"
        " UNION ALL SELECT max(delivery_id) FROM lris.site"
        " UNION ALL SELECT max(delivery_id) FROM lris.area_alias"
    )
    op.execute("GRANT SELECT ON lris.newest_places TO lris_reader")


def downgrade() -> None:
    op.execute("DROP VIEW lris.newest_places")
    for view in VIEWS:
        op.execute(f"DROP VIEW lris.{view}")
    for table in ("area_alias", "site", "postcode", "postcode_directory"):
        op.drop_table(table, schema="lris")
