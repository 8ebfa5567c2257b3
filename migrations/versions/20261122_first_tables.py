"""The first tables: places, deliveries, figures and the record, and who may see them."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "20261122_first_tables"
down_revision = None
branch_labels = None
depends_on = None

SEALED = {
    "release": "a release is sealed; publish again to correct a figure",
    "release_series": "a release is sealed; publish again to correct a figure",
    "series": "a release is sealed; publish again to correct a figure",
    "figure": "a release is sealed; publish again to correct a figure",
    "audit": "the record is only added to",
    "shape": "an outline is never changed; a new one makes a new edition",
}
OPEN = (
    "area",
    "edition",
    "shape",
    "edition_area",
    "display",
    "current_link",
    "release",
    "series",
    "release_series",
    "figure",
    "place",
)


def upgrade() -> None:
    op.create_table(
        "area",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("vintage", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint("vintage", "code", name=op.f("uq_area_vintage_code")),
        schema="lris",
        comment="Every code ever heard of, with the vintage it belongs to; the id is never reused.",
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        schema="lris",
        comment="Who changed what and why, written in the transaction of the change itself.",
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="current", nullable=False),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.Column(
            "loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "kept_columns",
            sa.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
        ),
        sa.Column("rows_read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("loaded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quarantined", sa.Integer(), server_default="0", nullable=False),
        sa.Column("superseded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unplaced", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cells_read", sa.BigInteger(), nullable=True),
        sa.Column("cells_withheld", sa.BigInteger(), nullable=True),
        sa.Column("cells_blank", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('current', 'superseded')", name=op.f("ck_delivery_state")),
        sa.CheckConstraint("rows_read = loaded + quarantined", name=op.f("ck_delivery_reconciles")),
        sa.ForeignKeyConstraint(
            ["superseded_by"], ["lris.delivery.id"], name=op.f("fk_delivery_superseded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        schema="lris",
        comment="One partition of a source as one file gave it; replaced whole, never edited.",
    )
    op.create_index(
        "ix_delivery_source_sha256", "delivery", ["source", "sha256"], unique=False, schema="lris"
    )
    op.create_index(
        "uq_delivery_current",
        "delivery",
        ["source", "partition"],
        unique=True,
        schema="lris",
        postgresql_where=sa.text("state = 'current'"),
    )
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("vintage", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column(
            "opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "report",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_edition_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("vintage", "number", name=op.f("uq_edition_vintage_number")),
        schema="lris",
        comment="A numbered state of a vintage's boundaries; never edited once published.",
    )
    op.create_index(
        "uq_edition_one_draft",
        "edition",
        ["vintage"],
        unique=True,
        schema="lris",
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "estimate_series",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("vintage", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column(
            "denominator",
            sa.Text(),
            nullable=True,
            comment="which denominator, of which year, in words",
        ),
        sa.Column("access", sa.SmallInteger(), nullable=False),
        sa.Column("sources", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("deliveries", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="of the figures as stored"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimate_series")),
        sa.UniqueConstraint(
            "indicator",
            "vintage",
            "category",
            "period",
            name=op.f("uq_estimate_series_indicator_vintage_category_period"),
        ),
        schema="lris",
        comment="What was derived last, before disclosure control. Nobody outside sees it.",
    )
    op.create_table(
        "place",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(
            "loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "digest", sa.Text(), nullable=False, comment="of the manifest it was loaded from"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        schema="lris",
        comment="Places of the catalogue that have been loaded whole.",
    )
    op.create_table(
        "release",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("figures", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_release")),
        schema="lris",
        comment="A sealed set of series. Only ever added to.",
    )
    op.create_table(
        "estimate",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("lower", sa.Double(), nullable=True),
        sa.Column("upper", sa.Double(), nullable=True),
        sa.Column("numerator", sa.Double(), nullable=True),
        sa.Column("denominator", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("series_id", "area_id", name=op.f("pk_estimate")),
        schema="lris",
        comment="Derived values before disclosure control.",
    )
    op.create_table(
        "incident",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False, comment="position in the delivery, from 0"),
        sa.Column(
            "line", sa.Integer(), nullable=False, comment="physical line in the publisher's file"
        ),
        sa.Column("starts", sa.DateTime(), nullable=False),
        sa.Column(
            "ends", sa.DateTime(), nullable=False, comment="the first moment after what is known"
        ),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="the publisher's own area code"),
        sa.Column(
            "geom",
            Geometry("POINT", 27700, spatial_index=False),
            nullable=True,
        ),
        sa.Column(
            "kept", sa.ARRAY(sa.Text()), nullable=False, comment="as named in delivery.kept_columns"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "row", name=op.f("pk_incident")),
        schema="lris",
        comment="What happened, one row each, as delivered.",
    )
    op.create_table(
        "incident_count",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("vintage", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("incidents", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "delivery_id", "vintage", "month", "category", "area_id", name=op.f("pk_incident_count")
        ),
        schema="lris",
        comment="Placed rows of a delivery counted by month, category and area.",
    )
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("from_area", sa.Integer(), nullable=False),
        sa.Column("to_area", sa.Integer(), nullable=False),
        sa.Column("change", sa.Text(), server_default="", nullable=False),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column(
            "share",
            sa.Double(),
            nullable=True,
            comment="share of the child's ground inside, where worked out",
        ),
        sa.CheckConstraint(
            "(delivery_id IS NULL) <> (edition_id IS NULL)", name=op.f("ck_link_one_origin")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["lris.delivery.id"], name=op.f("fk_link_delivery_id")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["lris.edition.id"], name=op.f("fk_link_edition_id")
        ),
        sa.ForeignKeyConstraint(["from_area"], ["lris.area.id"], name=op.f("fk_link_from_area")),
        sa.ForeignKeyConstraint(["to_area"], ["lris.area.id"], name=op.f("fk_link_to_area")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        schema="lris",
        comment="How an area lies in another: from a published look-up, or worked out from outlines.",
    )
    op.create_index(
        op.f("ix_link_delivery_id"), "link", ["delivery_id"], unique=False, schema="lris"
    )
    op.create_index(op.f("ix_link_edition_id"), "link", ["edition_id"], unique=False, schema="lris")
    op.create_index(op.f("ix_link_from_area"), "link", ["from_area"], unique=False, schema="lris")
    op.create_index(op.f("ix_link_to_area"), "link", ["to_area"], unique=False, schema="lris")
    op.create_table(
        "observation",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("withheld", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(value IS NULL) <> (withheld IS NULL)", name=op.f("ck_observation_value_or_reason")
        ),
        sa.PrimaryKeyConstraint(
            "delivery_id", "measure", "category", "period", "area_id", name=op.f("pk_observation")
        ),
        schema="lris",
        comment="A published value for an area and period, or the publisher's reason for none.",
    )
    op.create_table(
        "placement",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("vintage", sa.Text(), nullable=False),
        sa.Column(
            "block", sa.Integer(), nullable=False, comment="row // BLOCK of lris.store.incidents"
        ),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column(
            "areas", sa.ARRAY(sa.Integer()), nullable=False, comment="area id a row, 0 for none"
        ),
        sa.Column(
            "routes", sa.ARRAY(sa.SmallInteger()), nullable=False, comment="route a row, by number"
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["lris.delivery.id"], name=op.f("fk_placement_delivery_id")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["lris.edition.id"], name=op.f("fk_placement_edition_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "vintage", "block", name=op.f("pk_placement")),
        schema="lris",
        comment="Where the rows of a delivery lie in the published edition of a vintage, and how so.",
    )
    op.create_table(
        "placement_tally",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("vintage", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["lris.delivery.id"], name=op.f("fk_placement_tally_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "vintage", "route", name=op.f("pk_placement_tally")),
        schema="lris",
        comment="How many rows of a delivery took which route to a vintage.",
    )
    op.create_table(
        "quarantine",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("row", sa.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["lris.delivery.id"], name=op.f("fk_quarantine_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "line", name=op.f("pk_quarantine")),
        schema="lris",
        comment="Rows set aside at loading, word for word, with the reason.",
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("vintage", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column(
            "denominator",
            sa.Text(),
            nullable=True,
            comment="which denominator, of which year, in words",
        ),
        sa.Column("access", sa.SmallInteger(), nullable=False),
        sa.Column("sources", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("deliveries", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="of the figures as stored"),
        sa.Column("first_release", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_release"], ["lris.release.number"], name=op.f("fk_series_first_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        schema="lris",
        comment="One indicator, category and period in one vintage, after disclosure control, sealed.",
    )
    op.create_index(
        "ix_series_indicator",
        "series",
        ["indicator", "vintage", "category", "period"],
        unique=False,
        schema="lris",
    )
    op.create_table(
        "shape",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column(
            "origin",
            sa.Text(),
            nullable=False,
            comment="the publisher's file, or how it was drawn",
        ),
        sa.Column(
            "geom",
            Geometry("MULTIPOLYGON", 27700, spatial_index=False),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["area_id"], ["lris.area.id"], name=op.f("fk_shape_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shape")),
        schema="lris",
        comment="The publisher's own outline of an area, repaired where invalid, EPSG:27700.",
    )
    op.create_index(
        "ix_shape_geom", "shape", ["geom"], unique=False, schema="lris", postgresql_using="gist"
    )
    op.create_index(op.f("ix_shape_area_id"), "shape", ["area_id"], unique=False, schema="lris")
    op.create_table(
        "edition_area",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("shape_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"], ["lris.area.id"], name=op.f("fk_edition_area_area_id")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["lris.edition.id"], name=op.f("fk_edition_area_edition_id")
        ),
        sa.ForeignKeyConstraint(
            ["shape_id"], ["lris.shape.id"], name=op.f("fk_edition_area_shape_id")
        ),
        sa.PrimaryKeyConstraint("edition_id", "area_id", name=op.f("pk_edition_area")),
        schema="lris",
        comment="Which outline an area has in an edition.",
    )
    op.create_index(
        "ix_edition_area_area_id", "edition_area", ["area_id"], unique=False, schema="lris"
    )
    op.create_index(
        op.f("ix_edition_area_shape_id"), "edition_area", ["shape_id"], unique=False, schema="lris"
    )
    op.create_table(
        "figure",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("lower", sa.Double(), nullable=True),
        sa.Column("upper", sa.Double(), nullable=True),
        sa.Column("numerator", sa.Double(), nullable=True),
        sa.Column("denominator", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("access", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "(status = 'withheld') = (value IS NULL)", name=op.f("ck_figure_gap_is_a_word")
        ),
        sa.CheckConstraint(
            "status <> 'withheld' OR reason IS NOT NULL", name=op.f("ck_figure_gap_has_a_reason")
        ),
        sa.PrimaryKeyConstraint("series_id", "area_id", name=op.f("pk_figure")),
        schema="lris",
        comment="What outsiders may see, sealed under a release.",
    )
    op.create_index(
        "ix_figure_area_id", "figure", ["area_id", "series_id"], unique=False, schema="lris"
    )
    op.create_table(
        "release_series",
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release"], ["lris.release.number"], name=op.f("fk_release_series_release")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["lris.series.id"], name=op.f("fk_release_series_series_id")
        ),
        sa.PrimaryKeyConstraint("release", "series_id", name=op.f("pk_release_series")),
        schema="lris",
        comment="Which series a release is made of; unchanged ones are shared between releases.",
    )
    op.create_table(
        "display",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("tolerance_m", sa.SmallInteger(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column(
            "geom",
            Geometry("MULTIPOLYGON", 4326, spatial_index=False),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["edition_id", "area_id"],
            ["lris.edition_area.edition_id", "lris.edition_area.area_id"],
            name=op.f("fk_display_edition_id_area_id"),
        ),
        sa.PrimaryKeyConstraint("edition_id", "tolerance_m", "area_id", name=op.f("pk_display")),
        schema="lris",
        comment="Generalised copies for maps, shared borders kept; never used for placing.",
    )
    op.create_index(
        "ix_display_geom",
        "display",
        ["geom"],
        unique=False,
        schema="lris",
        postgresql_using="gist",
    )
    _rules()


def _rules() -> None:
    """What is sealed, what is open, and to whom."""

    op.execute(
        """
        CREATE FUNCTION lris.viewer_access() RETURNS smallint LANGUAGE sql STABLE AS $$
            SELECT coalesce(nullif(current_setting('lris.access', true), ''), '-1')::smallint
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION lris.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% on lris.% is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0];
        END $$
        """
    )
    for table, why in SEALED.items():
        op.execute(
            f"CREATE TRIGGER sealed BEFORE UPDATE OR DELETE ON lris.{table}"
            f" FOR EACH ROW EXECUTE FUNCTION lris.refuse('{why}')"
        )
        op.execute(
            f"CREATE TRIGGER sealed_whole BEFORE TRUNCATE ON lris.{table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION lris.refuse('{why}')"
        )
    op.execute(
        """
        CREATE FUNCTION lris.refuse_published() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM lris.edition e WHERE e.state = 'published'
                       AND (TG_OP <> 'INSERT' AND e.id = OLD.edition_id
                            OR TG_OP <> 'DELETE' AND e.id = NEW.edition_id)) THEN
                RAISE EXCEPTION '% on lris.% is refused: a published edition is never edited',
                    TG_OP, TG_TABLE_NAME;
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION lris.refuse_published_edition() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.state = 'published' THEN
                RAISE EXCEPTION '% on lris.edition is refused: a published edition is never edited',
                    TG_OP;
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER published BEFORE UPDATE OR DELETE ON lris.edition"
        " FOR EACH ROW EXECUTE FUNCTION lris.refuse_published_edition()"
    )
    for table in ("edition_area", "display"):
        op.execute(
            f"CREATE TRIGGER published BEFORE INSERT OR UPDATE OR DELETE ON lris.{table}"
            " FOR EACH ROW EXECUTE FUNCTION lris.refuse_published()"
        )
    for table in ("edition", "edition_area", "display"):
        op.execute(
            f"CREATE TRIGGER published_whole BEFORE TRUNCATE ON lris.{table} FOR EACH STATEMENT"
            " EXECUTE FUNCTION lris.refuse('a published edition is never edited')"
        )
    # now() is the time of the transaction: only the one that makes a release may fill it.
    op.execute(
        """
        CREATE FUNCTION lris.refuse_late() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE late boolean;
        BEGIN
            IF TG_TABLE_NAME = 'figure' THEN
                late := EXISTS (
                    SELECT FROM (SELECT DISTINCT series_id FROM added) AS a
                    JOIN lris.series s ON s.id = a.series_id
                    JOIN lris.release r ON r.number = s.first_release
                    WHERE r.sealed_at <> now());
            ELSIF TG_TABLE_NAME = 'series' THEN
                late := EXISTS (
                    SELECT FROM added AS a
                    JOIN lris.release r ON r.number = a.first_release
                    WHERE r.sealed_at <> now());
            ELSE
                late := EXISTS (
                    SELECT FROM added AS a JOIN lris.release r ON r.number = a.release
                    WHERE r.sealed_at <> now());
            END IF;
            IF late THEN
                RAISE EXCEPTION 'INSERT on lris.% is refused: the release is sealed', TG_TABLE_NAME;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for table in ("figure", "series", "release_series"):
        op.execute(
            f"CREATE TRIGGER sealed_late AFTER INSERT ON lris.{table}"
            " REFERENCING NEW TABLE AS added FOR EACH STATEMENT"
            " EXECUTE FUNCTION lris.refuse_late()"
        )
    op.execute(
        """
        CREATE VIEW lris.current_link AS
        SELECT l.* FROM lris.link l
        LEFT JOIN lris.delivery d ON d.id = l.delivery_id
        LEFT JOIN lris.edition e ON e.id = l.edition_id
        WHERE d.state = 'current' OR e.state = 'published'
        """
    )
    op.execute(
        """
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lris_reader') THEN
                CREATE ROLE lris_reader NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """
    )
    op.execute(
        """
        DO $$ BEGIN
            SET LOCAL ROLE lris_reader;
            RESET ROLE;
        EXCEPTION WHEN insufficient_privilege THEN
            EXECUTE format('GRANT lris_reader TO %I', current_user);
        END $$
        """
    )
    op.execute("GRANT USAGE ON SCHEMA lris TO lris_reader")
    op.execute(f"GRANT SELECT ON {', '.join('lris.' + name for name in OPEN)} TO lris_reader")
    for table in ("series", "figure"):
        op.execute(f"ALTER TABLE lris.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY by_access ON lris.{table} FOR SELECT TO lris_reader"
            " USING (access <= (SELECT lris.viewer_access()))"
        )


def downgrade() -> None:
    op.execute("DROP VIEW lris.current_link")
    op.drop_index("ix_display_geom", table_name="display", schema="lris", postgresql_using="gist")
    op.drop_table("display", schema="lris")
    op.drop_table("release_series", schema="lris")
    op.drop_index("ix_figure_area_id", table_name="figure", schema="lris")
    op.drop_table("figure", schema="lris")
    op.drop_index(op.f("ix_edition_area_shape_id"), table_name="edition_area", schema="lris")
    op.drop_index("ix_edition_area_area_id", table_name="edition_area", schema="lris")
    op.drop_table("edition_area", schema="lris")
    op.drop_index(op.f("ix_shape_area_id"), table_name="shape", schema="lris")
    op.drop_index("ix_shape_geom", table_name="shape", schema="lris", postgresql_using="gist")
    op.drop_table("shape", schema="lris")
    op.drop_index("ix_series_indicator", table_name="series", schema="lris")
    op.drop_table("series", schema="lris")
    op.drop_table("quarantine", schema="lris")
    op.drop_table("placement_tally", schema="lris")
    op.drop_table("placement", schema="lris")
    op.drop_table("observation", schema="lris")
    op.drop_index(op.f("ix_link_to_area"), table_name="link", schema="lris")
    op.drop_index(op.f("ix_link_from_area"), table_name="link", schema="lris")
    op.drop_index(op.f("ix_link_edition_id"), table_name="link", schema="lris")
    op.drop_index(op.f("ix_link_delivery_id"), table_name="link", schema="lris")
    op.drop_table("link", schema="lris")
    op.drop_table("incident_count", schema="lris")
    op.drop_table("incident", schema="lris")
    op.drop_table("estimate", schema="lris")
    op.drop_table("release", schema="lris")
    op.drop_table("place", schema="lris")
    op.drop_table("estimate_series", schema="lris")
    op.drop_index(
        "uq_edition_one_draft",
        table_name="edition",
        schema="lris",
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.drop_table("edition", schema="lris")
    op.drop_index(
        "uq_delivery_current",
        table_name="delivery",
        schema="lris",
        postgresql_where=sa.text("state = 'current'"),
    )
    op.drop_index("ix_delivery_source_sha256", table_name="delivery", schema="lris")
    op.drop_table("delivery", schema="lris")
    op.drop_table("audit", schema="lris")
    op.drop_table("area", schema="lris")
    op.execute("DROP FUNCTION lris.refuse_late()")
    op.execute("DROP FUNCTION lris.refuse_published_edition()")
    op.execute("DROP FUNCTION lris.refuse_published()")
    op.execute("DROP FUNCTION lris.refuse()")
    op.execute("DROP FUNCTION lris.viewer_access()")
    op.execute("REVOKE USAGE ON SCHEMA lris FROM lris_reader")
