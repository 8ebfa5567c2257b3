"""A delivery remembers the period and part it was stated to be of, and the rows left out."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_what_was_asked"
down_revision = "20261122_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind, default in (
        ("asked_period", sa.Text(), ""),
        ("part", sa.Text(), ""),
        ("rows_skipped", sa.Integer(), "0"),
    ):
        op.add_column(
            "delivery",
            sa.Column(name, kind, server_default=default, nullable=False),
            schema="lris",
        )


def downgrade() -> None:
    for name in ("rows_skipped", "part", "asked_period"):
        op.drop_column("delivery", name, schema="lris")
