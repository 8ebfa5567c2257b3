"""The figures of each release are a table of their own, filled before it is indexed and attached."""

from alembic import op

revision = "20261122_figures_by_release"
down_revision = "20261122_neighbourhoods"
branch_labels = None
depends_on = None

SEALED = "a release is sealed; publish again to correct a figure"


def upgrade() -> None:
    _set_aside()
    _create(" PARTITION BY RANGE (series_id)")
    op.execute(
        """
        DO $$
        DECLARE last integer;
        BEGIN
            SELECT max(series_id) INTO last FROM lris.figure_before;
            IF last IS NULL THEN
                DROP TABLE lris.figure_before;
            ELSE
                EXECUTE format('ALTER TABLE lris.figure ATTACH PARTITION lris.figure_before'
                               ' FOR VALUES FROM (MINVALUE) TO (%s)', last + 1);
                CREATE TRIGGER sealed_late BEFORE INSERT ON lris.figure_before
                    FOR EACH STATEMENT EXECUTE FUNCTION lris.refuse('the release is sealed');
                CREATE TRIGGER sealed_whole BEFORE TRUNCATE ON lris.figure_before
                    FOR EACH STATEMENT EXECUTE FUNCTION lris.refuse('the release is sealed');
            END IF;
        END $$
        """
    )


def downgrade() -> None:
    _set_aside()
    _create("")
    op.execute("INSERT INTO lris.figure SELECT * FROM lris.figure_before")
    op.execute("DROP TABLE lris.figure_before")


def _set_aside() -> None:
    """The table there is, out of the way: without its triggers and under other names."""
    for trigger in ("sealed", "sealed_late", "sealed_whole"):
        op.execute(f"DROP TRIGGER IF EXISTS {trigger} ON lris.figure")
    op.execute("DROP POLICY by_access ON lris.figure")
    op.execute("ALTER TABLE lris.figure RENAME TO figure_before")
    op.execute("ALTER INDEX lris.pk_figure RENAME TO pk_figure_before")
    op.execute("ALTER INDEX lris.ix_figure_area_id RENAME TO ix_figure_before_area_id")


def _create(parted: str) -> None:
    op.execute(
        f"""
        CREATE TABLE lris.figure (
            series_id integer NOT NULL,
            area_id integer NOT NULL,
            value double precision,
            lower double precision,
            upper double precision,
            numerator double precision,
            denominator double precision,
            status text NOT NULL,
            reason text,
            access smallint NOT NULL,
            CONSTRAINT ck_figure_gap_is_a_word CHECK ((status = 'withheld') = (value IS NULL)),
            CONSTRAINT ck_figure_gap_has_a_reason
                CHECK (status <> 'withheld' OR reason IS NOT NULL),
            CONSTRAINT pk_figure PRIMARY KEY (series_id, area_id)
        ){parted}
        """
    )
    op.execute("COMMENT ON TABLE lris.figure IS 'What outsiders may see, sealed under a release.'")
    op.create_index("ix_figure_area_id", "figure", ["area_id", "series_id"], schema="lris")
    op.execute("GRANT SELECT ON lris.figure TO lris_reader")
    op.execute("ALTER TABLE lris.figure ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY by_access ON lris.figure FOR SELECT TO lris_reader"
        " USING (access <= (SELECT lris.viewer_access()))"
    )
    op.execute(
        "CREATE TRIGGER sealed BEFORE DELETE OR UPDATE ON lris.figure FOR EACH ROW"
        f" EXECUTE FUNCTION lris.refuse('{SEALED}')"
    )
    op.execute(
        "CREATE TRIGGER sealed_whole BEFORE TRUNCATE ON lris.figure FOR EACH STATEMENT"
        f" EXECUTE FUNCTION lris.refuse('{SEALED}')"
    )
    op.execute(
        "CREATE TRIGGER sealed_late AFTER INSERT ON lris.figure REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION lris.refuse_late()"
    )
