"""Where it is more than chance: Gi*, local Moran, and hot spots that come and go.

On equal cells the tests are of counts. On areas of unequal size they are of rates among residents,
drawn towards the mean where few people stand behind them (empirical Bayes), or of incidents per km2
where nobody published residents: plain counts of unequal areas would find the large areas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.errors import BadRequest
from lris.hotspots.colours import CONFIDENCE, EMERGING, QUADRANTS, classes_of
from lris.hotspots.counting import ALPHA, fdr_words, finite, in_no_unit, named, several
from lris.hotspots.coverage import Month
from lris.hotspots.evaluating import Trial, evaluation
from lris.hotspots.looking import Found, Look, Shape, span_words
from lris.hotspots.people import published_people
from lris.hotspots.units import Units, units
from lris.rules import dealing, local_stats
from lris.rules import emerging as emerging_rules
from lris.rules.several import benjamini_hochberg
from lris.rules.smoothing import eb_global

Column = NDArray[np.float64]
Words = NDArray[np.str_]

NOT_TESTED = "not tested"
M2_A_KM2 = 1e6
PER = 1000


@dataclass(frozen=True, slots=True)
class Tested:
    """What is tested: one value for each unit and how it was made; which units take part.

    `incidents` are those behind the values, `room` the land or the residents that chance would deal
    them out over: one for each unit.
    """

    values: Column
    among: NDArray[np.bool_]
    of: str
    told: Mapping[str, Any]
    incidents: Column
    room: Column
    over: str


def gi_star(look: Look) -> Found:
    """Getis and Ord's Gi*: places with many around, and places with few."""
    there = units(look)
    tested = _tested(look, there, look.now)
    z, p, adjusted = _gi(look, there, tested)
    label = _confidence(z, adjusted)
    hot = _is(label, "hot", (95, 99))
    before = _hot_before(look, there) if look.before else None
    shapes = []
    for at, shape in enumerate(_shapes(look, there, tested, label)):
        told = dict(shape.properties)
        told |= {"z": finite(z[at]), "p": finite(p[at], 6), "adjusted_p": finite(adjusted[at], 6)}
        if before is not None:
            told["new"] = bool(hot[at] and not before[at])
        shapes.append(Shape(shape.geometry, told))
    said = _gi_sentences(look, there, tested, label)
    if before is not None:
        new = int((hot & ~before).sum())
        said.append(f"{new:,} of them were not in {span_words(look.before)}.")
    return Found(
        shapes,
        classes_of(CONFIDENCE, label.tolist()),
        chosen=_chosen(look, there, tested, "Gi*, binary weights, the place itself among its own"),
        sentences=said,
        warnings=[*in_no_unit(look, there), *_warnings(look, there)],
        evaluation=_evaluated(look, there, hot),
    )


def local_moran(look: Look) -> Found:
    """Local Moran's I: places like their neighbours, and places unlike them."""
    there = units(look)
    tested = _tested(look, there, look.now)
    around = _neighbours(there, tested)
    values = tested.values[tested.among]
    moran, _, _, deviate = local_stats.local_moran(values, around)
    chance = _chance_of_moran(look, tested, around, deviate)
    adjusted = benjamini_hochberg(chance) if look.asked.fdr else chance
    corner = local_stats.quadrants(values, around, np.nan_to_num(adjusted, nan=1.0), ALPHA)
    label = np.full(len(there), NOT_TESTED, dtype=object)
    label[tested.among] = corner
    columns = {
        name: _spread_out(tested.among, part)
        for name, part in (("i", moran), ("z", deviate), ("p", chance), ("adjusted_p", adjusted))
    }
    shapes = [
        Shape(
            shape.geometry,
            {
                **shape.properties,
                **{name: finite(column[at], 6) for name, column in columns.items()},
            },
        )
        for at, shape in enumerate(_shapes(look, there, tested, label))
    ]
    found = label.tolist()
    return Found(
        shapes,
        classes_of(QUADRANTS, found),
        chosen=_chosen(
            look, there, tested, "local Moran's I, row-standardised, conditional moments"
        ),
        sentences=[
            f"{found.count('high among high'):,} of {int(tested.among.sum()):,} {there.many} of"
            f" {look.over.name} have high {tested.of} among others that have ({look.what.lower()},"
            f" {look.period}), {found.count('high among low'):,} stand out from low ones around"
            f" them, {found.count('low among low'):,} are low among low, {fdr_words(look)}."
        ],
        warnings=[*in_no_unit(look, there), *_warnings(look, there)],
        evaluation=_evaluated(
            look, there, np.isin(label.astype(str), ["high among high", "high among low"])
        ),
    )


def emerging(look: Look) -> Found:
    """What is new, lasting, growing or fading: Gi* month by month and its course."""
    there = units(look)
    among = there.tested
    _check_units(look, there, int(among.sum()))
    at = [there.months.index(month) for month in look.now]
    table = there.counts[at].T[among]
    if not there.equal:
        table = table / there.land_m2[among][:, None] * M2_A_KM2
    z = emerging_rules.space_time(table, there.neighbours)
    p = _chance_over_time(look, there, table, z, at)
    adjusted = benjamini_hochberg(p) if look.asked.fdr else p
    kinds = emerging_rules.classify(z, adjusted, ALPHA)
    label = np.full(len(there), NOT_TESTED, dtype=object)
    label[among] = kinds
    hot = np.zeros((len(there), len(at)), dtype=bool)
    hot[among] = (adjusted <= ALPHA) & (z > 0)
    counts = there.during(look.now, weighed=False)
    shapes = [
        Shape(
            there.geometry[n],
            {
                **named(there, n),
                "class": str(label[n]),
                "incidents": int(counts[n]),
                "hot_months": int(hot[n].sum()),
                "hot_in": [str(m) for m, is_hot in zip(look.now, hot[n], strict=True) if is_hot],
            },
        )
        for n in range(len(there))
    ]
    of = "incidents per km2" if not there.equal else "counts"
    return Found(
        shapes,
        classes_of(EMERGING, label.tolist()),
        chosen={
            "statistic": "Gi* by month, neighbours of the month and of the month before;"
            " Mann-Kendall on its course",
            "tested": of,
            "chance": _chance_words(look, "land and months"),
            "months": len(at),
            "units": len(there),
            **several(look, int(table.size)),
        },
        sentences=_emerging_sentences(look, there, label.tolist(), int(among.sum())),
        warnings=[*in_no_unit(look, there), *_warnings(look, there)],
        evaluation=_evaluated(look, there, hot[:, -1]),
    )


# ---------------------------------------------------------------- what is tested


def _tested(look: Look, there: Units, months: Sequence[Month]) -> Tested:
    """Counts of equal cells; of areas rates among residents, or incidents per km2."""
    values = there.during(months)
    among = there.tested.copy()
    incidents = there.during(months, weighed=False)
    what = "harm" if look.harm else "counts"
    if there.equal:
        _check_units(look, there, int(among.sum()))
        told = {"tested": f"{what} of equal cells"}
        return Tested(values, among, what, told, incidents, there.land_m2, "land")
    published = published_people(look, look.asked.unit, "residents")
    if published is None:
        _check_units(look, there, int(among.sum()))
        density = values / there.land_m2 * M2_A_KM2
        told = {"tested": f"{what} per km2: no residents of {look.asked.unit} are published"}
        return Tested(density, among, f"{what} per km2", told, incidents, there.land_m2, "land")
    people = np.array([published.by_code.get(code, np.nan) for code in there.codes])
    among &= people > 0
    _check_units(look, there, int(among.sum()))
    rates = np.full(len(there), np.nan)
    rates[among] = PER * (
        values[among] / people[among] if look.harm else eb_global(values[among], people[among])
    )
    smoothed = "" if look.harm else ", drawn towards the rate of all (empirical Bayes)"
    found: dict[str, Any] = {
        "tested": f"{what} per 1,000 residents{smoothed}",
        "residents": published.told(),
    }
    return Tested(rates, among, "rates", found, incidents, people, "residents")


def _check_units(look: Look, there: Units, tested: int) -> None:
    least = look.asked.how.units  # With fewer the statistic is far from normal.
    if tested < least:
        raise BadRequest(
            f"{tested} {there.many if tested != 1 else there.one} of {look.over.name} are too few:"
            f" the statistic holds from {least} on",
            remedy="choose smaller cells or areas, or a larger place",
        )


def _neighbours(there: Units, tested: Tested) -> local_stats.Neighbours:
    """Among the units that take part, numbered in their order."""
    return there.neighbours.without(~tested.among[there.tested])


def _gi(look: Look, there: Units, tested: Tested) -> tuple[Column, Column, Column]:
    values, around = tested.values[tested.among], _neighbours(there, tested)
    z = local_stats.gi_star(values, around)
    p = _chance_of_gi(look, tested, around, z)
    adjusted = benjamini_hochberg(p) if look.asked.fdr else p
    return (
        _spread_out(tested.among, z),
        _spread_out(tested.among, p),
        _spread_out(tested.among, adjusted),
    )


def _chance_of_gi(look: Look, tested: Tested, around: local_stats.Neighbours, z: Column) -> Column:
    """The larger of two chances; harm cannot be dealt out by the incident, and is by the place."""
    if look.harm:
        dealt = dealing.gi_star_values_p(tested.values[tested.among], around, z)
        return np.maximum(local_stats.two_sided_p(z), dealt)
    return dealing.gi_star_p(z, around, tested.incidents[tested.among], tested.room[tested.among])


def _chance_of_moran(
    look: Look, tested: Tested, around: local_stats.Neighbours, z: Column
) -> Column:
    """The same for the neighbours of a place, which keeps its own."""
    values = tested.values[tested.among]
    if look.harm:
        dealt = dealing.local_moran_values_p(values, around, z)
        return np.maximum(local_stats.two_sided_p(z), dealt)
    return dealing.local_moran_p(
        z, values, around, tested.incidents[tested.among], tested.room[tested.among]
    )


def _chance_over_time(
    look: Look,
    there: Units,
    values: NDArray[np.float64],
    z: NDArray[np.float64],
    at: Sequence[int],
) -> NDArray[np.float64]:
    """The same for a place and those around it, in a month and the one before."""
    normal = local_stats.two_sided_p(z)
    among = there.tested
    if look.harm:
        return np.maximum(normal, emerging_rules.space_time_values_p(values, there.neighbours, z))
    incidents = there.incidents[at].T[among]
    room = np.repeat(there.land_m2[among][:, None], len(at), axis=1)
    counted, _ = emerging_rules.sums_around(incidents, there.neighbours)
    share, _ = emerging_rules.sums_around(room, there.neighbours)
    return np.maximum(normal, dealing.incidents_p(counted, share / room.sum(), incidents.sum(), z))


def _chance_words(look: Look, over: str) -> str:
    """Which chance p is, for the parameters."""
    dealt = (
        "that of dealing the places' harm out anew"
        if look.harm
        else f"that of dealing the incidents out by lot over the {over}"
    )
    return f"p is the larger of two: that of a normal deviate, and {dealt} (exact)"


def _hot_before(look: Look, there: Units) -> NDArray[np.bool_]:
    tested = _tested(look, there, look.before)
    z, _, adjusted = _gi(look, there, tested)
    return _is(_confidence(z, adjusted), "hot", (95, 99))


def _spread_out(among: NDArray[np.bool_], part: Column) -> Column:
    """Values of those that take part, NaN for the others."""
    found = np.full(among.size, np.nan)
    found[among] = part
    return found


def _confidence(z: Column, p: Column) -> Words:
    told = local_stats.confidence_classes(z, p)
    words = {0: "not significant"}
    words |= {n: f"hot, {n} %" for n in (90, 95, 99)} | {-n: f"cold, {n} %" for n in (90, 95, 99)}
    label = np.array([words[int(one)] for one in told], dtype=object)
    label[np.isnan(z)] = NOT_TESTED
    return label


def _is(label: Words, kind: str, confidences: Sequence[int]) -> NDArray[np.bool_]:
    return np.isin(label.astype(str), [f"{kind}, {one} %" for one in confidences])


# ---------------------------------------------------------------- told


def _shapes(look: Look, there: Units, tested: Tested, label: Words) -> list[Shape]:
    incidents = there.during(look.now, weighed=False)
    return [
        Shape(
            there.geometry[at],
            {
                **named(there, at),
                "class": str(label[at]),
                "incidents": int(incidents[at]),
                "value": finite(tested.values[at]),
            },
        )
        for at in range(len(there))
    ]


def _chosen(look: Look, there: Units, tested: Tested, statistic: str) -> dict[str, Any]:
    around = _neighbours(there, tested).counts
    return {
        "statistic": statistic,
        "chance": _chance_words(look, tested.over),
        **tested.told,
        "neighbours": "cells that touch" if there.equal else "areas that share a border",
        "neighbours_mean": round(float(around.mean()), 2),
        "units": len(there),
        **several(look, int(tested.among.sum())),
    }


def _warnings(look: Look, there: Units) -> list[str]:
    said = []
    edge = int((~there.tested).sum())
    if edge:
        said.append(
            f"{edge:,} {there.many} lie less than a tenth inside the study area: they are shown"
            " and not tested."
        )
    return said


def _evaluated(look: Look, there: Units, hot: NDArray[np.bool_]) -> dict[str, Any]:
    trial = Trial(
        f"{there.many} significantly high",
        hot,
        there.land_m2,
        there.during(look.now, weighed=False),
        there.during(look.after, weighed=False),
    )
    return evaluation(look, trial)


def _gi_sentences(look: Look, there: Units, tested: Tested, label: Words) -> list[str]:
    hot, cold = (int(_is(label, kind, (95, 99)).sum()) for kind in ("hot", "cold"))
    return [
        f"{hot:,} of {int(tested.among.sum()):,} {there.many} of {look.over.name} are significantly"
        f" high (at 95 %) and {cold:,} low {fdr_words(look)}: {tested.of} of"
        f" {look.what.lower()} with those around them, {look.period}."
    ]


def _emerging_sentences(look: Look, there: Units, label: Sequence[str], tested: int) -> list[str]:
    kinds = [kind for kind in EMERGING if kind.endswith("hotspot") and kind in label]
    listed = ", ".join(f"{label.count(kind):,} {kind.removesuffix(' hotspot')}" for kind in kinds)
    cold = sum(one.endswith("coldspot") for one in label)
    return [
        f"Of {tested:,} {there.many} of {look.over.name} {look.period}, {look.what.lower()}:"
        f" {listed or 'none is any'} hot spots, {cold:,} cold ones, {fdr_words(look)}."
    ]
