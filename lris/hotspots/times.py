"""When: hour by weekday, and month by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.errors import BadRequest
from lris.hotspots.counting import finite
from lris.hotspots.looking import Found, Look
from lris.rules.control_charts import TRIAL_BELOW, xmr
from lris.rules.hot_clock import aoristic
from lris.rules.seasonal import MONTHS, days_in, per_equal_month, stl
from lris.store.hotspot_points import moments

Column = NDArray[np.float64]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
A_DAY = np.timedelta64(1, "D")
LEAST_WITH_HOURS = 20
BUSIEST = 21
"""Hours of the week that are told as the busiest: an eighth of them."""


def hot_clock(look: Look) -> Found:
    """Incidents by hour and weekday; of those known only as from when to when a part in each hour.

    What is known only to the day, or spans a day and more, is counted and left out: spread over
    all hours it would make any clock flat.
    """
    rows = moments(look.connection, look.sought, look.over.bounds)
    inside = look.over.holds(rows.x, rows.y)
    starts, ends = rows.starts[inside], rows.ends[inside]
    exact = ends - starts < A_DAY
    if int(exact.sum()) < LEAST_WITH_HOURS:
        raise BadRequest(
            f"{int(exact.sum())} incidents of {look.what.lower()} in {look.over.name},"
            f" {look.period}, are known to the hour: a clock needs {LEAST_WITH_HOURS}",
            remedy="ask for a longer period, a larger place or more categories",
        )
    weigh = look.harm.weights if look.harm else dict.fromkeys(rows.categories, 1.0)
    by_category = np.array([weigh.get(one, 0.0) for one in rows.categories] or [0.0])
    clock = aoristic(starts[exact], ends[exact], by_category[rows.category[inside][exact]])
    if not clock.any():
        raise BadRequest(
            f"no incident of {look.what.lower()} that is known to the hour has a weight of harm",
            remedy="leave harm out, or ask for categories that have one",
        )
    left_out = int((~exact).sum())
    spread = int((exact & (ends - starts > np.timedelta64(1, "h"))).sum())
    body = {
        "clock": [
            {"weekday": day, "hours": [round(float(one), 4) for one in clock[n]]}
            for n, day in enumerate(WEEKDAYS)
        ],
        "by_hour": [round(float(one), 4) for one in clock.sum(axis=0)],
        "by_weekday": [round(float(one), 4) for one in clock.sum(axis=1)],
        "known_to_the_hour": int(exact.sum()),
        "spread_over_hours": spread,
        "left_out": left_out,
    }
    return Found(
        chosen={"weights": "aoristic: an incident's part in an hour is the overlap over its span"},
        sentences=_clock_sentences(look, clock, left_out, spread),
        body=body,
    )


def _clock_sentences(look: Look, clock: Column, left_out: int, spread: int) -> list[str]:
    day, hour = (int(one) for one in np.unravel_index(int(clock.argmax()), clock.shape))
    total = float(clock.sum())
    order = np.sort(clock.ravel())[::-1]
    said = [
        f"{look.what}, {look.over.name}, {look.period}: the busiest hour of the week is"
        f" {WEEKDAYS[day]} {hour:02d}:00 to {(hour + 1) % 24:02d}:00; the {BUSIEST} busiest of 168"
        f" hours hold {order[:BUSIEST].sum() / total:.0%} of"
        f" {'the harm' if look.harm else f'{total:,.0f} incidents'}.",
        f"{clock[5:].sum() / total:.0%} {'falls' if look.harm else 'fall'} on Saturday and Sunday,"
        " where an even week would have 29 %.",
    ]
    if spread:
        said.append(
            f"{spread:,} are known only as from when to when: each hour between has its part."
        )
    if left_out:
        said.append(
            f"{left_out:,} are known no better than to the day, and left out"
            f" ({left_out / (left_out + total):.0%})."
        )
    return said


def series(look: Look) -> Found:
    """Month by month, as if all months were equally long, with limits that chance seldom passes."""
    whole = [month for month in look.now if look.delivered.is_whole(month)]
    if len(whole) < look.asked.how.months:
        raise BadRequest(
            f"{len(whole)} months of {look.asked.source} are there: limits need"
            f" {look.asked.how.months}",
            remedy="ask for a longer period, or for counts",
        )
    counts = look.taken.by_month(whole)
    level = per_equal_month(counts, np.array(whole))
    chart = xmr(level)
    season = _seasons(level) if _is_unbroken(whole) else {}
    lower, upper = float(np.ravel(chart.lower)[0]), float(np.ravel(chart.upper)[0])
    by_month = {str(month): at for at, month in enumerate(whole)}
    rows = [
        _month_row(look, str(month), by_month.get(str(month)), counts, level, chart.flags, season)
        for month in look.now
    ]
    return Found(
        chosen={
            "chart": "XmR (individual values and moving range)",
            "counts": f"{'harm' if look.harm else 'incidents'} as if every month had 365.25 / 12"
            " days",
            "mean": finite(chart.mean),
            "lower": finite(max(lower, 0.0)),
            "upper": finite(upper),
            "trial_limits": chart.trial,
            "season": "STL, periodic, on square roots" if season else None,
        },
        sentences=_series_sentences(look, whole, chart.flags, level, chart.mean, season),
        warnings=[f"Limits from {len(whole)} months are for trial only: {TRIAL_BELOW} are wanted."]
        if chart.trial
        else [],
        body={"months": rows},
    )


def _month_row(
    look: Look,
    month: str,
    at: int | None,
    counts: Column,
    level: Column,
    flags: Sequence[Sequence[str]],
    season: dict[str, Column],
) -> dict[str, Any]:
    if at is None:
        return {"month": month, "status": "missing", "incidents": None, "level": None, "flags": []}
    parts = {name: finite(column[at], 2) for name, column in season.items()}
    return {
        "month": month,
        "status": "whole",
        "incidents": look.taken.total([np.datetime64(month, "M")]),
        **({"harm": finite(counts[at], 2)} if look.harm else {}),
        "days": int(days_in([month])[0]),
        "level": finite(level[at], 2),
        "flags": list(flags[at]),
        **parts,
    }


def _seasons(level: Column) -> dict[str, Column]:
    """The trend and the usual season, back from square roots, where there are two years or more."""
    if level.size < 2 * MONTHS:
        return {}
    parts = stl(np.sqrt(level), MONTHS)
    trend = np.maximum(parts.trend, 0.0)
    usual = np.maximum(parts.trend + parts.seasonal, 0.0)
    return {"trend": trend**2, "usual": usual**2}


def _is_unbroken(months: Sequence[np.datetime64]) -> bool:
    return bool(months[-1] - months[0] == np.timedelta64(len(months) - 1, "M"))


def _series_sentences(
    look: Look,
    whole: Sequence[np.datetime64],
    flags: Sequence[Sequence[str]],
    level: Column,
    mean: float,
    season: dict[str, Column],
) -> list[str]:
    out = [
        f"{month} ({'above' if value > mean else 'below'}: {', '.join(names)})"
        for month, names, value in zip(whole, flags, level, strict=True)
        if names
    ]
    said = [
        f"{look.what}, {look.over.name}: {mean:,.1f} in a usual month of {look.period};"
        f" {len(out):,} of {len(whole):,} months are out of the ordinary"
        + (f": {'; '.join(out)}." if out else ".")
    ]
    if season:
        trend = season["trend"]
        change = trend[-1] / trend[0] - 1 if trend[0] > 0 else float("nan")
        if np.isfinite(change):
            said.append(
                f"With the seasons taken off it has {'risen' if change > 0 else 'fallen'} by"
                f" {abs(change):.0%} from {whole[0]} to {whole[-1]}."
            )
    return said
