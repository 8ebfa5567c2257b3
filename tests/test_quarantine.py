"""Rows set aside are a place to work: seen, mended, replayed or dismissed; always accounted for."""

from __future__ import annotations

import ast
import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from lris.catalogue import Catalogue
from lris.derive import derive
from lris.errors import BadRequest, FileFault, IdentifiersFound, UnknownName
from lris.load import LoadReport
from lris.loading.corrections import as_delivered, harmless
from lris.quarantine import dismiss, export, listing, replay, show
from lris.session import Doors
from lris.settings import PROJECT
from lris.sources.rows import reason_code
from lris.terms import Access, Viewer
from tests import town as t
from tests.town import SOUTH, TODAY, WEST, Town

CLERK = Viewer("clerk", Access.GOVERNANCE)
NOISE = "points_with_date_and_category"
HEADER = ["reference", "date", "category", "easting", "northing"]


def tolerant(catalogue: Catalogue, **changes: object) -> Catalogue:
    """The town's catalogue, with a source that sets doubtful rows aside and not the whole file."""
    source = catalogue.sources[NOISE]
    layout = source.layouts[0]
    columns = tuple(
        column.model_copy(update={"on_fault": "quarantine", "because": "the clerk types by hand"})
        for column in layout.columns
    )
    changed = source.model_copy(
        update={"layouts": (layout.model_copy(update={"columns": columns}),), **changes}
    )
    return replace(catalogue, sources={**catalogue.sources, NOISE: changed})


@pytest.fixture
def town(doors: Doors, catalogue: Catalogue, tmp_path: Path) -> Town:
    made = Town(doors, tolerant(t.small(catalogue)), tmp_path)
    made.draw("lsoa_2011")
    return made


def with_vandalism(town: Town) -> Catalogue:
    """The manifest mended: a word the clerk uses is in the vocabulary now."""
    words = {**town.catalogue.sources[NOISE].vocabularies["category"], "Vandalism": "vandalism"}
    return tolerant(town.catalogue, vocabularies={"category": words})


GOOD = ["a1", "2018-10-03", "Noise", str(WEST + 500), str(SOUTH + 500)]
ROWS = [
    GOOD,
    ["a2", "2018-10-04", "Vandalism", str(WEST + 1500), str(SOUTH + 500)],
    ["a3", "yesterday", "Noise", str(WEST + 500), str(SOUTH + 500)],
    ["a4", "2018-10-05", "Vandalism", str(WEST + 1500), str(SOUTH + 500)],
    ["=HYPERLINK(1)", "2018-10-06", "Graffiti", str(WEST + 500), ""],
    ["a6", "2018-10-07", "Graffiti", str(WEST + 1500), str(SOUTH + 500)],
]


def deliver(town: Town, rows: list[list[str]] = ROWS, name: str = "noise.csv") -> LoadReport:
    path = town.folder / name
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return town.load(NOISE, path)


def books(town: Town) -> list[tuple]:
    return town.ask(
        "SELECT id, partition, rows_read, loaded, quarantined, unplaced FROM delivery"
        " WHERE state = 'current' ORDER BY id"
    )


def again(town: Town, delivery: int = 1, catalogue: Catalogue | None = None, **how: object):
    return replay(
        town.doors,
        catalogue or town.catalogue,
        how.pop("viewer", CLERK),  # type: ignore[arg-type]
        delivery,
        because="mended",
        today=TODAY,
        **how,  # type: ignore[arg-type]
    )


def everything(town: Town) -> dict[str, list[tuple]]:
    tables = ("delivery", "incident", "observation", "placement", "incident_count", "quarantine")
    return {name: town.ask(f"SELECT * FROM lris.{name} ORDER BY 1, 2, 3") for name in tables}


def exported(town: Town, delivery: int = 1, **how: object) -> list[list[str]]:
    text = export(town.doors, CLERK, delivery, because="to mend", **how)  # type: ignore[arg-type]
    return list(csv.reader(io.StringIO(text, newline="")))


def mended_file(town: Town, rows: list[list[str]]) -> Path:
    path = town.folder / "mended.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(rows)
    return path


# ---------------------------------------------------------------- looking


def test_a_row_set_aside_has_its_number_line_column_reason_and_cells_under_their_header(town: Town):
    (report,) = deliver(town).deliveries
    assert (report.rows_read, report.loaded, report.quarantined) == (6, 2, 4)
    rows = show(town.doors, CLERK, 1)
    assert [(one.number, one.line, one.column, one.code, one.state) for one in rows] == [
        (1, 3, "category", "not_a_known_category", "waiting"),
        (2, 4, "date", "not_a_date", "waiting"),
        (3, 5, "category", "not_a_known_category", "waiting"),
        (4, 6, "easting", "only_one_of_two_coordinates_is_given", "waiting"),
    ]
    assert rows[0].header == tuple(HEADER)
    assert rows[0].row == tuple(ROWS[1])
    assert "'Vandalism'" in rows[0].reason


def test_what_is_set_aside_is_counted_by_state_reason_and_delivery(town: Town):
    deliver(town)
    found = listing(town.doors, CLERK)
    assert found.states == {"waiting": 4}
    assert found.reasons["not_a_known_category"] == 2
    assert (found.groups[0].code, found.groups[0].rows) == ("not_a_known_category", 2)
    assert listing(town.doors, CLERK, reason="not_a_date").states == {"waiting": 1}
    assert listing(town.doors, CLERK, source="police_street_crime").groups == ()


def test_the_same_line_of_two_sheets_is_two_rows(doors: Doors, tmp_path: Path):
    from lris.store import quarantine as store
    from lris.store.deliveries import open_delivery

    with doors.writing("clerk", "a test") as door:
        named = {"source": "s", "file_name": "f", "sha256": "0", "bytes": 1, "publisher": "p"}
        number = open_delivery(
            door.connection, **named, licence="l", agreement="open", access="public"
        )
        store.put(
            door.connection,
            number,
            [
                (sheet, 7, "c", "blank", "it is blank", ["c"], [""])
                for sheet in ("Males", "Females")
            ],
        )
        door.record("test", "quarantine")
        assert [one.sheet for one in store.rows(door.connection, number)] == ["Males", "Females"]


def test_a_row_of_an_area_nobody_knows_is_kept_whole(town: Town):
    path = town.folder / "admissions.csv"
    path.write_text("area,admissions\nTownham 001,1.5\nNowhere 003,2\n")
    town.load("stroke_admissions", path)
    (row,) = show(town.doors, CLERK, 1)
    assert (row.header, row.row) == (("area", "admissions"), ("Nowhere 003", "2"))
    assert row.code == "no_single_area_of_that_name"


def test_the_codes_of_reasons_are_these_and_stay_so():
    """A word by which people group rows must not change because a sentence reads better."""
    said = set()
    for path in (PROJECT / "lris" / "sources").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "rows.doubt":
                found = node.args[2]
                if isinstance(found, ast.Constant):
                    said.add(reason_code(str(found.value)))
    assert said >= {
        "cell_is_blank",
        "in_the_future",
        "not_a_change_code",
        "not_a_code_of_an_area",
        "not_a_coordinate",
        "not_a_date",
        "not_a_month",
        "not_a_period",
        "not_a_postcode",
        "not_a_time",
        "not_in_the_united_kingdom",
        "only_one_of_two_coordinates_is_given",
        "outside_the_period_asked_for",
        "too_large",
        "too_small",
    }


# ---------------------------------------------------------------- access


def test_rows_of_a_record_level_feed_are_seen_only_by_those_who_may_see_its_records(
    doors: Doors, catalogue: Catalogue, tmp_path: Path
):
    closed = tolerant(t.small(catalogue), access=Access.PARTNER_RECORD)
    town = Town(doors, closed, tmp_path)
    deliver(town)
    public, partner = Viewer("anybody"), Viewer("police", Access.PARTNER_RECORD)
    assert listing(doors, public).groups == ()
    for attempt in (
        lambda: show(doors, public, 1),
        lambda: export(doors, public, 1, because="curious"),
        lambda: dismiss(doors, public, 1, because="curious"),
        lambda: again(town, viewer=public),
    ):
        with pytest.raises(UnknownName, match="no delivery 1") as told:
            attempt()
        assert NOISE not in str(told.value)
    assert len(show(doors, partner, 1)) == 4


def test_whoever_looks_exports_replays_or_dismisses_is_in_the_audit_and_the_cells_are_not(
    town: Town,
):
    deliver(town)
    show(town.doors, CLERK, 1)
    exported(town)
    again(town, catalogue=with_vandalism(town))
    dismiss(town.doors, CLERK, 1, because="the clerk has retired")
    entries = town.ask(
        "SELECT action, actor, because, detail::text FROM audit WHERE action LIKE '%quarantine'"
    )
    assert [(action, actor) for action, actor, _, _ in entries] == [
        ("look at quarantine", "clerk"),
        ("export quarantine", "clerk"),
        ("replay quarantine", "clerk"),
        ("dismiss quarantine", "clerk"),
    ]
    assert not any("Vandalism" in detail or "yesterday" in detail for *_, detail in entries)


def test_an_export_replay_or_dismissal_without_a_reason_is_refused(town: Town):
    deliver(town)
    with pytest.raises(BadRequest, match="--because"):
        export(town.doors, CLERK, 1, because=" ")
    with pytest.raises(BadRequest, match="--because"):
        dismiss(town.doors, CLERK, 1, because="")
    with pytest.raises(BadRequest, match="--because"):
        replay(town.doors, town.catalogue, CLERK, 1, because="", today=TODAY)


def test_an_identifier_that_the_manifest_drops_is_not_kept_in_quarantine_either(
    doors: Doors, catalogue: Catalogue, tmp_path: Path
):
    base = tolerant(t.small(catalogue))
    layout = base.sources[NOISE].layouts[0]
    named = layout.columns[0].model_copy(
        update={"header": ("officer name",), "role": "ignored", "identifying": "drop"}
    )
    dropping = tolerant(
        base, layouts=(layout.model_copy(update={"columns": (*layout.columns, named)}),)
    )
    town = Town(doors, dropping, tmp_path)
    path = tmp_path / "noise.csv"
    path.write_text(
        ",".join([*HEADER, "officer name"]) + "\nb1,someday,Noise,360500,170500,Jane Roe\n"
    )
    town.load(NOISE, path)
    (row,) = show(doors, CLERK, 1)
    assert row.row == ("b1", "someday", "Noise", "360500", "170500", "")


# ---------------------------------------------------------------- replaying


def test_with_the_manifest_mended_rows_join_their_delivery_and_its_books_stay_true(town: Town):
    deliver(town)
    assert books(town) == [(1, "2018-10", 6, 2, 4, 0)]
    report = again(town, catalogue=with_vandalism(town))
    assert (report.rows, report.replayed, report.failed) == (4, 2, 2)
    assert report.joined == {"2018-10": 2}
    assert books(town) == [(1, "2018-10", 6, 4, 2, 0)]
    assert town.ask("SELECT row, line, category FROM incident ORDER BY row") == [
        (0, 2, "noise"),
        (1, 7, "graffiti"),
        (2, 3, "vandalism"),
        (3, 5, "vandalism"),
    ]
    assert town.ask("SELECT state, count(*) FROM quarantine GROUP BY state ORDER BY state") == [
        ("replayed", 2),
        ("waiting", 2),
    ]


def test_replayed_rows_are_placed_and_counted_as_if_they_had_come_right_at_first(
    town: Town, template: tuple[str, str]
):
    deliver(town)
    again(town, catalogue=with_vandalism(town))
    question = (
        "SELECT vintage, month, category, code, incidents FROM incident_count"
        " JOIN area USING (vintage) WHERE area.id = area_id ORDER BY 3, 4"
    )
    replayed = town.ask(question)
    tally = town.ask("SELECT vintage, route, rows FROM placement_tally ORDER BY 1, 2")
    with t.a_town(template, town.catalogue, town.folder) as other:
        mended = replace(other, catalogue=with_vandalism(town))
        mended.draw("lsoa_2011")
        deliver(mended)
        assert mended.ask(question) == replayed
        assert mended.ask("SELECT vintage, route, rows FROM placement_tally ORDER BY 1, 2") == tally


def test_replaying_twice_changes_nothing_but_says_that_it_was_tried(town: Town):
    deliver(town)
    mended = with_vandalism(town)
    again(town, catalogue=mended, reason="not_a_known_category")
    before = everything(town)
    report = again(town, catalogue=mended, reason="not_a_known_category")
    assert (report.rows, report.replayed) == (0, 0)
    assert everything(town) == before
    numbered = again(town, catalogue=mended, numbers=[1])
    assert (numbered.rows, numbered.replayed) == (0, 0)
    assert everything(town) == before


def test_rows_that_still_fail_keep_waiting_with_their_new_reason(town: Town):
    deliver(town, [GOOD, ["a2", "someday", "Vandalism", "", ""]])
    (row,) = show(town.doors, CLERK, 1)
    assert row.code == "not_a_date"
    rows = exported(town)
    rows[1][rows[0].index("date")] = "2018-10-09"
    report = again(town, corrected=mended_file(town, rows))
    assert (report.replayed, report.failed) == (0, 1)
    assert report.reasons == {"not_a_known_category": 1}
    (row,) = show(town.doors, CLERK, 1)
    assert (row.code, row.column, row.state) == ("not_a_known_category", "category", "waiting")
    assert row.row[1] == "someday"
    assert row.cells[1] == "2018-10-09"
    assert again(town, catalogue=with_vandalism(town)).replayed == 1


def test_a_row_corrected_in_the_export_is_loaded_and_both_versions_are_kept(town: Town):
    deliver(town)
    rows = exported(town)
    assert rows[0] == ["row", "sheet", "line", "reason", "explanation", *HEADER]
    at = rows[0].index("category")
    for row in rows[1:]:
        row[at] = row[at].replace("Vandalism", "Graffiti")
    report = again(town, corrected=mended_file(town, [rows[0], rows[1], rows[3]]))
    assert (report.rows, report.replayed, report.failed) == (2, 2, 0)
    kept = town.ask("SELECT row[3], corrected[3], state FROM quarantine ORDER BY number")
    assert kept[0] == ("Vandalism", "Graffiti", "replayed")
    assert kept[1] == ("Noise", None, "waiting")
    assert books(town) == [(1, "2018-10", 6, 4, 2, 0)]


def test_figures_follow_at_the_next_derive(town: Town):
    deliver(town)
    again(town, catalogue=with_vandalism(town))
    derive(town.doors, town.catalogue, actor="clerk")
    assert town.ask("SELECT sum(incidents) FROM incident_count") == [(4,)]


def test_a_row_joins_the_delivery_of_its_own_month(town: Town):
    november = ["b1", "2018-11-02", "Noise", str(WEST + 500), str(SOUTH + 500)]
    late = ["b2", "2018-11-03", "Vandalism", str(WEST + 500), str(SOUTH + 500)]
    deliver(town, [GOOD, november, late])
    assert books(town) == [(1, "2018-10", 2, 1, 1, 0), (2, "2018-11", 1, 1, 0, 0)]
    report = again(town, catalogue=with_vandalism(town))
    assert report.joined == {"2018-11": 1}
    assert books(town) == [(1, "2018-10", 1, 1, 0, 0), (2, "2018-11", 2, 2, 0, 0)]


def test_a_row_of_a_month_that_the_file_has_not_keeps_waiting(town: Town):
    deliver(town, [GOOD, ["b2", "2018-12-03", "Vandalism", "", ""]])
    report = again(town, catalogue=with_vandalism(town))
    assert report.reasons == {"partition_not_in_the_file": 1}
    assert books(town) == [(1, "2018-10", 2, 1, 1, 0)]
    assert town.ask("SELECT count(*) FROM incident") == [(1,)]


def test_a_file_of_which_every_row_was_set_aside_finds_its_partition_when_replayed(town: Town):
    deliver(town, [ROWS[1], ROWS[3]])
    assert books(town) == [(1, "", 2, 0, 2, 0)]
    assert again(town, catalogue=with_vandalism(town)).replayed == 2
    assert books(town) == [(1, "2018-10", 2, 2, 0, 0)]


def test_rows_of_a_delivery_that_was_replaced_are_not_replayed(town: Town):
    deliver(town)
    deliver(town, [GOOD], "again.csv")
    with pytest.raises(BadRequest, match="was replaced by delivery 2"):
        again(town)


def test_a_look_up_or_boundaries_that_arrive_later_let_values_in(town: Town):
    path = town.folder / "admissions.csv"
    path.write_text("area,admissions\nTownham 001,1.5\nNewtown,2\n")
    town.load("stroke_admissions", path)
    assert again(town).failed == 1
    outlines = {**t.LSOAS_2011, "E01990000": t.rectangle(5, 0, 6, 1)}
    town.draft(
        "lsoa_2011",
        outlines,
        LSOA11NM={a: f"Townham {a[-3:]}" for a in t.LSOAS_2011} | {"E01990000": "Newtown"},
    )
    report = again(town)
    assert (report.replayed, report.failed) == (1, 0)
    assert town.ask("SELECT count(*), sum(value) FROM observation") == [(2, 3.5)]
    (row,) = town.ask("SELECT rows_read, loaded, quarantined, cells_read FROM delivery")
    assert row == (2, 2, 0, 2)


def test_a_value_that_is_there_already_keeps_waiting(town: Town):
    path = town.folder / "admissions.csv"
    path.write_text("area,admissions\nTownham 001,1.5\nNewtown,2\n")
    town.load("stroke_admissions", path)
    rows = exported(town)
    rows[1][rows[0].index("area")] = "Townham 001"
    report = again(town, corrected=mended_file(town, rows))
    assert report.reasons == {"already_given": 1}
    assert town.ask("SELECT value FROM observation") == [(1.5,)]


def test_a_replay_that_identifies_somebody_changes_nothing_at_all(town: Town):
    deliver(town)
    rows = exported(town)
    rows[1][rows[0].index("reference")] = "jane.roe@example.org"
    rows[3][rows[0].index("category")] = "Graffiti"
    before = everything(town)
    with pytest.raises(IdentifiersFound):
        again(town, corrected=mended_file(town, rows))
    assert everything(town) == before


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda rows: rows[0].__setitem__(0, "number"), "begins with the columns"),
        (lambda rows: rows[1].__setitem__(0, "99"), "line 2, column 'row'"),
        (lambda rows: rows[1].__setitem__(2, "99"), "line 2, column 'row'"),
        (lambda rows: rows.append(rows[1]), "twice"),
        (lambda rows: rows[2].pop(), "line 3"),
        (lambda rows: rows[0].__setitem__(7, "kind"), "the header is reference, date, kind"),
    ],
)
def test_a_corrected_file_that_is_not_of_this_delivery_is_refused_by_line(
    town: Town, spoil, told: str
):
    deliver(town)
    rows = exported(town)
    spoil(rows)
    before = everything(town)
    with pytest.raises(FileFault, match=told) as refused:
        again(town, corrected=mended_file(town, rows))
    assert refused.value.spot.file == "mended.csv"
    assert everything(town) == before


# ---------------------------------------------------------------- dismissing, exporting


def test_a_dismissed_row_stays_set_aside_with_who_and_why_and_can_be_replayed_by_number(town: Town):
    deliver(town)
    assert dismiss(town.doors, CLERK, 1, because="not ours", reason="not_a_known_category") == 2
    first = show(town.doors, CLERK, 1)[0]
    assert (first.state, first.decided_by, first.because) == ("dismissed", "clerk", "not ours")
    assert books(town) == [(1, "2018-10", 6, 2, 4, 0)]
    mended = with_vandalism(town)
    assert again(town, catalogue=mended, reason="not_a_known_category").rows == 0
    assert again(town, catalogue=mended, numbers=[1]).replayed == 1
    with pytest.raises(UnknownName, match="99"):
        dismiss(town.doors, CLERK, 1, because="x", numbers=[99])


def test_no_cell_of_an_export_is_a_formula(town: Town):
    deliver(town)
    (row,) = [row for row in exported(town) if "HYPERLINK" in "".join(row)]
    assert row[5] == "'=HYPERLINK(1)"
    assert row[8] == str(WEST + 500)


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+44", "-2.59", "-cmd", "@x", "'=x", "''=x", "'plain", "plain", "", "\tx", "-1e5"],
)
def test_what_is_made_harmless_comes_back_as_it_was(cell: str):
    assert as_delivered(harmless(cell)) == cell
    assert harmless(cell)[:1] not in ("=", "@", "\t")
    assert harmless("-2.59") == "-2.59"
