"""A police area from the publishers' files to the service, against another reading of the files.

Everything expected here is worked out from the files by pandas, shapely and scipy alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from fastapi.testclient import TestClient
from scipy import stats

from api.app import create_app
from lris.catalogue import Catalogue
from lris.figures import Reader
from lris.session import Doors
from lris.settings import PROJECT

SLUGS = {
    "Anti-social behaviour": "anti-social-behaviour",
    "Bicycle theft": "bicycle-theft",
    "Burglary": "burglary",
    "Criminal damage and arson": "criminal-damage-arson",
    "Drugs": "drugs",
    "Other crime": "other-crime",
    "Other theft": "other-theft",
    "Possession of weapons": "possession-of-weapons",
    "Public order": "public-order",
    "Robbery": "robbery",
    "Shoplifting": "shoplifting",
    "Theft from the person": "theft-from-the-person",
    "Vehicle crime": "vehicle-crime",
    "Violence and sexual offences": "violent-crime",
}
MONTHS = ("2018-10", "2018-11", "2018-12")
LSOAS = {"lsoa_2011": 1005, "lsoa_2021": 1038}
VINTAGES = ("lsoa_2011", "lsoa_2021", "msoa_2011", "msoa_2021", "ward_2025")
KEY = ["category", "area_code"]
NUMBERS = ("value", "lower", "upper", "numerator", "denominator", "status", "reason")


class Service:
    """What the service answers about one database, as it is now."""

    def __init__(self, url: str, catalogue: Catalogue) -> None:
        self.doors = Doors(url)
        reader = Reader(self.doors, catalogue)
        self.client = TestClient(create_app(reader, PROJECT / "api" / "web" / "dist"))

    def get(self, address: str, **asked: object) -> Any:
        answer = self.client.get(address, params={name: str(one) for name, one in asked.items()})
        assert answer.status_code == 200, answer.text
        return answer

    def json(self, address: str, **asked: object) -> Any:
        return self.get(address, **asked).json()

    def figures(self, indicator: str, **asked: object) -> pd.DataFrame:
        answer = self.get(f"/indicators/{indicator}/figures", format="csv", **asked)
        assert "link" not in answer.headers, "the answer was cut"
        words = ("category", "status", "reason")
        table = pd.read_csv(BytesIO(answer.content), dtype=dict.fromkeys(words, "str"))
        table[list(words)] = table[list(words)].fillna("")
        return table.set_index(KEY).sort_index()


class Loaded:
    """What the verbs reported, and the figures before and after the look-up of changes."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.crime: Any = None
        self.crime_again: Any = None
        self.population: Any = None
        self.deprivation: Any = None
        self.before: dict[tuple[str, str], pd.DataFrame] = {}
        self.indicators_before: list[dict[str, Any]] = []


# ---------------------------------------------------------------- what is loaded


@pytest.fixture(scope="module")
def files(real_data: Path) -> dict[str, list[Path]]:
    return {
        "population_sape": [
            real_data / "population" / "SAPE21DT11-mid-2018-lsoa-population-density.xlsx"
        ],
        "iod_2019": sorted((real_data / "deprivation" / "iod2019").glob("File_[12]_*.csv.gz")),
        "lsoa_2011_to_lsoa_2021": [
            real_data / "lookups" / "LSOA11_to_LSOA21_to_LAD22_exact_fit_V3_CHGIND.csv.gz"
        ],
    }


@pytest.fixture(scope="module")
def loaded(
    databases: Callable[..., str],
    lris_on: Callable[..., Callable[..., Any]],
    outlines_of: Callable[[str], list[Path]],
    months: list[Path],
    files: dict[str, list[Path]],
    catalogue: Catalogue,
) -> Iterator[Loaded]:
    """Boundaries, then crime, then the rest; the look-up of changes last, in a second release."""
    url = databases()
    lris = lris_on(url)
    found = Loaded(Service(url, catalogue))
    for vintage in VINTAGES:
        lris("boundaries", "load", vintage, *outlines_of(vintage))
        lris("boundaries", "publish", vintage)
    found.crime = lris("load", "police_street_crime", *months)
    found.population = lris("load", "population_sape", *files["population_sape"])
    found.deprivation = lris("load", "iod_2019", *files["iod_2019"])
    lris("derive")
    lris("publish", "--profiles-later", "--because", "the quarter, without a look-up of changes")
    found.indicators_before = found.service.json("/indicators")["indicators"]
    for vintage in LSOAS:
        for period in (*MONTHS, "2018-Q4"):
            found.before[vintage, period] = found.service.figures(
                "crime_count", vintage=vintage, period=period, category="all-crime"
            )
    lris("load", "lsoa_2011_to_lsoa_2021", *files["lsoa_2011_to_lsoa_2021"])
    lris("derive")
    lris("publish", "--profiles-later", "--because", "the look-up of changes")
    found.crime_again = lris("load", "police_street_crime", *months)
    yield found
    found.service.doors.close()


@pytest.fixture(scope="module")
def other_way_round(
    databases: Callable[..., str],
    lris_on: Callable[..., Callable[..., Any]],
    outlines_of: Callable[[str], list[Path]],
    months: list[Path],
    files: dict[str, list[Path]],
    catalogue: Catalogue,
) -> Iterator[Service]:
    """November in the opposite order: look-up and values first, crime next, boundaries last."""
    [november] = [path for path in months if path.name.startswith("2018-11")]
    url = databases()
    lris = lris_on(url)
    lris("load", "lsoa_2011_to_lsoa_2021", *files["lsoa_2011_to_lsoa_2021"])
    lris("load", "population_sape", *files["population_sape"])
    report = lris("load", "police_street_crime", november)
    assert report["total"]["unplaced"] == report["total"]["loaded"] == 14_037
    for vintage in reversed(VINTAGES):
        lris("boundaries", "load", vintage, *outlines_of(vintage))
        lris("boundaries", "publish", vintage)
    lris("derive")
    lris("publish", "--profiles-later", "--because", "the opposite order")
    service = Service(url, catalogue)
    yield service
    service.doors.close()


# ---------------------------------------------------------------- the other reading


@pytest.fixture(scope="module")
def rows(months: list[Path]) -> pd.DataFrame:
    """Every row of the three files, as text."""
    read = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in months]
    table = pd.concat(read, ignore_index=True)
    assert len(table) == 42_338
    return table.assign(category=table["Crime type"].map(SLUGS))


@pytest.fixture(scope="module")
def outlines(outlines_of: Callable[[str], list[Path]]) -> dict[str, pd.Series]:
    """The outlines of both vintages by code, in degrees as the files give them."""

    def read(vintage: str, field: str) -> pd.Series:
        features = [
            feature
            for path in outlines_of(vintage)
            for feature in json.loads(path.read_text())["features"]
        ]
        shapes = {
            one["properties"][field]: shapely.geometry.shape(one["geometry"]) for one in features
        }
        return pd.Series(shapes).sort_index()

    return {"lsoa_2011": read("lsoa_2011", "LSOA11CD"), "lsoa_2021": read("lsoa_2021", "LSOA21CD")}


@pytest.fixture(scope="module")
def changes(files: dict[str, list[Path]]) -> pd.DataFrame:
    [path] = files["lsoa_2011_to_lsoa_2021"]
    return pd.read_csv(path, dtype=str, encoding="utf-8-sig")


@pytest.fixture(scope="module")
def in_2021(rows: pd.DataFrame, outlines: dict[str, pd.Series], changes: pd.DataFrame) -> pd.Series:
    """The LSOA of 2021 of each row by the look-up, and by its point where its LSOA was split."""
    there = outlines["lsoa_2021"]
    children = changes.groupby("LSOA11CD")["LSOA21CD"].agg(list)
    split = set(changes.loc[changes["CHGIND"].isin(["S", "X"]), "LSOA11CD"])
    only = changes[~changes["LSOA11CD"].isin(split)].set_index("LSOA11CD")["LSOA21CD"]
    placed = rows["LSOA code"].map(only).where(lambda code: code.isin(there.index), "")
    for at in rows.index[rows["LSOA code"].isin(split)]:
        own = there[there.index.isin(children[rows.at[at, "LSOA code"]])]
        if own.size:
            # Within a kilometre or so of a degree grid stretched by the cosine of the latitude.
            point = shapely.Point(float(rows.at[at, "Longitude"]), float(rows.at[at, "Latitude"]))
            holds = own[shapely.intersects(own.to_numpy(), point)]
            placed[at] = holds.index[0] if holds.size else _nearest(point, own)
    return placed


def _nearest(point: shapely.Point, own: pd.Series) -> str:
    def flat(shape: object) -> object:
        return shapely.transform(shape, lambda xy: xy * [np.cos(np.radians(point.y)), 1])

    distances = shapely.distance(flat(own.to_numpy()), flat(point))
    return str(own.index[int(np.argmin(distances))])


def counted(codes: pd.Series, rows: pd.DataFrame, areas: pd.Index) -> pd.DataFrame:
    """Incidents by category and area (rows of the answer) and month, zeros and totals included."""
    table = pd.DataFrame({"area_code": codes, "category": rows["category"], "month": rows["Month"]})
    every = pd.MultiIndex.from_product([sorted(SLUGS.values()), areas], names=KEY)
    inside = table[table["area_code"].isin(areas)]
    single = inside.groupby([*KEY, "month"]).size().unstack("month", fill_value=0)
    single = single.reindex(every, fill_value=0)
    total = single.groupby("area_code").sum()
    without = total - single.loc["anti-social-behaviour"]
    parts = {"all-crime": total, "all-crime-excluding-asb": without}
    return pd.concat([single, pd.concat(parts, names=KEY)]).sort_index()


# ---------------------------------------------------------------- reconciliation


def test_every_row_of_every_delivery_is_accounted_for(loaded: Loaded) -> None:
    for report in (loaded.crime, loaded.crime_again, loaded.population, loaded.deprivation):
        for one in report["deliveries"]:
            assert one["fault"] is None
            assert one["rows_read"] == one["loaded"] + one["quarantined"] + one["already_loaded"]
            assert one["unplaced"] <= one["loaded"]
            if one["cells_read"]:
                assert one["cells_read"] == one["values"] + one["withheld"] + one["blank"]
            for routes in one["routes"].values():
                assert sum(routes.values()) == one["loaded"]
        for name, number in report["total"].items():
            assert number == sum(one[name] for one in report["deliveries"])
    assert loaded.crime["total"]["rows_read"] == 42_338
    assert loaded.population["total"]["loaded"] == 34_753
    assert loaded.deprivation["total"]["loaded"] == 2 * 32_844


def test_a_second_load_changes_nothing_and_says_so(loaded: Loaded) -> None:
    expected = dict.fromkeys(loaded.crime_again["total"], 0)
    assert loaded.crime_again["total"] == expected | {"rows_read": 42_338, "already_loaded": 42_338}


def test_unplaced_rows_are_those_without_a_location_or_outside_the_force(
    loaded: Loaded, rows: pd.DataFrame, outlines: dict[str, pd.Series]
) -> None:
    known = rows["LSOA code"].isin(outlines["lsoa_2011"].index)
    expected = rows[~known].groupby("Month").size()
    assert (rows["Longitude"].eq("") == rows["LSOA code"].eq("")).all()
    reported = {one["partition"][-7:]: one["unplaced"] for one in loaded.crime["deliveries"]}
    assert reported == expected.to_dict()


@pytest.mark.parametrize("vintage", LSOAS)
def test_every_row_is_in_an_area_or_counted_as_unplaced(loaded: Loaded, vintage: str) -> None:
    for one in loaded.crime["deliveries"]:
        for figures in (
            loaded.before[vintage, one["partition"][-7:]],
            loaded.service.figures(
                "crime_count", vintage=vintage, period=one["partition"][-7:], category="all-crime"
            ),
        ):
            placed = figures.loc["all-crime", "value"].sum()
            assert placed + one["unplaced"] == one["loaded"]


def test_code_and_point_disagree_as_often_as_the_files_say(
    loaded: Loaded, rows: pd.DataFrame, outlines: dict[str, pd.Series]
) -> None:
    shapes = outlines["lsoa_2011"]
    inside = rows[rows["LSOA code"].isin(shapes.index)]
    points = shapely.points(inside["Longitude"].astype(float), inside["Latitude"].astype(float))
    own = shapes.loc[inside["LSOA code"]].to_numpy()
    shapely.prepare(own)
    apart = np.count_nonzero(~shapely.intersects(own, points))
    compared = sum(one["compared"] for one in loaded.crime["deliveries"])
    disagreeing = sum(one["disagreeing"] for one in loaded.crime["deliveries"])
    assert compared == len(inside) == 37_555
    assert disagreeing == pytest.approx(apart, abs=5)
    assert disagreeing / compared == pytest.approx(0.034, abs=0.0005)


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize("month", MONTHS)
def test_counts_by_lsoa_and_category_equal_a_count_of_the_files(
    loaded: Loaded, rows: pd.DataFrame, outlines: dict[str, pd.Series], month: str
) -> None:
    expected = counted(rows["LSOA code"], rows, outlines["lsoa_2011"].index)[month]
    figures = loaded.service.figures("crime_count", vintage="lsoa_2011", period=month)
    assert len(figures) == 1005 * 16
    pd.testing.assert_index_equal(figures.index, expected.index)
    assert (figures["value"] == expected).all()
    assert (figures["numerator"] == expected).all()
    assert set(figures["status"]) == {"observed"}
    assert (expected == 0).sum() > 1000, "zeros are among what is compared"


@pytest.mark.parametrize("month", MONTHS)
def test_counts_in_2021_equal_a_count_along_the_look_up(
    loaded: Loaded,
    rows: pd.DataFrame,
    in_2021: pd.Series,
    outlines: dict[str, pd.Series],
    month: str,
) -> None:
    expected = counted(in_2021, rows, outlines["lsoa_2021"].index)[month]
    figures = loaded.service.figures("crime_count", vintage="lsoa_2021", period=month)
    assert len(figures) == 1038 * 16
    pd.testing.assert_index_equal(figures.index, expected.index)
    assert (figures["value"] == expected).all()


def test_the_quarter_is_the_sum_of_its_months(loaded: Loaded) -> None:
    for vintage in ("lsoa_2021", "ward_2025"):
        ask = loaded.service.figures
        months = [ask("crime_count", vintage=vintage, period=month)["value"] for month in MONTHS]
        quarter = ask("crime_count", vintage=vintage, period="2018-Q4")["value"]
        assert (quarter == sum(months)).all()


def test_a_known_neighbourhood_has_its_known_counts(loaded: Loaded) -> None:
    def of(period: str, category: str = "all-crime") -> float:
        figures = loaded.service.figures(
            "crime_count", vintage="lsoa_2011", period=period, category=category
        )
        return float(figures.at[(category, "E01014540"), "value"])

    assert [of(month) for month in MONTHS] == [356, 332, 377]
    assert of("2018-Q4") == 1065
    assert of("2018-Q4", "all-crime-excluding-asb") == 1065 - (98 + 95 + 117)
    assert of("2018-11", "other-crime") == 0


def test_all_crime_says_whether_anti_social_behaviour_is_in_it(loaded: Loaded) -> None:
    [crime] = [
        one
        for one in loaded.service.json("/indicators")["indicators"]
        if one["id"] == "crime_count"
    ]
    names = {one["id"]: one["name"] for one in crime["categories"]}
    assert set(names) == {*SLUGS.values(), "all-crime", "all-crime-excluding-asb"}
    assert "and anti-social behaviour" in names["all-crime"]
    assert "without anti-social behaviour" in names["all-crime-excluding-asb"]
    assert set(crime["periods"]) == {*MONTHS, "2018-Q4"}


# ---------------------------------------------------------------- other indicators


@pytest.mark.parametrize("lad", ["lad_2019", "lad_2025"])
def test_bristol_has_263_lsoas_and_41_in_the_most_deprived_tenth(
    loaded: Loaded, lad: str, files: dict[str, list[Path]]
) -> None:
    within = f"{lad}/E06000023"
    found = loaded.service.json("/areas", vintage="lsoa_2011", within=within, limit=1000)
    assert len(found["areas"]) == 263
    deciles = loaded.service.figures(
        "imd_2019_decile", vintage="lsoa_2011", period="2019", within=within
    ).loc[""]
    assert len(deciles) == 263
    assert (deciles["value"] == 1).sum() == 41
    published = pd.read_csv(files["iod_2019"][0], thousands=",")
    rank, decile = published.columns[4], published.columns[5]
    bristol = published[published.iloc[:, 2] == "E06000023"].set_index(published.columns[0])
    assert (deciles["value"] == bristol[decile].sort_index()).all()
    ranks = loaded.service.figures(
        "imd_2019_rank", vintage="lsoa_2011", period="2019", within=within
    ).loc[""]
    assert (ranks["value"] == bristol[rank].sort_index()).all()


@pytest.fixture(scope="module")
def residents(files: dict[str, list[Path]]) -> pd.Series:
    """Mid-2018 residents by LSOA of 2011, as the spreadsheet has them."""
    [path] = files["population_sape"]
    sheet = pd.read_excel(
        path, sheet_name="Mid-2018 Population Density", header=None, engine="calamine"
    )
    lines = sheet[sheet[0].astype(str).str.fullmatch(r"[EW]01\d{6}")]
    people = [column for column in sheet if "population" in _heading(sheet, column)]
    return lines.set_index(0)[people[0]].astype(float).sort_index()


def _heading(sheet: pd.DataFrame, column: int) -> str:
    first = int(sheet[0].astype(str).str.fullmatch(r"[EW]01\d{6}").to_numpy().argmax())
    return str(sheet.at[first - 1, column]).lower()


def test_population_is_the_published_one(loaded: Loaded, residents: pd.Series) -> None:
    assert residents.size == 34_753
    figures = loaded.service.figures("population", vintage="lsoa_2011", period="2018").loc[""]
    assert len(figures) == 1005
    assert (figures["value"] == residents[figures.index]).all()
    assert set(figures["status"]) == {"observed"}


def test_rates_and_their_limits_are_those_of_the_counts_over_the_residents(
    loaded: Loaded, residents: pd.Series
) -> None:
    rates = loaded.service.figures("crime_rate_residents", vintage="lsoa_2011", period="2018-10")
    counts = loaded.service.figures("crime_count", vintage="lsoa_2011", period="2018-10")
    x = counts["value"].to_numpy()
    n = residents[rates.index.get_level_values("area_code")].to_numpy()
    z = stats.norm.ppf(0.975)
    exact_lower = np.where(x == 0, 0, stats.chi2.ppf(0.025, 2 * np.maximum(x, 1)) / 2)
    exact_upper = stats.chi2.ppf(0.975, 2 * x + 2) / 2
    some = np.maximum(x, 1)
    byar_lower = some * (1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3
    byar_upper = (x + 1) * (1 - 1 / (9 * (x + 1)) + z / (3 * np.sqrt(x + 1))) ** 3
    lower = np.where(x < 10, exact_lower, byar_lower)
    upper = np.where(x < 10, exact_upper, byar_upper)
    assert (rates["denominator"] == n).all()
    assert (rates["numerator"] == x).all()
    np.testing.assert_allclose(rates["value"], 1000 * x / n, rtol=1e-12)
    np.testing.assert_allclose(rates["lower"], 1000 * lower / n, rtol=1e-9)
    np.testing.assert_allclose(rates["upper"], 1000 * upper / n, rtol=1e-9)
    np.testing.assert_allclose(counts["lower"], lower, rtol=1e-9)
    np.testing.assert_allclose(counts["upper"], upper, rtol=1e-9)
    assert min((x < 10).sum(), (x >= 10).sum()) > 500, "both kinds of limits are compared"


# ---------------------------------------------------------------- the look-up of changes


def test_without_the_look_up_nothing_is_carried_to_2021(loaded: Loaded) -> None:
    [population] = [one for one in loaded.indicators_before if one["id"] == "population"]
    assert "lsoa_2021" not in population["vintages"]
    [population] = [
        one for one in loaded.service.json("/indicators")["indicators"] if one["id"] == "population"
    ]
    assert "lsoa_2021" in population["vintages"]


def test_with_the_look_up_residents_are_carried_only_where_that_is_exact(
    loaded: Loaded, residents: pd.Series, changes: pd.DataFrame, outlines: dict[str, pd.Series]
) -> None:
    figures = loaded.service.figures("population", vintage="lsoa_2021", period="2018").loc[""]
    pd.testing.assert_index_equal(figures.index, outlines["lsoa_2021"].index, check_names=False)
    mine = changes[changes["LSOA21CD"].isin(figures.index)]
    split = set(mine.loc[mine["CHGIND"].isin(["S", "X"]), "LSOA21CD"])
    assert len(split) == 63
    withheld = figures[figures["status"] == "withheld"]
    assert set(withheld.index) == split
    assert set(withheld["reason"]) == {"boundary_changed"}
    expected = mine.assign(people=mine["LSOA11CD"].map(residents)).groupby("LSOA21CD")["people"]
    rest = figures.drop(index=list(split))
    assert (rest["value"] == expected.sum()[rest.index]).all()
    assert set(rest["status"]) == {"observed"}
    rates = loaded.service.figures(
        "crime_rate_residents", vintage="lsoa_2021", period="2018-Q4", category="all-crime"
    ).loc["all-crime"]
    assert set(rates.loc[list(split), "reason"]) == {"no_denominator"}
    assert rates.drop(index=list(split))["value"].notna().all()


def test_the_look_up_moves_incidents_of_changed_areas_and_no_others(
    loaded: Loaded, outlines: dict[str, pd.Series]
) -> None:
    after = {
        vintage: loaded.service.figures(
            "crime_count", vintage=vintage, period="2018-Q4", category="all-crime"
        )
        for vintage in LSOAS
    }
    same = ["value", "lower", "upper", "status"]
    before = loaded.before["lsoa_2011", "2018-Q4"]
    pd.testing.assert_frame_equal(before[same], after["lsoa_2011"][same])
    first = loaded.before["lsoa_2021", "2018-Q4"].loc["all-crime", "value"]
    then = after["lsoa_2021"].loc["all-crime", "value"]
    assert first.sum() == then.sum() == 37_555
    moved = (first != then)[lambda differs: differs].index
    new = outlines["lsoa_2021"].index.difference(outlines["lsoa_2011"].index)
    assert 0 < len(moved) <= 40
    # An incident near the edge of a changed area was first given to whoever holds its point.
    around = shapely.union_all(outlines["lsoa_2021"][new].to_numpy()).buffer(0.001)
    assert shapely.intersects(outlines["lsoa_2021"][moved].to_numpy(), around).all()
    assert (first[moved.intersection(new)].sum()) <= then[moved.intersection(new)].sum()


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_order_of_loading_makes_no_difference(
    loaded: Loaded, other_way_round: Service, vintage: str
) -> None:
    for indicator, period in (
        ("crime_count", "2018-11"),
        ("crime_rate_residents", "2018-11"),
        ("population", "2018"),
    ):
        one = loaded.service.figures(indicator, vintage=vintage, period=period)
        other = other_way_round.figures(indicator, vintage=vintage, period=period)
        pd.testing.assert_frame_equal(one[list(NUMBERS)], other[list(NUMBERS)])


# ---------------------------------------------------------------- larger areas


def test_ward_figures_are_best_fit_estimates_that_keep_the_total(loaded: Loaded) -> None:
    ask = loaded.service.figures
    small = ask("crime_count", vintage="lsoa_2021", period="2018-Q4")["value"]
    wards = ask("crime_count", vintage="ward_2025", period="2018-Q4")
    shown = wards[wards["reason"] != "no_data"]
    assert set(shown["status"]) == {"estimated"}
    assert set(shown["reason"]) == {"best_fit"}
    assert (shown["value"].groupby("category").sum() == small.groupby("category").sum()).all()
    ward = shown.loc["all-crime", "value"].idxmax()
    parts = ask("crime_count", vintage="lsoa_2021", period="2018-Q4", within=f"ward_2025/{ward}")[
        "value"
    ]
    assert parts.loc["all-crime"].sum() == shown.at[("all-crime", ward), "value"]


def test_a_ward_that_no_lsoa_fits_best_has_a_gap_and_not_a_zero(loaded: Loaded) -> None:
    wards = loaded.service.figures(
        "crime_count", vintage="ward_2025", period="2018-Q4", category="all-crime"
    ).loc["all-crime"]
    assert len(wards) == 185
    gaps = wards[wards["status"] == "withheld"]
    assert gaps["value"].isna().all()
    assert set(gaps["reason"]) <= {"no_data"}


@pytest.mark.parametrize(
    ("small", "large"), [("lsoa_2011", "msoa_2011"), ("lsoa_2021", "msoa_2021")]
)
def test_msoa_figures_are_exact_sums(loaded: Loaded, small: str, large: str) -> None:
    ask = loaded.service.figures
    parts = ask("crime_count", vintage=small, period="2018-10")["value"].groupby("category").sum()
    sums = ask("crime_count", vintage=large, period="2018-10")
    assert set(sums["status"]) == {"observed"}
    assert (sums["value"].groupby("category").sum() == parts).all()


# ---------------------------------------------------------------- a profile


def test_the_profile_of_a_neighbourhood_tells_its_figures_gaps_and_sources(
    loaded: Loaded, residents: pd.Series, files: dict[str, list[Path]]
) -> None:
    page = loaded.service.json("/profiles/lsoa_2011/E01014540")
    assert page["area"]["name"].startswith("Bristol 0")
    assert page["area"]["level"] == "lsoa"
    parents = {one["vintage"]: one["code"] for one in page["area"]["parents"]}
    assert parents["lad_2019"] == parents["lad_2025"] == "E06000023"
    assert parents["msoa_2011"].startswith("E02")
    shown = {
        (one["indicator"], one["category"], one["period"]): one
        for section in page["sections"]
        for one in section["figures"]
    }
    months = ("2018-10", "2018-11", "2018-12")
    assert [shown["crime_count", "all-crime", month]["value"] for month in months] == [
        356,
        332,
        377,
    ]
    without = [shown["crime_count", "all-crime-excluding-asb", month]["value"] for month in months]
    assert sum(without) == 755
    assert ("crime_count", "all-crime", "2018-Q4") not in shown, "months stand with months"
    assert shown["population", "", "2018"]["value"] == residents["E01014540"]
    [rate] = [one for key, one in shown.items() if key[:2] == ("crime_rate_residents", "all-crime")]
    assert rate["period"] == "2018-12"
    assert rate["value"] == pytest.approx(1000 * 377 / residents["E01014540"])
    assert "(95 % interval" in rate["sentence"]
    published = pd.read_csv(files["iod_2019"][0], thousands=",", index_col=0).loc["E01014540"]
    assert shown["imd_2019_rank", "", "2019"]["value"] == published.iloc[3]
    assert shown["imd_2019_decile", "", "2019"]["value"] == published.iloc[4]
    assert not [key for key in shown if key[0] == "crime_rate_households"]
    lacking = [gap["sentence"] for gap in page["gaps"]]
    assert {gap["topic"] for gap in page["gaps"]} == {"crime"}
    domains = pd.read_csv(files["iod_2019"][1], thousands=",", index_col=0).loc["E01014540"]
    for theme, column in (("education", "Education"), ("health", "Health")):
        (decile,) = (name for name in domains.index if column in name and "Decile" in name)
        assert shown[f"{theme}_2019_decile", "", "2019"]["value"] == domains[decile]
    household_rate = "Crime rate per 1,000 households: nothing to divide by"
    assert any(sentence.startswith(household_rate) for sentence in lacking), lacking
    assert {"police_street_crime", "population_sape", "iod_2019"} <= {
        one["id"] for one in page["sources"]
    }
    assert all(one["licence"] and one["publisher"] for one in page["sources"])
    assert page["release"] == 2
