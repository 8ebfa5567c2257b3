"""The tables, in the schema `lris`. The migrations make them; a test holds the two together.

Three circles. *Open*: areas, editions, shapes, links and the sealed releases, which the read-only
role may see (figures through a row policy). *Working*: deliveries, incidents, observations,
estimates, which only the writing role touches. *Record*: the audit, which only grows.
"""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA = "lris"
READER = "lris_reader"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    },
)


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


# ---------------------------------------------------------------- places

area = Table(
    "area",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("vintage", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    UniqueConstraint("vintage", "code"),
    comment="Every code ever heard of, with the vintage it belongs to; the id is never reused.",
)

edition = Table(
    "edition",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("vintage", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("grade", Text, nullable=False),
    Column("because", Text, nullable=False),
    _moment("opened_at"),
    Column("published_at", DateTime(timezone=True)),
    Column("report", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    UniqueConstraint("vintage", "number"),
    CheckConstraint("state IN ('draft', 'published')", name="state"),
    Index("uq_edition_one_draft", "vintage", unique=True, postgresql_where=text("state = 'draft'")),
    comment="A numbered state of a vintage's boundaries; never edited once published.",
)

shape = Table(
    "shape",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("area_id", Integer, ForeignKey(area.c.id), nullable=False, index=True),
    Column("origin", Text, nullable=False, comment="the publisher's file, or how it was drawn"),
    Column("geom", Geometry("MULTIPOLYGON", 27700, spatial_index=False), nullable=False),
    Index("ix_shape_geom", "geom", postgresql_using="gist"),
    comment="The publisher's own outline of an area, repaired where invalid, EPSG:27700.",
)

edition_area = Table(
    "edition_area",
    metadata,
    Column("edition_id", Integer, ForeignKey(edition.c.id), nullable=False),
    Column("area_id", Integer, ForeignKey(area.c.id), nullable=False),
    Column("shape_id", Integer, ForeignKey(shape.c.id), nullable=False, index=True),
    PrimaryKeyConstraint("edition_id", "area_id"),
    Index("ix_edition_area_area_id", "area_id"),
    comment="Which outline an area has in an edition.",
)

display = Table(
    "display",
    metadata,
    Column("edition_id", Integer, nullable=False),
    Column("tolerance_m", SmallInteger, nullable=False),
    Column("area_id", Integer, nullable=False),
    Column("geom", Geometry("MULTIPOLYGON", 4326, spatial_index=False), nullable=False),
    Index("ix_display_geom", "geom", postgresql_using="gist"),
    PrimaryKeyConstraint("edition_id", "tolerance_m", "area_id"),
    ForeignKeyConstraint(
        ["edition_id", "area_id"], [edition_area.c.edition_id, edition_area.c.area_id]
    ),
    comment="Generalised copies for maps, shared borders kept; never used for placing.",
)

# ---------------------------------------------------------------- deliveries

delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("partition", Text, nullable=False),
    Column("period_start", Date),
    Column("period_end", Date),
    Column("file_name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("asked_period", Text, nullable=False, server_default=""),
    Column("part", Text, nullable=False, server_default=""),
    Column("bytes", BigInteger, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("access", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="current"),
    Column("superseded_by", Integer, ForeignKey("lris.delivery.id")),
    _moment("loaded_at"),
    Column("kept_columns", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("rows_read", Integer, nullable=False, server_default="0"),
    Column("loaded", Integer, nullable=False, server_default="0"),
    Column("rows_skipped", Integer, nullable=False, server_default="0"),
    Column("quarantined", Integer, nullable=False, server_default="0"),
    Column("superseded", Integer, nullable=False, server_default="0"),
    Column("unplaced", Integer, nullable=False, server_default="0"),
    Column("cells_read", BigInteger),
    Column("cells_withheld", BigInteger),
    Column("cells_blank", BigInteger),
    Column(
        "series",
        Text,
        nullable=False,
        server_default="",
        comment="the partition without its period: what its count is compared along",
    ),
    Column(
        "measured",
        JSONB,
        nullable=False,
        server_default=text("'{}'::jsonb"),
        comment="counts taken at loading, read whole for the quality card, never searched",
    ),
    CheckConstraint("state IN ('current', 'superseded', 'joining')", name="state"),
    CheckConstraint("rows_read = loaded + quarantined", name="reconciles"),
    Index(
        "uq_delivery_current",
        "source",
        "partition",
        unique=True,
        postgresql_where=text("state = 'current'"),
    ),
    Index("ix_delivery_source_sha256", "source", "sha256"),
    Index("ix_delivery_source_series", "source", "series"),
    comment="One partition of a source as one file gave it; replaced whole, never edited.",
)


def _delivery_key() -> Column[int]:
    return Column("delivery_id", Integer, ForeignKey(delivery.c.id), nullable=False)


# The tables that take millions of rows have no foreign keys: their rows are only ever written
# in the transaction that writes what they refer to, which is never deleted; a check for each row
# would double the time of a load.


quarantine = Table(
    "quarantine",
    metadata,
    _delivery_key(),
    Column("number", Integer, nullable=False, comment="in the delivery, from 1"),
    Column("sheet", Text, nullable=False, comment="of a workbook, '' in a plain file"),
    Column("line", Integer, nullable=False),
    Column("column", Text, comment="the header that is in doubt"),
    Column("code", Text, nullable=False, comment="the reason in a word"),
    Column("reason", Text, nullable=False, comment="the reason in a sentence"),
    Column("header", ARRAY(Text), nullable=False),
    Column("row", ARRAY(Text), nullable=False),
    Column("corrected", ARRAY(Text), comment="the cells, mended"),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("decided_by", Text),
    Column("because", Text),
    Column("decided_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("delivery_id", "number"),
    UniqueConstraint("delivery_id", "sheet", "line"),
    CheckConstraint("state IN ('waiting', 'replayed', 'dismissed')", name="state"),
    CheckConstraint(
        "(state = 'waiting') = (decided_at IS NULL)"
        " AND (decided_at IS NULL) = (decided_by IS NULL)",
        name="decided",
    ),
    comment="Rows set aside at loading, word for word, with the reason and what became of them.",
)

incident = Table(
    "incident",
    metadata,
    Column("delivery_id", Integer, nullable=False),
    Column("row", Integer, nullable=False, comment="position in the delivery, from 0"),
    Column("line", Integer, nullable=False, comment="physical line in the publisher's file"),
    Column("starts", DateTime, nullable=False),
    Column("ends", DateTime, nullable=False, comment="the first moment after what is known"),
    Column("category", Text, nullable=False),
    Column("code", Text, comment="the publisher's own area code"),
    Column("geom", Geometry("POINT", 27700, spatial_index=False)),
    Column("kept", ARRAY(Text), nullable=False, comment="as named in delivery.kept_columns"),
    PrimaryKeyConstraint("delivery_id", "row"),
    comment="What happened, one row each, as delivered.",
)

placement = Table(
    "placement",
    metadata,
    _delivery_key(),
    Column("vintage", Text, nullable=False),
    Column("block", Integer, nullable=False, comment="row // BLOCK of lris.store.incidents"),
    Column("edition_id", Integer, ForeignKey(edition.c.id), nullable=False),
    Column("areas", ARRAY(Integer), nullable=False, comment="area id a row, 0 for none"),
    Column("routes", ARRAY(SmallInteger), nullable=False, comment="route a row, by number"),
    PrimaryKeyConstraint("delivery_id", "vintage", "block"),
    comment="Where the rows of a delivery lie in the published edition of a vintage, and how so.",
)

placement_tally = Table(
    "placement_tally",
    metadata,
    _delivery_key(),
    Column("vintage", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    PrimaryKeyConstraint("delivery_id", "vintage", "route"),
    comment="How many rows of a delivery took which route to a vintage.",
)

incident_count = Table(
    "incident_count",
    metadata,
    Column("delivery_id", Integer, nullable=False),
    Column("vintage", Text, nullable=False),
    Column("month", Date, nullable=False),
    Column("category", Text, nullable=False),
    Column("area_id", Integer, nullable=False),
    Column("incidents", Integer, nullable=False),
    PrimaryKeyConstraint("delivery_id", "vintage", "month", "category", "area_id"),
    comment="Placed rows of a delivery counted by month, category and area.",
)

observation = Table(
    "observation",
    metadata,
    Column("delivery_id", Integer, nullable=False),
    Column("measure", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("area_id", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("value", Double),
    Column("withheld", Text),
    PrimaryKeyConstraint("delivery_id", "measure", "category", "period", "area_id"),
    CheckConstraint("(value IS NULL) <> (withheld IS NULL)", name="value_or_reason"),
    comment="A published value for an area and period, or the publisher's reason for none.",
)

link = Table(
    "link",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("delivery_id", Integer, ForeignKey(delivery.c.id), index=True),
    Column("edition_id", Integer, ForeignKey(edition.c.id), index=True),
    Column("from_area", Integer, ForeignKey(area.c.id), nullable=False, index=True),
    Column("to_area", Integer, ForeignKey(area.c.id), nullable=False, index=True),
    Column("change", Text, nullable=False, server_default=""),
    Column("exact", Boolean, nullable=False),
    Column("share", Double, comment="share of the child's ground inside, where worked out"),
    CheckConstraint("(delivery_id IS NULL) <> (edition_id IS NULL)", name="one_origin"),
    comment="How an area lies in another: from a published look-up, or worked out from outlines.",
)

# ---------------------------------------------------------------- figures


def _series_columns() -> list[Column[object]]:
    return [
        Column("indicator", Text, nullable=False),
        Column("vintage", Text, nullable=False),
        Column("category", Text, nullable=False),
        Column("period", Text, nullable=False),
        Column("period_start", Date, nullable=False),
        Column("period_end", Date, nullable=False),
        Column("unit", Text, nullable=False),
        Column("denominator", Text, comment="which denominator, of which year, in words"),
        Column("access", SmallInteger, nullable=False),
        Column("sources", ARRAY(Text), nullable=False),
        Column("deliveries", ARRAY(Integer), nullable=False),
        Column("digest", LargeBinary, nullable=False, comment="of the figures as stored"),
    ]


def _figure_columns() -> list[Column[object]]:
    return [
        Column("area_id", Integer, nullable=False),
        Column("value", Double),
        Column("lower", Double),
        Column("upper", Double),
        Column("numerator", Double),
        Column("denominator", Double),
        Column("status", Text, nullable=False),
        Column("reason", Text),
    ]


estimate_series = Table(
    "estimate_series",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    *_series_columns(),
    UniqueConstraint("indicator", "vintage", "category", "period"),
    comment="What was derived last, before disclosure control. Nobody outside sees it.",
)

estimate = Table(
    "estimate",
    metadata,
    Column("series_id", Integer, nullable=False),
    *_figure_columns(),
    PrimaryKeyConstraint("series_id", "area_id"),
    comment="Derived values before disclosure control.",
)

release = Table(
    "release",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _moment("sealed_at"),
    Column("actor", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("figures", BigInteger, nullable=False),
    comment="A sealed set of series. Only ever added to.",
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    *_series_columns(),
    Column("first_release", Integer, ForeignKey(release.c.number), nullable=False),
    Index("ix_series_indicator", "indicator", "vintage", "category", "period"),
    comment="One indicator, category and period in one vintage, after disclosure control, sealed.",
)

release_series = Table(
    "release_series",
    metadata,
    Column("release", Integer, ForeignKey(release.c.number), nullable=False),
    Column("series_id", Integer, ForeignKey(series.c.id), nullable=False),
    PrimaryKeyConstraint("release", "series_id"),
    comment="Which series a release is made of; unchanged ones are shared between releases.",
)

figure = Table(
    "figure",
    metadata,
    Column("series_id", Integer, nullable=False),
    *_figure_columns(),
    Column("access", SmallInteger, nullable=False),
    PrimaryKeyConstraint("series_id", "area_id"),
    Index("ix_figure_area_id", "area_id", "series_id"),
    CheckConstraint("(status = 'withheld') = (value IS NULL)", name="gap_is_a_word"),
    CheckConstraint("status <> 'withheld' OR reason IS NOT NULL", name="gap_has_a_reason"),
    comment="What outsiders may see, sealed under a release.",
)

profile_body = Table(
    "profile_body",
    metadata,
    Column("release", Integer, ForeignKey(release.c.number), nullable=False),
    Column("area_id", Integer, nullable=False),
    Column("access", SmallInteger, nullable=False),
    Column("state", Text, nullable=False, comment="of what is published, when made"),
    Column("body", LargeBinary, nullable=False, comment="JSON, compressed by gzip"),
    PrimaryKeyConstraint("area_id", "release", "access"),
    comment="Profiles ready to be served; made from sealed figures, and made again at will.",
)

place = Table(
    "place",
    metadata,
    Column("id", Text, primary_key=True),
    _moment("loaded_at"),
    Column("digest", Text, nullable=False, comment="of the manifest it was loaded from"),
    comment="Places of the catalogue that have been loaded whole.",
)

# ---------------------------------------------------------------- postcodes, sites, other names

postcode_directory = Table(
    "postcode_directory",
    metadata,
    Column("delivery_id", Integer, ForeignKey(delivery.c.id), primary_key=True),
    Column("edition", Text, nullable=False),
    Column("edition_end", Date, nullable=False),
    Column("vintages", ARRAY(Text), nullable=False),
    Column("points", Boolean, nullable=False),
    Column("postcodes", Integer, nullable=False),
    comment="A delivery of postcodes: its edition, and the vintages its rows give areas of.",
)

postcode = Table(
    "postcode",
    metadata,
    Column(
        "postcode",
        Text(collation="C"),
        nullable=False,
        comment="in capitals, without the space",
    ),
    Column("delivery_id", Integer, nullable=False),
    Column("introduced", Date, comment="first day of the month"),
    Column("ended", Date, comment="first day of the month"),
    Column("quality", SmallInteger, comment="the publisher's own scale"),
    Column("geom", Geometry("POINT", 27700, spatial_index=False)),
    Column(
        "areas",
        ARRAY(Integer),
        nullable=False,
        comment="area ids in the order of postcode_directory.vintages, 0 for none",
    ),
    Column("kept", ARRAY(Text), nullable=False, comment="as named in delivery.kept_columns"),
    PrimaryKeyConstraint("postcode", "delivery_id"),
    comment="A postcode as one directory has it, ended ones too.",
)

site = Table(
    "site",
    metadata,
    _delivery_key(),
    Column("row", Integer, nullable=False, comment="position in the delivery, from 0"),
    Column("line", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column(
        "area_id",
        Integer,
        ForeignKey(area.c.id),
        index=True,
        comment="of its own code, where it has one",
    ),
    Column("name", Text, nullable=False),
    Column("postcode", Text, nullable=False, index=True, comment="without the space, '' for none"),
    Column("as_of", Date, comment="last day of what its file is about"),
    Column("route", Text, nullable=False),
    Column("geom", Geometry("POINT", 27700, spatial_index=False)),
    Column(
        "areas",
        ARRAY(Integer),
        nullable=False,
        server_default=text("'{}'::integer[]"),
        comment="where the directories put its postcode",
    ),
    CheckConstraint("route IN ('publisher', 'postcode', 'none')", name="route"),
    CheckConstraint("(route = 'none') = (geom IS NULL)", name="point"),
    PrimaryKeyConstraint("delivery_id", "row"),
    Index("ix_site_geom", "geom", postgresql_using="gist"),
    Index("ix_site_areas", "areas", postgresql_using="gin"),
    comment="A school, practice or surgery as one delivery has it, and where it stands.",
)

area_alias = Table(
    "area_alias",
    metadata,
    _delivery_key(),
    Column("area_id", Integer, ForeignKey(area.c.id), nullable=False, index=True),
    Column("kind", Text, nullable=False, comment="as its manifest names the column"),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("delivery_id", "area_id", "kind"),
    comment="What else an area is called: its everyday name, its name in Welsh.",
)

# ---------------------------------------------------------------- neighbourhoods

neighbourhood = Table(
    "neighbourhood",
    metadata,
    Column("token", Text(collation="C"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("vintage", Text, nullable=False),
    Column("made_from", Text, nullable=False),
    Column(
        "blocks",
        ARRAY(Integer),
        nullable=False,
        comment="area ids in order of code: those taken, and those the line touched",
    ),
    Column("taken", ARRAY(Boolean), nullable=False),
    Column(
        "inside",
        ARRAY(Double),
        nullable=False,
        comment="share of each block's ground inside the line, NULL where none was drawn",
    ),
    Column("covered", Double, comment="share of the ground drawn"),
    Column("outside", Double, comment="share of the ground taken"),
    Column(
        "made_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=func.now(),
        index=True,
    ),
    CheckConstraint("made_from IN ('polygon', 'codes', 'postcodes')", name="made_from"),
    CheckConstraint(
        "cardinality(blocks) > 0 AND cardinality(blocks) = cardinality(taken)"
        " AND cardinality(blocks) = cardinality(inside)",
        name="blocks",
    ),
    comment="A neighbourhood of somebody's own: the blocks it is made of, never the line drawn.",
)

# ---------------------------------------------------------------- the record

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("actor", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    comment="Who changed what and why, written in the transaction of the change itself.",
)

OPEN_TABLES = (
    area,
    edition,
    shape,
    edition_area,
    display,
    release,
    series,
    release_series,
    figure,
    profile_body,
    place,
    neighbourhood,
)
"""What the read-only role may select from; `series` and `figure` through row policies."""
