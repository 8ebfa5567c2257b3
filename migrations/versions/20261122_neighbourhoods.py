"""Neighbourhoods that people put together from whole blocks, and where the residents' centres are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_neighbourhoods"
down_revision = "20261122_profile_bodies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "neighbourhood",
        sa.Column("token", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vintage", sa.Text(), nullable=False),
        sa.Column("made_from", sa.Text(), nullable=False),
        sa.Column(
            "blocks",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="area ids in order of code: those taken, and those the line touched",
        ),
        sa.Column("taken", postgresql.ARRAY(sa.Boolean()), nullable=False),
        sa.Column(
            "inside",
            postgresql.ARRAY(sa.Double()),
            nullable=False,
            comment="share of each block's ground inside the line, NULL where none was drawn",
        ),
        sa.Column("covered", sa.Double(), nullable=True, comment="share of the ground drawn"),
        sa.Column("outside", sa.Double(), nullable=True, comment="share of the ground taken"),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "made_from IN ('polygon', 'codes', 'postcodes')",
            name=op.f("ck_neighbourhood_made_from"),
        ),
        sa.CheckConstraint(
            "cardinality(blocks) > 0 AND cardinality(blocks) = cardinality(taken)"
            " AND cardinality(blocks) = cardinality(inside)",
            name=op.f("ck_neighbourhood_blocks"),
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_neighbourhood")),
        schema="lris",
        comment="A neighbourhood of somebody's own: the blocks it is made of, never the line drawn.",
    )
    op.create_index(op.f("ix_neighbourhood_made_at"), "neighbourhood", ["made_at"], schema="lris")
    op.execute("GRANT SELECT ON lris.neighbourhood TO lris_reader")
    op.execute(
        """
        CREATE VIEW lris.open_point AS
        SELECT d.source, e.period, e.area_id, e.value AS x, n.value AS y
        FROM lris.delivery d
        JOIN lris.observation e ON e.delivery_id = d.id AND e.measure = 'easting'
        JOIN lris.observation n ON n.delivery_id = d.id AND n.measure = 'northing'
             AND n.category = e.category AND n.period = e.period AND n.area_id = e.area_id
        WHERE d.state = 'current' AND d.access = 'public' AND e.category = ''
        """
    )
    op.execute("GRANT SELECT ON lris.open_point TO lris_reader")


def downgrade() -> None:
    op.execute("DROP VIEW lris.open_point")
    op.drop_index(op.f("ix_neighbourhood_made_at"), table_name="neighbourhood", schema="lris")
    op.drop_table("neighbourhood", schema="lris")
