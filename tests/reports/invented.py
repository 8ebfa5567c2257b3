"""A profile made up by hand: every kind of figure and verdict, and names that mean harm."""

from __future__ import annotations

from typing import Any

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    '#panic("x") $1/0$ *b* _i_ @ref',
    '=HYPERLINK("http://x.example")',
    "+1+1",
    "@SUM(A1)",
    "$x^2$ \\frac{1}{0}",
    "Cwm Rhŷd ŵ 東京 🏠",
    "tab\there\x00nul\x1besc",
)
"""Names that would be markup, formulas or nonsense to something that took them for it."""


def comparator(value: float | None, verdict: str, **more: Any) -> dict[str, Any]:
    """The district beside a figure."""
    return {
        "kind": "lad",
        "vintage": "lad_2021",
        "code": "E06980001",
        "name": "Aldermere",
        "value": value,
        "lower": None,
        "upper": None,
        "numerator": None,
        "denominator": None,
        "period": "2018-12",
        "verdict": verdict,
        "level": 99.8 if verdict in ("better", "worse") else None,
        "because": None,
        **more,
    }


def figure(indicator: str, name: str, value: float | None, **more: Any) -> dict[str, Any]:
    """A figure of December 2018, whole unless it is said otherwise."""
    return {
        "indicator": indicator,
        "name": name,
        "label": name,
        "heading": "",
        "folded": False,
        "category": "",
        "category_name": "",
        "period": "2018-12",
        "unit": "per 1,000 residents",
        "decimals": 2,
        "polarity": "high_is_bad",
        "value": value,
        "lower": None,
        "upper": None,
        "numerator": None,
        "denominator": None,
        "status": "observed" if value is not None else "withheld",
        "reason": None,
        "confidence": None,
        "denominator_words": None,
        "area": None,
        "ranking": None,
        "words": None,
        "sentence": "2018-12: a sentence.",
        "sources": ["police_street_crime"],
        "comparators": [],
        "rank": None,
        "spread": None,
        "trend": None,
        **more,
    }


SPREAD = {
    "minimum": 2.0,
    "lower_quartile": 8.0,
    "median": 10.0,
    "upper_quartile": 14.0,
    "maximum": 40.0,
    "of": 263,
    "among": "LSOAs of Aldermere",
}


def step(period: str, value: float | None, status: str, reason: str | None = None) -> dict:
    """One period of a trend."""
    known = value is not None
    return {
        "period": period,
        "value": value,
        "lower": value * 0.7 if known else None,
        "upper": value * 1.4 if known else None,
        "status": status,
        "reason": reason,
    }


TREND = {
    "periods": [
        step("2018-07", 21.37, "observed"),
        step("2018-08", None, "withheld", "small_number"),
        step("2018-09", 0.0, "observed"),
        step("2018-10", None, "withheld", "no_data"),
        step("2018-11", 13.59, "incomplete", "incomplete_source"),
        step("2018-12", 16.67, "observed"),
    ],
    "verdict": "no clear change",
    "test": "Mann-Kendall",
    "p": 0.4321,
    "tested_periods": 3,
}


def crimes() -> list[dict[str, Any]]:
    """Figures of each kind, with the verdicts there are."""
    return [
        figure("rate", "Burglary rate", 16.67, lower=10.78, upper=24.60, numerator=25.0,
               denominator=1500.0, comparators=[comparator(10.0, "worse")], spread=SPREAD,
               trend=TREND, rank={"position": 5, "of": 263, "ties": 1, "order": "highest first",
                                  "among": "LSOAs of Aldermere", "quintile": 1,
                                  "quintile_kind": "areas"}),
        figure("share", "Share of homes", 15.0, lower=10.71, upper=20.61, unit="% of homes",
               polarity="high_is_good", comparators=[comparator(12.0, "better")], spread=SPREAD),
        figure("robbery", "Robbery", 0.0, comparators=[comparator(3.0, "similar")]),
        figure("drugs", "Drugs", 7.25, status="incomplete", reason="incomplete_source"),
        figure("arson", "Arson", None, reason="no_data"),
        figure("weapons", "Weapons", None, reason="small_number"),
        figure("other", "Other crime", 3.75, status="estimated", reason="best_fit",
               comparators=[comparator(4.0, "not_compared", because="no interval")]),
    ]  # fmt: skip


def tenths() -> list[dict[str, Any]]:
    """Domains of deprivation as tenths, one of them withheld by its publisher."""
    common = {
        "heading": "By domain, 2019",
        "decimals": 0,
        "unit": "decile",
        "ranking": "decile",
        "polarity": "none",
        "period": "2019",
    }
    return [
        figure("income", "Income", 1.0, words="among the 10 % most deprived", **common),
        figure("health", "Health", 4.0, words="among the 40 % most deprived", **common),
        figure("living", "Living", 10.0, words="among the 10 % least deprived", **common),
        figure("barriers", "Barriers", None, reason="publisher_withheld", **common),
    ]


def ages() -> list[dict[str, Any]]:
    """Three age bands, one of them withheld."""
    bands = (("0 to 4", 101.0, None), ("5 to 9", 93.0, None), ("10 to 14", None, "small_number"))
    return [
        figure("population_by_age", "Residents by age", value, heading="By age", folded=True,
               unit="people", decimals=0, polarity="none", category=label, category_name=label,
               reason=reason, sources=["population_single_year"])
        for label, value, reason in bands
    ]  # fmt: skip


def invented(name: str = "Bristol 008A", *, fictional: bool = False) -> dict[str, Any]:
    """The profile; `name` is that of the area, of a category, a site, a source and a sentence."""
    section = {"topic": "crime", "id": "crime", "title": "Crime", "figures": crimes()}
    section["figures"][0]["category_name"] = name
    return {
        "area": {
            "code": "E01014492",
            "vintage": "lsoa_2011",
            "name": name,
            "level": "lsoa",
            "fictional": fictional,
            "parents": [{"vintage": "lad_2021", "code": "E06980001", "name": name, "level": "lad"}],
        },
        "release": 7,
        "published": "2026-11-22T19:15:52.923017+00:00",
        "sections": [
            {"id": "who", "title": "Who lives here", "topic": "population", "figures": ages()},
            {
                "id": "deprivation",
                "title": "Deprivation",
                "topic": "deprivation",
                "figures": tenths(),
            },
            section,
        ],
        "stands_out": {
            "tested": 14,
            "flagged": 1,
            "method": "Benjamini-Hochberg at 5 %.",
            "sentences": [{"sentence": f"{name}: 16.67 in 2018-12, higher than 10."}],
        },
        "gaps": [{"topic": "crime", "sentence": f"Nothing of {name}."}],
        "quality": ["3 of 3 months were delivered."],
        "similar": [{"vintage": "lsoa_2011", "code": "E01014493", "name": name, "distance": 0.418}],
        "similar_because": "By seven domains.",
        "sources": [
            {
                "id": "police_street_crime",
                "title": name,
                "publisher": "Home Office",
                "licence": "OGL-3.0",
                "attribution": "Contains public sector information.",
                "homepage": "https://data.police.uk/about",
                "periods": ["2018-12"],
            }
        ],
        "sites": [
            {
                "kind": "school",
                "name": name,
                "postcode": "BS11 0EB",
                "distance_m": 103,
                "inside": False,
                "figures": [{"name": "Attainment 8", "sentence": "2018/19: 36.1 points."}],
            }
        ],
        "sites_note": "None in the area.",
    }
