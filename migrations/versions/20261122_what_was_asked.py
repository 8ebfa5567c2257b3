"""A delivery remembers the period it was asked to be of, and how many rows say nothing of their own."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_what_was_asked"
down_revision = "20261122_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind, default in (
        ("asked_period", sa.Text(), ""),
        ("rows_skipped", sa.Integer(), "0"),
    ):
        op.add_column(
            "delivery",
            sa.Column(name, kind, server_default=default, nullable=False),
            schema="lris",
        )


def downgrade() -> None:
    for name in ("rows_skipped", "asked_period"):
        op.drop_column("delivery", name, schema="lris")
