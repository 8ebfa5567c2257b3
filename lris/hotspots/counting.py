"""How many, and where: by area or cell, at map points, and against a year before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lris.hotspots.colours import CHANGES, classes_of, spread
from lris.hotspots.evaluating import FLAGGED_SHARE, Trial, evaluation, highest
from lris.hotspots.looking import Found, Look, Shape, span_words
from lris.hotspots.units import Units, units
from lris.rules.classes import breaks, classify
from lris.rules.comparing import ratio_test
from lris.rules.seasonal import days_in
from lris.rules.several import benjamini_hochberg
from lris.rules.words import number_words

Column = NDArray[np.float64]

CLASSES = 5
ALPHA = 0.05
M2_A_KM2 = 1e6
NOTHING = {"class": "none", "colour": "#ffffff"}
MOST_POINTS = 20_000
"""Map points in one answer; the fullest of them where there are more."""


def counts(look: Look) -> Found:
    """Incidents by area or cell."""
    there = units(look)
    now, incidents = there.during(look.now), there.during(look.now, weighed=False)
    label, classes = _broken(now)
    shapes = [
        Shape(
            there.geometry[at],
            {**named(there, at), "class": label[at], **_counted(look, there, at, now, incidents)},
        )
        for at in range(len(there))
    ]
    flagged = highest(now / np.maximum(there.land_m2, 1.0), there.land_m2)
    trial = Trial(
        f"the fullest {there.many} up to {FLAGGED_SHARE:.0%} of the land",
        flagged,
        there.land_m2,
        incidents,
        there.during(look.after, weighed=False),
    )
    return Found(
        shapes,
        classes,
        chosen={"classes": f"natural breaks (Fisher-Jenks), {len(classes)} classes"},
        sentences=[*_count_sentences(look, there, now, incidents)],
        warnings=in_no_unit(look, there),
        evaluation=evaluation(look, trial),
    )


def streets(look: Look) -> Found:
    """Incidents at each map point: streets, where incidents are moved to the middle of one."""
    now = look.taken.at_points(look.now)
    incidents = look.taken.at_points(look.now, weighed=False)
    order = np.argsort(-now, kind="stable")
    order = order[now[order] > 0]
    shown = order[:MOST_POINTS]
    label, classes = _broken(now[shown])
    points = np.asarray(shapely.points(look.taken.x, look.taken.y))
    shapes = [
        Shape(
            points[at],
            {
                "rank": rank,
                "class": label[rank - 1],
                "incidents": int(incidents[at]),
                **({"harm": round(float(now[at]), 2)} if look.harm else {}),
            },
        )
        for rank, at in enumerate(shown.tolist(), 1)
    ]
    flagged = np.zeros(now.size, dtype=bool)
    flagged[order[: max(1, round(FLAGGED_SHARE * now.size))]] = True
    half = int(np.searchsorted(np.cumsum(now[order]), 0.5 * now.sum())) + 1 if order.size else 0
    trial = Trial(
        f"the fullest {FLAGGED_SHARE:.0%} of the map points",
        flagged,
        np.ones(now.size),
        incidents,
        look.taken.at_points(look.after, weighed=False),
        "map points",
    )
    scored = evaluation(look, trial)
    for name in ("land_km2", "flagged_km2"):
        scored.pop(name, None)
    return Found(
        shapes,
        classes,
        chosen={
            "classes": f"natural breaks (Fisher-Jenks), {len(classes)} classes",
            "shares_of": "map points with any incident in the months looked at, not of land",
        },
        sentences=[
            f"{look.what}, {look.period}: {look.incidents:,} incidents at {order.size:,} map points"
            f" of {look.over.name}; half of them at {half:,}."
        ],
        warnings=[f"Only the fullest {MOST_POINTS:,} of {order.size:,} map points are listed."]
        if order.size > MOST_POINTS
        else [],
        evaluation=scored,
    )


def compare(look: Look) -> Found:
    """These months against the same a year before: ratios with exact intervals."""
    there = units(look)
    now, before = (there.during(months, weighed=False) for months in (look.now, look.before))
    days, days_before = (float(days_in(one).sum()) for one in (look.now, look.before))
    ratio, lower, upper, p = ratio_test(now, days, before, days_before)
    adjusted = benjamini_hochberg(p) if look.asked.fdr else p
    clear = adjusted <= ALPHA
    label = np.where(clear & (now > before), "more", np.where(clear, "fewer", "no clear change"))
    shapes = [
        Shape(
            there.geometry[at],
            {
                **named(there, at),
                "class": str(label[at]),
                "incidents": int(now[at]),
                "a_year_before": int(before[at]),
                "ratio": finite(ratio[at]),
                "lower": finite(lower[at]),
                "upper": finite(upper[at]),
                "p": finite(p[at], 6),
                "adjusted_p": finite(adjusted[at], 6),
            },
        )
        for at in range(len(there))
    ]
    whole = _overall(look, there, now, before)
    return Found(
        shapes,
        classes_of(CHANGES, label.tolist()),
        chosen={
            "compared_with": span_words(look.before),
            "test": "rates a day, exact binomial, the total of both periods held fixed",
            **several(look, len(there)),
        },
        sentences=_compare_sentences(look, there, label.tolist(), whole),
        warnings=in_no_unit(look, there),
        body={"overall": whole},
    )


# ---------------------------------------------------------------- told


def named(there: Units, at: int) -> dict[str, Any]:
    """The code and name of a unit, and its land."""
    return {
        "code": there.codes[at],
        "name": there.names[at],
        "land_km2": round(float(there.land_m2[at]) / M2_A_KM2, 6),
    }


def several(look: Look, tests: int) -> dict[str, Any]:
    """How tests of many areas at once are dealt with."""
    if look.asked.fdr:
        control = "false discoveries, Benjamini and Hochberg 1995"
    else:
        control = "none: about one in twenty places without any pattern is flagged"
    return {"tests": tests, "control": control, "alpha": ALPHA}


def fdr_words(look: Look) -> str:
    """How the number of tests was allowed for, in a sentence's end."""
    return (
        "after false-discovery control"
        if look.asked.fdr
        else "without any control of false discoveries"
    )


def finite(value: float, digits: int = 4) -> float | None:
    """A number for JSON; None where it is none."""
    return round(float(value), digits) if np.isfinite(value) else None


def in_no_unit(look: Look, there: Units) -> list[str]:
    """Incidents that no unit has, where there are any."""
    lost = look.incidents - int(there.during(look.now, weighed=False).sum())
    if lost <= 0:
        return []
    return [
        f"{lost:,} incidents with a place in {look.over.name} are in no {there.one} shown: the"
        " publisher's code puts them elsewhere."
    ]


def _broken(values: Column) -> tuple[list[str], list[dict[str, Any]]]:
    """The class of each value by natural breaks, nothing being a class of its own."""
    some = values[values > 0]
    if not some.size:
        return ["none"] * values.size, [NOTHING]
    bounds = breaks(some, "fisher_jenks", CLASSES)
    lows = [float(some.min()), *bounds[:-1].tolist()]
    decimals = 0 if np.all(some == np.floor(some)) else 1
    words = [
        number_words(high, decimals)
        if low == high
        else f"{'over ' if at else ''}{number_words(low, decimals)} to"
        f" {number_words(high, decimals)}"
        for at, (low, high) in enumerate(zip(lows, bounds.tolist(), strict=True))
    ]
    at = classify(values, bounds)
    label = [words[one] if value > 0 else "none" for one, value in zip(at, values, strict=True)]
    colours = spread("counts", len(words))
    told = [
        {"class": word, "lower": low, "upper": high, "colour": colour}
        for word, low, high, colour in zip(words, lows, bounds.tolist(), colours, strict=True)
    ]
    return label, [NOTHING, *told]


def _counted(look: Look, there: Units, at: int, now: Column, incidents: Column) -> dict[str, Any]:
    land = float(there.land_m2[at]) / M2_A_KM2
    return {
        "incidents": int(incidents[at]),
        **({"harm": round(float(now[at]), 2)} if look.harm else {}),
        "per_km2": round(float(now[at]) / land, 2) if land > 0 else None,
    }


def _count_sentences(look: Look, there: Units, now: Column, incidents: Column) -> list[str]:
    total = now.sum()
    order = np.argsort(-now, kind="stable")
    half = int(np.searchsorted(np.cumsum(now[order]), 0.5 * total)) + 1 if total else 0
    empty = int((incidents == 0).sum())
    said = [
        f"{look.what}, {look.period}: {int(incidents.sum()):,} incidents in {len(there):,}"
        f" {there.many} of {look.over.name}; half of"
        f" {'the harm' if look.harm else 'them'} in {half:,}, none in {empty:,}."
    ]
    if total:
        top = int(order[0])
        said.append(f"Most are in {there.names[top]}: {int(incidents[top]):,}.")
    return said


def _overall(look: Look, there: Units, now: Column, before: Column) -> dict[str, Any]:
    ratio, lower, upper, p = (
        float(one)
        for one in ratio_test(
            now.sum(),
            float(days_in(look.now).sum()),
            before.sum(),
            float(days_in(look.before).sum()),
        )
    )
    return {
        "incidents": int(now.sum()),
        "a_year_before": int(before.sum()),
        "ratio": finite(ratio),
        "lower": finite(lower),
        "upper": finite(upper),
        "p": finite(p, 6),
    }


def _compare_sentences(
    look: Look, there: Units, label: Sequence[str], whole: dict[str, Any]
) -> list[str]:
    more, fewer = label.count("more"), label.count("fewer")
    said = (
        f"{look.what} in {look.over.name}: {whole['incidents']:,} incidents in {look.period},"
        f" {whole['a_year_before']:,} in {span_words(look.before)}"
    )
    if whole["ratio"] is not None and whole["upper"] is not None:
        change = whole["ratio"] - 1
        word = "more" if change > 0 else "fewer"
        clear = whole["lower"] > 1 or whole["upper"] < 1
        said += (
            f": {abs(change):.0%} {word} (95 % interval {whole['lower'] - 1:+.0%} to"
            f" {whole['upper'] - 1:+.0%}){'' if clear else ', which chance can explain'}"
        )
    return [
        f"{said}.",
        f"{more:,} of {len(there):,} {there.many} have clearly more and {fewer:,} clearly fewer,"
        f" {fdr_words(look)}.",
    ]
