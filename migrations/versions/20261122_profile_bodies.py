"""Profiles as they are served: the bodies of every area, made when a release is sealed."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_profile_bodies"
down_revision = "20261122_quarantine_work"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "profile_body",
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("access", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="of what is published, when made"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="JSON, compressed by gzip"),
        sa.ForeignKeyConstraint(
            ["release"], ["lris.release.number"], name=op.f("fk_profile_body_release")
        ),
        sa.PrimaryKeyConstraint("area_id", "release", "access", name=op.f("pk_profile_body")),
        schema="lris",
        comment="Profiles ready to be served; made from sealed figures, and made again at will.",
    )
    # Compressed already: the database is not to try again.
    op.execute("ALTER TABLE lris.profile_body ALTER COLUMN body SET STORAGE EXTERNAL")
    op.execute("GRANT SELECT ON lris.profile_body TO lris_reader")
    op.execute("ALTER TABLE lris.profile_body ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY by_access ON lris.profile_body FOR SELECT TO lris_reader"
        " USING (access <= (SELECT lris.viewer_access()))"
    )


def downgrade() -> None:
    op.drop_table("profile_body", schema="lris")
