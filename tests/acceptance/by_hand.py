"""The figures of Bristol's small areas a second time: pandas and arithmetic on publishers' files.

Nothing of what is tested is used here: whatever is right about a figure has to be said twice.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from tests.acceptance.bristol import DISTRICT, FILES, GROUP

Key = tuple[str, str, str]
"""Indicator, category, period."""

MONTHS = ("2018-10", "2018-11", "2018-12")
QUARTER = "2018-Q4"
ASB = "Anti-social behaviour"
KINDS = {
    "bicycle-theft": "Bicycle theft",
    "burglary": "Burglary",
    "criminal-damage-arson": "Criminal damage and arson",
    "drugs": "Drugs",
    "other-theft": "Other theft",
    "possession-of-weapons": "Possession of weapons",
    "public-order": "Public order",
    "robbery": "Robbery",
    "shoplifting": "Shoplifting",
    "theft-from-the-person": "Theft from the person",
    "vehicle-crime": "Vehicle crime",
    "violent-crime": "Violence and sexual offences",
    "other-crime": "Other crime",
}
CORE = ("burglary", "vehicle-crime", "robbery", "violent-crime", "criminal-damage-arson")
DOMAINS = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education, Skills and Training",
    "health": "Health Deprivation and Disability",
    "crime": "Crime",
    "barriers": "Barriers to Housing and Services",
    "living_environment": "Living Environment",
}
NEWER = {"barriers": "Housing_and_Services", "living_environment": "Environment"}
UNDERLYING = {
    "not_staying_on_2019": ("staying_on_in_education_post_16_indicator", 100),
    "not_entering_higher_education_2019": ("entry_to_higher_education_indicator", 100),
    "adults_without_skills_2019": ("adult_skills_and_english_language_proficiency_indicator", 100),
    "years_of_potential_life_lost_2019": ("years_of_potential_life_lost_indicator", 1),
    "illness_and_disability_2019": ("comparative_illness_and_disability_ratio_indicator", 1),
    "acute_morbidity_2019": ("acute_morbidity_indicator", 1),
    "mood_and_anxiety_2019": ("mood_and_anxiety_disorders_indicator", 1),
    "distance_to_primary_school_2019": ("road_distance_to_a_primary_school_indicator_km", 1),
    "distance_to_gp_2019": ("road_distance_to_a_gp_surgery_indicator_km", 1),
    "household_overcrowding_2019": ("household_overcrowding_indicator", 100),
    "housing_in_poor_condition_2019": ("housing_in_poor_condition_indicator", 100),
    "income_2019_people": ("income_domain_numerator", 1),
    "employment_2019_people": ("employment_domain_numerator", 1),
    "idaci_2019_people": ("income_deprivation_affecting_children_index_idaci_numerator", 1),
    "idaopi_2019_people": ("income_deprivation_affecting_older_people_index_idaopi_numerator", 1),
}
FINGERTIPS = {
    "estimated_hypertension_diagnosed": (0, 92659, {"16+ yrs": "16-and-over"}),
    "estimated_hypertension_undiagnosed": (0, 92660, {"16+ yrs": "16-and-over"}),
    "estimated_depression": (0, 92661, {"All ages": ""}),
    "estimated_copd": (0, 92658, {"All ages": ""}),
    "estimated_chd": (0, 92662, {"55-79 yrs": "55-79"}),
    "estimated_stroke": (0, 92663, {"55-79 yrs": "55-79"}),
    "estimated_pad": (0, 92664, {"55-79 yrs": "55-79"}),
    "estimated_heart_failure": (0, 92783, {"16+ yrs": "16-and-over"}),
    "social_contact_users": (1, 90280, {"18+ yrs": "18-and-over", "65+ yrs": "65-and-over"}),
    "social_contact_carers": (1, 90638, {"18+ yrs": "18-and-over", "65+ yrs": "65-and-over"}),
    "campylobacter": (2, 93356, {"All ages": "all", "0-9 yrs": "0-9"}),
}


@dataclass(frozen=True)
class ByHand:
    """One indicator, category and period: numbers by area code; None where there are none."""

    value: pd.Series
    numerator: pd.Series | None = None
    denominator: pd.Series | None = None
    lower: pd.Series | None = None
    upper: pd.Series | None = None


def level(numbers: pd.Series) -> ByHand:
    """What the publisher gives, as it is."""
    return ByHand(numbers.astype(float))


def counted(x: pd.Series) -> ByHand:
    """A count with its Poisson limits."""
    lower, upper = poisson(x)
    return ByHand(x, x, None, lower, upper)


def rate(x: pd.Series, n: pd.Series, per: float) -> ByHand:
    """So many for every `per`, with the limits of the count."""
    lower, upper = poisson(x)
    return ByHand(per * x / n, x, n, per * lower / n, per * upper / n)


def share(x: pd.Series, n: pd.Series) -> ByHand:
    """A percentage of people who were all counted: it has no limits."""
    return ByHand(100 * x / n, x, n)


def proportion(x: pd.Series, n: pd.Series) -> ByHand:
    """A percentage with Wilson's limits; of nothing there is none."""
    z = norm.ppf(0.975)
    n = n.where(n > 0)
    p = x / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # At both ends the formula is exactly 0 or 1, up to the last digit of a square root.
    lower = (100 * (middle - half)).where(x > 0, 0.0).where(n.notna())
    upper = (100 * (middle + half)).where(x < n, 100.0).where(n.notna())
    return ByHand(100 * p, x, n, lower, upper)


def poisson(x: pd.Series, sure: float = 0.95) -> tuple[pd.Series, pd.Series]:
    """Exact limits below 10 events, Byar's from there."""
    tail = (1 - sure) / 2
    z = norm.ppf(1 - tail)
    exact = np.where(x > 0, chi2.ppf(tail, 2 * x) / 2, 0), chi2.ppf(1 - tail, 2 * x + 2) / 2
    y = x + 1
    byar = (
        x * (1 - 1 / (9 * x.where(x > 0)) - z / (3 * np.sqrt(x.where(x > 0)))) ** 3,
        y * (1 - 1 / (9 * y) + z / (3 * np.sqrt(y))) ** 3,
    )
    few = x < 10
    lower, upper = (
        pd.Series(np.where(few, one, other), x.index)
        for one, other in zip(exact, byar, strict=True)
    )
    return lower, upper


@dataclass
class Files:
    """The publishers' files, read whole."""

    real: Path
    older: list[str] = field(init=False)
    newer: list[str] = field(init=False)
    names: pd.Series = field(init=False)

    def __post_init__(self) -> None:
        """Bristol's LSOAs of both years, by the look-up of the Office for National Statistics."""
        changes = self.table("lsoa_2011_to_lsoa_2021")
        mine = changes[changes.LAD22CD == DISTRICT]
        self.older, self.newer = (sorted(set(mine[one])) for one in ("LSOA11CD", "LSOA21CD"))
        self.names = mine.drop_duplicates("LSOA11CD").set_index("LSOA11CD").LSOA11NM

    def table(self, source: str, at: int = 0, **options: object) -> pd.DataFrame:
        """A file of a source as pandas reads it."""
        found = pd.read_csv(self.real / FILES[source][at], encoding="utf-8-sig", **options)
        assert isinstance(found, pd.DataFrame)
        return found

    def book(self, source: str) -> dict[str, pd.DataFrame]:
        """The sheets of a workbook, without any idea of what is a heading."""
        found: dict[str, pd.DataFrame] = pd.read_excel(
            self.real / FILES[source][0], sheet_name=None, header=None, engine="calamine"
        )
        return found

    # ------------------------------------------------------------ by LSOA of 2011

    def of_2011(self) -> dict[Key, ByHand]:
        """Every figure that the files give of the LSOAs of 2011."""
        return {
            **dict(self._population()),
            **dict(self._deprivation()),
            **dict(self._crime()),
            **dict(self._surroundings()),
        }

    @property
    def residents(self) -> pd.DataFrame:
        """Residents in the middle of 2018, and square kilometres."""
        sheet = self.book("population_sape")["Mid-2018 Population Density"]
        return sheet.set_index(0).loc[self.older, [2, 3]].astype(float)

    @property
    def census(self) -> pd.DataFrame:
        """Residents of 2011, those of them who live in households, and the households.

        Three columns are headed Persons: all, in households, and in communal establishments.
        """
        table = self.table("census_2011_population", thousands=",").set_index("LSOA Code")
        assert (table["Persons"] == table["Persons.1"] + table["Persons.2"]).all()
        table = table.loc[self.older, ["Persons", "Persons.1", "Households"]].astype(float)
        return table.rename(columns={"Persons.1": "Housed"})

    @property
    def ages(self) -> pd.DataFrame:
        """Residents of 2019 by single year of age, in 91 columns."""
        table = self.table("population_single_year").set_index("lsoa11_code").loc[self.older]
        return table.set_axis([*table.columns[:2], *range(91)], axis=1)

    def _population(self) -> Iterator[tuple[Key, ByHand]]:
        people, census, ages = self.residents, self.census, self.ages
        yield ("population", "", "2018"), level(people[2])
        yield (
            ("population_density", "", "2018"),
            ByHand(people[2] / people[3], people[2], people[3]),
        )
        yield ("population_census_2011", "", "2011"), level(census.Persons)
        yield ("households", "", "2011"), level(census.Households)
        yield (
            ("household_size_2011", "", "2011"),
            ByHand(census.Housed / census.Households, census.Housed, census.Households),
        )
        every = ages.total_population
        assert (ages[list(range(91))].sum(axis=1) == every).all()
        spans = {"0-15": (0, 16), "16-64": (16, 65), "65-and-over": (65, 91)}
        for name, (first, end) in spans.items():
            some = ages[list(range(first, end))].sum(axis=1)
            yield ("population_share_by_age", name, "2019"), share(some, every)
        for first in range(0, 95, 5):
            name = f"{first}-{first + 4}" if first < 90 else "90-and-over"
            some = ages[[age for age in range(first, first + 5) if age <= 90]].sum(axis=1)
            yield ("population_by_age", name, "2019"), level(some)

    def _deprivation(self) -> Iterator[tuple[Key, ByHand]]:
        domains = self.table("iod_2019", 1).set_index("LSOA code (2011)").loc[self.older]
        more = self.table("iod_2019", 2).set_index("LSOA code (2011)").loc[self.older]
        names = {"imd": "Index of Multiple Deprivation (IMD)", **DOMAINS}
        for table, some in (
            (domains, names),
            (
                more,
                {
                    "idaci": "Income Deprivation Affecting Children Index (IDACI)",
                    "idaopi": "Income Deprivation Affecting Older People (IDAOPI)",
                },
            ),
        ):
            for name, title in some.items():
                for what in ("Rank", "Decile"):
                    (column,) = (one for one in table if one.startswith(f"{title} {what} "))
                    yield (f"{name}_2019_{what.lower()}", "", "2019"), level(table[column])
        below = self.table("iod_2019", 4).set_index("lsoa11_code").loc[self.older]
        for name, (column, per) in UNDERLYING.items():
            yield (name, "", "2019"), level(per * below[column])

    def _surroundings(self) -> Iterator[tuple[Key, ByHand]]:
        ahah = self.table("ahah").set_index("lsoa11").loc[self.older]
        for name, column in (
            *(("", "ahah"), ("_services", "h"), ("_green", "g"), ("_air", "e"), ("_retail", "r")),
        ):
            yield (f"healthy_surroundings{name}", "", "2022"), level(ahah[f"ah3{column}"])
        strokes = self.table("stroke_admissions").set_index("area").admissions
        yield (
            ("stroke_admissions", "", "2017..2019"),
            level(self.names.map(strokes).loc[self.older]),
        )

    # ------------------------------------------------------------ crime

    def counts(self) -> pd.DataFrame:
        """Incidents by LSOA (rows) and by month and kind (columns), from the lines that name it."""
        lines = pd.concat(
            [self.table("police_street_crime", at) for at in range(len(MONTHS))], ignore_index=True
        )
        found = lines.groupby(["LSOA code", "Month", "Crime type"]).size().unstack([1, 2])
        wanted = pd.MultiIndex.from_product([MONTHS, [ASB, *KINDS.values()]])
        return found.reindex(index=self.older, columns=wanted).fillna(0)

    def _crime(self) -> Iterator[tuple[Key, ByHand]]:
        months = self.counts()
        people, census = self.residents, self.census
        for month in MONTHS:
            of = _by_category(months[month])
            for name, x in of.items():
                yield ("crime_count", name, month), counted(x)
                yield ("crime_rate_residents", name, month), rate(x, people[2], 1000)
                yield ("crime_rate_households", name, month), rate(x, census.Households, 1000)
                yield ("crime_density", name, month), rate(x, people[3], 1)
                days = pd.Series(float(pd.Period(month).days_in_month), x.index)
                yield ("crime_per_day", name, month), rate(x, days, 1)
            asb = of["anti-social-behaviour"], of["all-crime"]
            yield ("asb_share", "anti-social-behaviour", month), proportion(*asb)
        of = _by_category(months.T.groupby(level=1).sum().T)
        crimes = of["all-crime-excluding-asb"]
        for name in KINDS:
            yield ("crime_mix", name, QUARTER), proportion(of[name], crimes)
            expected = crimes * of[name].sum() / crimes.sum()
            yield (
                ("crime_location_quotient", name, QUARTER),
                rate(of[name], expected.where(expected > 0), 1),
            )
        yield ("core_priority_index", "", QUARTER), level(_index([of[name] for name in CORE]))
        yield ("vulnerable_localities_index", "", QUARTER), level(_index(self._localities(of)))

    def _localities(self, of: dict[str, pd.Series]) -> Sequence[pd.Series]:
        """The six rates of the Vulnerable Localities Index."""
        homes = self.census.Households
        people = self.table("iod_2019", 3).set_index("LSOA code (2011)").loc[self.older]
        below = self.table("iod_2019", 4).set_index("lsoa11_code").loc[self.older]
        everybody = people["Total population: mid 2015 (excluding prisoners)"]
        (working,) = (one for one in people if one.startswith("Working age population 18-59/64"))
        ages = self.ages
        return (
            of["burglary"] / homes,
            of["criminal-damage-arson"] / homes,
            below.income_domain_numerator / everybody,
            below.employment_domain_numerator / people[working],
            below.adult_skills_and_english_language_proficiency_indicator,
            ages[list(range(15, 25))].sum(axis=1) / ages.total_population,
        )

    # ------------------------------------------------------------ by LSOA of 2021

    def of_2021(self) -> dict[Key, ByHand]:
        """Every figure that the files give of the LSOAs of 2021, or of the district beside them."""
        return {**dict(self._newer_deprivation()), **dict(self._religion())}

    def _newer_deprivation(self) -> Iterator[tuple[Key, ByHand]]:
        table = self.table("iod_2025").set_index("lsoa21_code").loc[self.newer]
        for name in ("imd", *DOMAINS):
            column = "IMD" if name == "imd" else NEWER.get(name, name.capitalize())
            for what in ("rank", "decile"):
                yield (f"{name}_2025_{what}", "", "2025"), level(table[f"{column}_{what}"])
        for name in ("income", "employment"):
            score = table[f"{name.capitalize()}_score"]
            yield (f"{name}_2025_share", "", "2025"), level(100 * score)

    def _religion(self) -> Iterator[tuple[Key, ByHand]]:
        path = self.real / FILES["census_2021_religion"][0]
        tables = []
        with zipfile.ZipFile(path) as archive:
            for which, codes in (("lsoa", self.newer), ("ltla", [DISTRICT])):
                with archive.open(f"census2021-ts030-{which}.csv") as file:
                    tables.append(pd.read_csv(file).set_index("geography code").loc[codes])
        table = pd.concat(tables)
        every = table["Religion: Total: All usual residents"].astype(float)
        yield ("population_census_2021", "", "2021"), level(every)
        for column in table.columns[3:]:
            name = column.removeprefix("Religion: ").lower().replace(" ", "-")
            yield ("religion_2021", name, "2021"), share(table[column].astype(float), every)

    # ------------------------------------------------------------ of larger areas

    def of_larger(self) -> dict[Key, ByHand]:
        """What is published for the district, and for the clinical commissioning group."""
        return {**dict(self._modelled()), **dict(self._registers()), **dict(self._fingertips())}

    def _modelled(self) -> Iterator[tuple[Key, ByHand]]:
        table = self.table("modelled_prevalence")
        mine = table[table.lad_code == DISTRICT]
        for condition, prevalence in zip(mine.group_code, mine.prevalence, strict=True):
            key = "modelled_prevalence", _condition(condition), "2019/20"
            yield key, level(pd.Series([100 * prevalence], [DISTRICT]))

    def _registers(self) -> Iterator[tuple[Key, ByHand]]:
        for condition, sheet in self.book("qof").items():
            rows = sheet[(sheet == GROUP).any(axis=1)]
            if len(rows) == 1:
                headings = sheet.iloc[9:14].fillna("").astype(str).agg(" ".join)
                lists, registers = (
                    [at for at, said in headings.items() if word in said]
                    for word in ("List size", "Register")
                )
                if len(lists) == len(registers) == 2:
                    x, n = (rows.iloc[0][one[1]] for one in (registers, lists))
                    numbers = (pd.Series([float(one)], [GROUP]) for one in (x, n))
                    yield ("qof_prevalence", _condition(condition), "2018/19"), proportion(*numbers)

    def _fingertips(self) -> Iterator[tuple[Key, ByHand]]:
        for name, (at, number, categories) in FINGERTIPS.items():
            table = self.table("fingertips", at)
            ids = pd.to_numeric(table["Indicator ID"], errors="coerce")
            mine = table[(ids == number) & (table["Area Code"] == DISTRICT)]
            mine = mine[(mine.Sex == "Persons") & mine.Category.isna()]
            for age, category in categories.items():
                newest = mine[mine.Age == age].sort_values("Time period Sortable").iloc[-1]
                value, lower, upper = (
                    pd.Series([float(newest[one])], [DISTRICT])
                    for one in ("Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit")
                )
                key = name, category, str(newest["Time period"])
                yield key, ByHand(value, lower=lower, upper=upper)


def _condition(name: str) -> str:
    return "cvd-pp" if name == "CVDPP" else name.lower()


def _by_category(months: pd.DataFrame) -> dict[str, pd.Series]:
    """Counts by category: single kinds, all of them, and all but anti-social behaviour."""
    found = {name: months[title] for name, title in KINDS.items()}
    crimes = sum(found.values(), start=pd.Series(0.0, months.index))
    found["anti-social-behaviour"] = months[ASB]
    return {"all-crime": crimes + months[ASB], "all-crime-excluding-asb": crimes, **found}


def _index(parts: Sequence[pd.Series]) -> pd.Series:
    """The mean of parts that are each 100 at the average of the district's areas."""
    each = pd.concat([100 * part / part.mean() for part in parts], axis=1)
    return each.mean(axis=1, skipna=False)
