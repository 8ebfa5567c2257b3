"""Rows set aside can be worked on; a delivery remembers its series and what was measured of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_quarantine_work"
down_revision = "20261122_postcodes_and_sites"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _deliveries()
    _quarantine()
    _view()


def _deliveries() -> None:
    op.add_column(
        "delivery",
        sa.Column(
            "series",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="the partition without its period: what its count is compared along",
        ),
        schema="lris",
    )
    op.add_column(
        "delivery",
        sa.Column(
            "measured",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="counts taken at loading, read whole for the quality card, never searched",
        ),
        schema="lris",
    )
    op.drop_constraint(op.f("ck_delivery_state"), "delivery", schema="lris")
    op.create_check_constraint(
        op.f("ck_delivery_state"),
        "delivery",
        "state IN ('current', 'superseded', 'joining')",
        schema="lris",
    )
    op.create_index(
        op.f("ix_delivery_source_series"), "delivery", ["source", "series"], schema="lris"
    )


def _quarantine() -> None:
    op.rename_table("quarantine", "quarantine_before", schema="lris")
    op.execute("ALTER TABLE lris.quarantine_before DROP CONSTRAINT pk_quarantine")
    op.execute("ALTER TABLE lris.quarantine_before DROP CONSTRAINT fk_quarantine_delivery_id")
    op.create_table(
        "quarantine",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="in the delivery, from 1"),
        sa.Column("sheet", sa.Text(), nullable=False, comment="of a workbook, '' in a plain file"),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text(), nullable=True, comment="the header that is in doubt"),
        sa.Column("code", sa.Text(), nullable=False, comment="the reason in a word"),
        sa.Column("reason", sa.Text(), nullable=False, comment="the reason in a sentence"),
        sa.Column("header", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("row", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "corrected", postgresql.ARRAY(sa.Text()), nullable=True, comment="the cells, mended"
        ),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'replayed', 'dismissed')", name=op.f("ck_quarantine_state")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_quarantine_decided"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["lris.delivery.id"], name=op.f("fk_quarantine_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "delivery_id", "sheet", "line", name=op.f("uq_quarantine_delivery_id_sheet_line")
        ),
        schema="lris",
        comment="Rows set aside at loading, word for word, with the reason and what became of them.",
    )
    op.execute(
        """
        INSERT INTO lris.quarantine (delivery_id, number, sheet, line, code, reason, header, "row")
        SELECT delivery_id, row_number() OVER (PARTITION BY delivery_id ORDER BY line), '', line,
               'not_told', reason, '{}', "row"
        FROM lris.quarantine_before
        """
    )
    op.drop_table("quarantine_before", schema="lris")


def _view() -> None:
    """What the read-only role may see of deliveries: those of its own access level or wider."""
    op.execute(
        """
        CREATE VIEW lris.visible_delivery AS
        SELECT d.id, d.source, d.partition, d.series, d.state, d.period_start, d.period_end,
               d.publisher, d.licence, d.loaded_at, d.rows_read, d.loaded, d.rows_skipped,
               d.quarantined, d.superseded, d.unplaced, d.cells_read, d.cells_withheld,
               d.cells_blank, d.measured,
               (SELECT jsonb_object_agg(v.vintage, v.routes)
                FROM (SELECT p.vintage, jsonb_object_agg(p.route, p.rows) AS routes
                      FROM lris.placement_tally p WHERE p.delivery_id = d.id
                      GROUP BY p.vintage) v) AS routes
        FROM lris.delivery d
        WHERE array_position(
            ARRAY['public', 'partner_aggregate', 'partner_record', 'analyst', 'governance'],
            d.access) - 1 <= (SELECT lris.viewer_access())
        """
    )
    op.execute("GRANT SELECT ON lris.visible_delivery TO lris_reader")


def downgrade() -> None:
    op.execute("DROP VIEW lris.visible_delivery")
    op.execute(
        """
        CREATE TABLE lris.quarantine_before AS
        SELECT DISTINCT ON (delivery_id, line) delivery_id, line, reason, "row"
        FROM lris.quarantine ORDER BY delivery_id, line, number
        """
    )
    op.drop_table("quarantine", schema="lris")
    op.create_table(
        "quarantine",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("row", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["lris.delivery.id"], name=op.f("fk_quarantine_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "line", name=op.f("pk_quarantine")),
        schema="lris",
        comment="Rows set aside at loading, word for word, with the reason.",
    )
    op.execute("INSERT INTO lris.quarantine SELECT * FROM lris.quarantine_before")
    op.drop_table("quarantine_before", schema="lris")
    op.drop_index(op.f("ix_delivery_source_series"), "delivery", schema="lris")
    op.drop_constraint(op.f("ck_delivery_state"), "delivery", schema="lris")
    op.create_check_constraint(
        op.f("ck_delivery_state"), "delivery", "state IN ('current', 'superseded')", schema="lris"
    )
    op.drop_column("delivery", "measured", schema="lris")
    op.drop_column("delivery", "series", schema="lris")
