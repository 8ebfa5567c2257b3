"""How thick incidents lie on the ground: the quartic kernel, exactly, in events per square metre.

`f(g) = sum_i w_i 3 / (pi h^2) (1 - d_i^2 / h^2)^2` over the events nearer than the bandwidth `h` to
the grid point `g` (Silverman 1986, section 4.2.1; Chainey and Ratcliffe 2005). `h` is the radius at
which the kernel ends; a Gaussian of the same spread has the standard deviation `h / sqrt(8)`.
The constant 3 / pi makes every event weigh one: some desktop programs scale the quartic otherwise.

Coordinates are metres on a plane (EPSG:27700). Published crimes lie on few snap points, so events
at one place are first made one event of their joint weight, which changes nothing but the time.
"""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.compiled import compiled_half, numbers, whole_numbers

Column = NDArray[np.float64]
Surface = NDArray[np.float64]
Whole = NDArray[np.int64]
Window = tuple[float, float, float, float]

MOST_CELLS = 4_000_000
"""Grid points in one surface; more is a cell size chosen by mistake."""

FLOOR_SHARE = 0.01
"""Where fewer people are at risk than this share of the greatest density, a ratio tells nothing."""

FEWEST_FOR_A_RULE = 10
LATTICE_SPACINGS = 2.0
MULTIPLES = (1.0, 2.0, 3.0, 4.0, 5.0)


def quartic(
    x: ArrayLike,
    y: ArrayLike,
    grid_x: ArrayLike,
    grid_y: ArrayLike,
    bandwidth_m: float,
    weights: ArrayLike | None = None,
    window: Window | None = None,
) -> Surface:
    """Events per square metre at the grid points, shape (len(grid_y), len(grid_x)).

    `x`, `y`: events in metres; `weights`: what each counts for, 1 where left out. With a rectangle
    `window` = (xmin, ymin, xmax, ymax) only events in it count, and each density is divided by the
    kernel's mass inside it, exactly: the uniform correction for what lies beyond the edge and was
    not counted. Grid points outside the window are NaN. Raises `ValueError` on a bandwidth that is
    not above zero, on events without a place, on a negative weight and on too many grid points.
    """
    radius = _positive(bandwidth_m, "a bandwidth")
    columns, rows = _axis(grid_x), _axis(grid_y)
    if columns.size * rows.size > MOST_CELLS:
        raise ValueError(
            f"{columns.size:,} x {rows.size:,} grid points are more than {MOST_CELLS:,}:"
            " take larger cells or a smaller area"
        )
    east, north, weight = events(x, y, weights)
    if window is not None:
        _check_window(window)
        within = _within(east, window[0], window[2]) & _within(north, window[1], window[3])
        east, north, weight = east[within], north[within], weight[within]
    surface = _scattered(east, north, weight, columns, rows, radius)
    surface *= 3 / (np.pi * radius**2)
    if window is not None:
        surface /= kernel_mass(columns, rows, radius, window)
    return surface


def kernel_mass(
    grid_x: ArrayLike, grid_y: ArrayLike, bandwidth_m: float, window: Window
) -> Surface:
    """The share of the kernel about each grid point that lies in the window; NaN outside it.

    In closed form: between 1/4 (a corner) and 1, less only where the window is smaller than the
    kernel.
    """
    radius = _positive(bandwidth_m, "a bandwidth")
    west, south, east, north = window
    columns, rows = _axis(grid_x), _axis(grid_y)
    inside = _within(columns, west, east)[None, :] & _within(rows, south, north)[:, None]
    # Away from the edges all columns are alike, and all rows.
    (left, right), column = _alike(columns, west, east, radius)
    (below, above), row = _alike(rows, south, north, radius)
    mass = (
        _mass_below(right, above[:, None])
        - _mass_below(left, above[:, None])
        - _mass_below(right, below[:, None])
        + _mass_below(left, below[:, None])
    )
    return np.where(inside, mass[np.ix_(row, column)], np.nan)


def events(
    x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None
) -> tuple[Column, Column, Column]:
    """The places and their weights as columns. Raises `ValueError` where one cannot be used."""
    east, north = (np.asarray(axis, dtype=np.float64).ravel() for axis in (x, y))
    weight = np.ones(east.size) if weights is None else np.asarray(weights, np.float64).ravel()
    if not east.size == north.size == weight.size:
        raise ValueError(f"{east.size} x, {north.size} y and {weight.size} weights are no events")
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        raise ValueError("an event without a place has no density: leave it out, and say how many")
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise ValueError("a weight is missing, infinite or below zero")
    return east, north, weight


def places(
    x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None
) -> tuple[Column, Column, Column]:
    """The different places of the events, and the weight at each; in the order they first came."""
    columns = (numbers(column) for column in events(x, y, weights))
    made: tuple[Column, Column, Column] = _kernels().merged(*columns)
    return made


# ---------------------------------------------------------------- choosing a bandwidth


class Bandwidth(NamedTuple):
    """A bandwidth chosen by rule: the kernel's radius, and what it was worked out from."""

    metres: float
    spread_m: float
    events: float
    because: str


def normal_bandwidth(x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> Bandwidth:
    """The normal reference rule in two dimensions: sigma = s n^(-1/6), radius = sqrt(8) sigma.

    `s^2` is the mean of the variances of x and y, each the smaller of the plain one and
    (interquartile range / 1.349)^2, so that a few far events do not widen it (Silverman 1986;
    Scott 1992, section 6.3.1). It suits one heap of events: with several heaps, as in a city, it is
    on the wide side, and an analyst narrows it. Raises `ValueError` for fewer than ten events or
    for events that all lie at one place.
    """
    east, north, weight = events(x, y, weights)
    total = float(weight.sum())
    if total < FEWEST_FOR_A_RULE:
        raise ValueError(f"{total:g} events are too few to choose a bandwidth by: name one")
    spread = float(np.sqrt((_variance(east, weight) + _variance(north, weight)) / 2))
    if not spread > 0:
        raise ValueError("all events lie at one place: there is no bandwidth to choose")
    radius = float(np.sqrt(8) * spread * total ** (-1 / 6))
    because = (
        f"sqrt(8) x {spread:.0f} m (robust spread) x {total:g}^(-1/6):"
        " the normal reference rule in two dimensions"
    )
    return Bandwidth(radius, spread, total, because)


def snap_spacing(x: ArrayLike, y: ArrayLike) -> float:
    """Metres from one place to the next, in the middle (median); NaN for fewer than two places."""
    from scipy.spatial import KDTree

    east, north, _ = places(x, y)
    if east.size < 2:
        return float("nan")
    xy = np.column_stack([east, north])
    nearest, _ = KDTree(xy).query(xy, k=2)
    return float(np.median(nearest[:, 1]))


def shows_the_lattice(bandwidth_m: float, spacing_m: float) -> bool:
    """Whether a bandwidth is so near to the spacing of snap points that a map would show those."""
    return bool(bandwidth_m < LATTICE_SPACINGS * spacing_m)


# ---------------------------------------------------------------- surfaces told


def mean_multiples(surface: ArrayLike) -> Column:
    """Upper bounds of classes at 1, 2, 3, 4 and 5 times the mean of what is above zero, ascending.

    Chainey's legend: the mean is that of the non-zero grid points, the last bound the largest
    value; multiples beyond it are left out. Empty where nothing is above zero.
    """
    values = np.asarray(surface, dtype=np.float64)
    some = values[values > 0]  # NaN is not.
    if not some.size:
        return np.empty(0)
    bounds = some.mean() * np.array(MULTIPLES)
    return np.append(bounds[bounds < some.max()], some.max())


class Risk(NamedTuple):
    """Two surfaces set against each other; NaN where too little is at risk to tell."""

    ratio: Surface
    log_ratio: Surface
    difference: Surface
    floor: float


def risk(incidents: ArrayLike, at_risk: ArrayLike, floor_share: float = FLOOR_SHARE) -> Risk:
    """Incidents relative to people or households at risk, both as densities on one grid.

    Both with one bandwidth, so that the edge correction falls out of the ratio. Where `at_risk` is
    under `floor_share` of its greatest value the answer is NaN: a park with one robbery and nobody
    living there is no hotspot of risk. `difference` compares the two as shares of their sums.
    """
    over, under = np.asarray(incidents, dtype=np.float64), np.asarray(at_risk, dtype=np.float64)
    if over.shape != under.shape:
        raise ValueError(f"surfaces of the shapes {over.shape} and {under.shape} are not one grid")
    if not 0 <= floor_share < 1:
        raise ValueError(f"a floor is a share from 0 up to 1, not {floor_share!r}")
    floor = floor_share * float(np.nanmax(under, initial=0.0))
    told = (under >= floor) & (under > 0)
    ratio = np.divide(over, under, out=np.full(over.shape, np.nan), where=told)
    with np.errstate(divide="ignore"):  # No incident at all: minus infinity, as it is.
        log_ratio = np.log(ratio)
    shares = (part / total if (total := np.nansum(part)) > 0 else part for part in (over, under))
    first, second = shares
    return Risk(ratio, log_ratio, np.where(told, first - second, np.nan), floor)


# ---------------------------------------------------------------- within


def _scattered(
    x: Column, y: Column, weight: Column, columns: Column, rows: Column, radius: float
) -> Surface:
    kernels = _kernels()
    ux, uy, uw = (numbers(part) for part in places(x, y, weight))
    # The scatter walks east and north; grids may run either way.
    by_column, by_row = np.argsort(columns, kind="stable"), np.argsort(rows, kind="stable")
    ordered_x, ordered_y = numbers(columns[by_column]), numbers(rows[by_row])
    reach = [
        whole_numbers(
            np.searchsorted(ordered, where + side * radius, side="left" if side < 0 else "right")
        )
        for ordered, where in ((ordered_x, ux), (ordered_y, uy))
        for side in (-1, 1)
    ]
    found = np.zeros((rows.size, columns.size))
    kernels.scatter(ux, uy, uw, ordered_x, ordered_y, *reach, radius, found)
    surface = np.empty_like(found)
    surface[np.ix_(by_row, by_column)] = found
    return surface


def _alike(axis: Column, low: float, high: float, radius: float) -> tuple[Column, Whole]:
    """The different reaches to both edges, in radii and never beyond one; and whose is which."""
    reaches = np.clip((np.array([low, high]) - axis[:, None]) / radius, -1.0, 1.0)
    different, which = np.unique(reaches, axis=0, return_inverse=True)
    return different.T, which.ravel()


def _mass_below(a: Column, b: Column) -> Surface:
    """Mass of the kernel of radius 1 where u < a and v < b, both from -1 to 1.

    The kernel at u is a strip |v| <= s with s^2 = c = 1 - u^2. Between u = -t and t, t^2 = 1 - b^2,
    the line v = b cuts the strip; further out the strip is below b whole, or not at all.
    """
    t = np.sqrt(1 - b * b)
    low, high = -t + 0 * a, np.clip(a, -t, t)
    inner = _cut_strips(high, b) - _cut_strips(low, b)
    outer = (
        _strips(np.minimum(a, -t)) - _strips(-1.0 + 0 * a) + _strips(np.maximum(a, t)) - _strips(t)
    )
    return 3 / np.pi * (inner + np.where(b > 0, 2.0, 0.0) * outer)


def _strips(u: Column) -> Column:
    """The integral of half a strip's mass, 8/15 s^5, up to u."""
    s = np.sqrt(np.maximum(1 - u * u, 0.0))
    return 8 / 15 * (u * s * (s**4 / 6 + 5 / 24 * s * s + 5 / 16) + 5 / 16 * np.arcsin(u))


def _cut_strips(u: Column, b: Column) -> Column:
    """The integral up to u of a strip's mass under b: 8/15 s^5 + c^2 b - 2/3 c b^3 + b^5 / 5."""
    whole = u - 2 / 3 * u**3 + u**5 / 5
    return _strips(u) + b * whole - 2 / 3 * b**3 * (u - u**3 / 3) + b**5 / 5 * u


def _variance(values: Column, weight: Column) -> float:
    middle = np.average(values, weights=weight)
    plain = np.average((values - middle) ** 2, weights=weight)
    order = np.argsort(values, kind="stable")
    share = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
    low, high = np.interp([0.25, 0.75], share, values[order])
    robust = ((high - low) / 1.349) ** 2
    return float(min(plain, robust) if robust > 0 else plain)


def _within(values: Column, low: float, high: float) -> NDArray[np.bool_]:
    return (values >= low) & (values <= high)


def _axis(values: ArrayLike) -> Column:
    axis = np.asarray(values, dtype=np.float64)
    if axis.ndim != 1 or not np.isfinite(axis).all():
        raise ValueError("a grid is told by the coordinates of its columns and of its rows")
    return axis


def _positive(value: float, what: str) -> float:
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{what} is a length in metres above zero, not {value!r}")
    return float(value)


def _check_window(window: Window) -> None:
    west, south, east, north = window
    if not (west < east and south < north):
        raise ValueError(
            f"a window is (xmin, ymin, xmax, ymax), each below the other: not {window}"
        )


def _kernels() -> ModuleType:
    return compiled_half("hotspot_kernels", "smoothing points")
