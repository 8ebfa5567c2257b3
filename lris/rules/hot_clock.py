"""When it happens: incidents by hour and weekday, spread over the time each may have taken.

A burglary found on coming home happened some time between leaving and return. Aoristic analysis
(Ratcliffe 2000) gives every hour of that time its part: hours of overlap over hours of the span. An
incident weighs one, wherever its span falls; taking starts, ends or middles misleads.

Times are local clock times as recorded, without a zone. Months alone, as open crime data has them,
tell nothing of hours and are refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Clock = NDArray[np.float64]
Micro = NDArray[np.int64]

DAYS, HOURS = 7, 24
HOUR = 3_600_000_000
"""Microseconds, in which all is reckoned: whole numbers, so that nothing is lost by rounding."""
WEEK = DAYS * HOURS * HOUR
EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday, the fourth day counted from Monday."""


def aoristic(
    starts: ArrayLike, ends: ArrayLike | None = None, weights: ArrayLike | None = None
) -> Clock:
    """Weight in each hour of the week, shape (7, 24): Monday first, from midnight. Sums to all.

    `starts`, `ends`: anything numpy reads as dates with times; from the start to just before the
    end. An end that is missing (NaT, or no `ends`) or equal to its start is an incident at a known
    time, which falls into one hour. `weights`: harm, say; 1 where left out. Raises `ValueError` for
    months or days without a time, for a start that is missing and for an end before its start.
    """
    began = _times(starts, "starts")
    ended = began if ends is None else _times(ends, "ends")
    if began.shape != ended.shape:
        raise ValueError(f"{began.size} starts and {ended.size} ends are no pairs")
    if np.isnat(began).any():
        raise ValueError("an incident without a start has no time: leave it out, and say how many")
    ended = np.where(np.isnat(ended), began, ended)
    if np.any(backwards := ended < began):
        at = int(np.flatnonzero(backwards)[0])
        raise ValueError(f"incident {at} ends at {ended[at]}, before it starts at {began[at]}")
    _refuse_months(began, ended)
    weight = np.ones(began.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != began.shape or not np.isfinite(weight).all():
        raise ValueError("each incident has one weight, a number")
    return _spread(began.astype(np.int64), ended.astype(np.int64), weight).reshape(DAYS, HOURS)


def _spread(began: Micro, ended: Micro, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight in each of the 168 hours of the week."""
    span = np.maximum(ended - began, 1)
    weeks, rest = np.divmod(ended - began, WEEK)
    start = (began + EPOCH_WEEKDAY * HOURS * HOUR) % WEEK
    last = start + np.where(ended > began, rest, 1)  # A known time lasts a microsecond.
    per = weight / span
    hours = DAYS * HOURS
    first_hour, last_hour = start // HOUR, last // HOUR
    # The remainder of a week may run into the next one: two weeks of hours, folded at the end.
    found = np.zeros(2 * hours + 2)
    same = first_hour == last_hour
    np.add.at(found, first_hour[same], ((last - start) * per)[same])
    over = ~same
    np.add.at(found, first_hour[over], (((first_hour + 1) * HOUR - start) * per)[over])
    np.add.at(found, last_hour[over], ((last - last_hour * HOUR) * per)[over])
    # Hours that are covered whole, as steps up and down.
    step = np.zeros(found.size)
    np.add.at(step, first_hour[over] + 1, per[over])
    np.add.at(step, last_hour[over], -per[over])
    found += np.cumsum(step) * HOUR
    week = found[:hours] + found[hours : 2 * hours] + np.sum(weeks * per) * HOUR
    nothing_below: NDArray[np.float64] = np.maximum(week, 0.0)
    return nothing_below


def _times(values: ArrayLike, which: str) -> NDArray[np.datetime64]:
    given = np.asarray(values).ravel()
    if not given.size:
        return given.astype("datetime64[us]")
    if given.dtype.kind in "UO":
        return np.array([_read(one, which) for one in given], dtype="datetime64[us]")
    if given.dtype.kind != "M":
        raise ValueError(f"{which} are numbers ({given.dtype}), not dates with times")
    _refuse_days(given.dtype, which)
    return given.astype("datetime64[us]")


def _read(one: object, which: str) -> np.datetime64:
    """From text or Python's datetimes; nothing, NaN and NaT are missing."""
    if one is None or one == "" or one != one:
        return np.datetime64("NaT", "us")
    try:
        time = np.datetime64(one)  # type: ignore[call-overload]
    except (ValueError, TypeError) as problem:
        raise ValueError(f"{which} are not all dates with times: {problem}") from problem
    _refuse_days(time.dtype, which)
    moment: np.datetime64 = time.astype("datetime64[us]")
    return moment


def _refuse_days(kind: np.dtype[np.datetime64], which: str) -> None:
    unit, _ = np.datetime_data(kind)
    if unit in _UNITS:
        raise ValueError(
            f"{which} are told by the {_UNITS[unit]}, without a time: a clock needs the hour"
        )


def _refuse_months(began: NDArray[np.datetime64], ended: NDArray[np.datetime64]) -> None:
    """Months written as the midnight that opens them are months still."""
    if not began.size:
        return
    month = began.astype("datetime64[M]")
    opens = month.astype("datetime64[us]")
    following = (month + 1).astype("datetime64[us]")
    whole = (ended == began) | (following - ended <= np.timedelta64(1, "D"))
    if np.all((began == opens) & whole & (ended <= following)):
        raise ValueError(
            "every incident starts at the midnight that opens a month: these are months,"
            " and a clock needs the hour"
        )


_UNITS = {"Y": "year", "M": "month", "W": "week", "D": "day"}
