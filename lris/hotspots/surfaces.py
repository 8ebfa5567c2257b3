"""Density and risk on a fine grid: exact quartic kernels, the edge of the study area allowed for.

Density is events per km2: the quartic kernel of Silverman 1986 (section 4.2), with the radius that
crime analysts call the bandwidth. Chainey and Ratcliffe 2005 give the usual start: a cell of the
shorter side of the study area over 150, and a bandwidth of five cells.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lris.errors import BadRequest
from lris.hotspots.colours import spread
from lris.hotspots.evaluating import FLAGGED_SHARE, Trial, evaluation
from lris.hotspots.ground import Ground
from lris.hotspots.looking import Found, Look, Shape, Surface
from lris.hotspots.people import people_at
from lris.rules import density
from lris.rules.density import LATTICE_SPACINGS, normal_bandwidth, quartic

Column = NDArray[np.float64]
Grid = NDArray[np.float64]

MOST_CELLS = 2_000_000
SIDE_OVER_CELL, CELLS_IN_BANDWIDTH = 150, 5
LEAST_CELL_M, MOST_CELL_M = 20.0, 1000.0
MOST_FLOOR_M = 200.0
"""Points of a rare category lie far apart because it is rare; map points do not."""

LEAST_MASS = 0.2
"""Where less of the kernel lies in the study area, no more than this is made up for."""

M2_A_KM2 = 1e6
RISK_STEPS = (0.5, 1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Lattice:
    """Square cells over a study area: middles of columns and rows, and which are land in it."""

    x: Column
    y: Column
    cell_m: float
    land: NDArray[np.bool_]

    def of(self, x: Column, y: Column) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The row and column of points."""
        column = np.floor((x - self.x[0]) / self.cell_m + 0.5).astype(np.int64)
        row = np.floor((y - self.y[0]) / self.cell_m + 0.5).astype(np.int64)
        return row, column

    def counted(self, x: Column, y: Column, weights: Column) -> Grid:
        """Weights of points summed by cell."""
        row, column = self.of(x, y)
        flat = np.bincount(row * self.x.size + column, weights, minlength=self.land.size)
        found: Grid = flat.astype(np.float64).reshape(self.land.shape)
        return found


def kde(look: Look) -> Found:
    """Events per km2 on a fine grid."""
    lengths = chosen_lengths(look)
    grid = lattice(look.over, lengths.cell_m)
    weights = look.taken.at_points(look.now)
    values = per_km2(look, grid, lengths.bandwidth_m, weights)
    bounds = density.mean_multiples(values[grid.land])
    labels = _multiple_labels(bounds)
    trial = _trial(look, grid, values)
    shapes, classes = _banded(look, grid, values, bounds, labels, "per_km2")
    return Found(
        shapes,
        classes,
        chosen={
            **lengths.told(),
            "edge": look.asked.edge,
            "unit": "weight per km2" if look.harm else "incidents per km2",
        },
        sentences=_density_sentences(look, grid, values, bounds, lengths),
        warnings=lengths.warnings,
        evaluation=evaluation(look, trial),
        surface=Surface(grid.x, grid.y, grid.cell_m, values, "per km2"),
    )


def risk(look: Look) -> Found:
    """Events per 1,000 people or households at risk, both smoothed by one bandwidth."""
    lengths = chosen_lengths(look)
    grid = lattice(look.over, lengths.cell_m)
    people = people_at(look, grid.x, grid.y, grid.land)
    above = quartic_of(look, grid, lengths.bandwidth_m, look.taken.at_points(look.now))
    below = _smoothed(people.by_cell / grid.cell_m**2, lengths.bandwidth_m, grid.cell_m)
    found = density.risk(np.where(grid.land, above, np.nan), np.where(grid.land, below, np.nan))
    values = np.where(grid.land, 1000 * found.ratio, np.nan)
    usual = 1000 * float(look.taken.at_points(look.now).sum()) / people.total
    bounds, labels = _risk_bounds(values[grid.land], usual)
    shapes, classes = _banded(look, grid, values, bounds, labels, "per_1000")
    left_out = int((grid.land & np.isnan(values)).sum())
    share = left_out / max(int(grid.land.sum()), 1)
    return Found(
        shapes,
        classes,
        chosen={
            **lengths.told(),
            "over": look.asked.over,
            "people": people.told(),
            "floor_share": density.FLOOR_SHARE,
            "unit": f"{'weight' if look.harm else 'incidents'} per 1,000 {look.asked.over}",
        },
        sentences=[
            f"{look.what}, {look.period}: {usual:,.1f} for every 1,000 {look.asked.over} of"
            f" {look.over.name}; where it is darkest {_most(values):,.0f}.",
            f"{share:.0%} of the ground is left blank: under {density.FLOOR_SHARE:.0%} of the"
            f" greatest density of {look.asked.over}, so that a park is no hotspot of risk.",
        ],
        warnings=lengths.warnings,
        evaluation=evaluation(look, _trial(look, grid, np.nan_to_num(values))),
        surface=Surface(grid.x, grid.y, grid.cell_m, values, f"per 1,000 {look.asked.over}"),
    )


# ---------------------------------------------------------------- lengths


@dataclass(frozen=True, slots=True)
class Lengths:
    """The bandwidth and the cell, the rules that chose them, and what is doubtful about them."""

    bandwidth_m: float
    cell_m: float
    because: Mapping[str, str]
    spacing_m: float
    reference_m: float | None
    warnings: Sequence[str]

    def told(self) -> dict[str, Any]:
        """As the parameters of an answer tell it."""
        return {
            "bandwidth_m": self.bandwidth_m,
            "cell_m": self.cell_m,
            "kernel": "quartic (radius, not standard deviation)",
            "because": dict(self.because),
            "normal_reference_m": self.reference_m,
        }


def chosen_lengths(look: Look) -> Lengths:
    """The lengths asked for, or those of the rule. Raises `BadRequest` for lengths of no sense."""
    asked, side = look.asked, look.over.shorter_side_m
    spacing = look.taken.spacing_m
    floor = min(LATTICE_SPACINGS * spacing, MOST_FLOOR_M) if math.isfinite(spacing) else 0.0
    because = {}
    cell, bandwidth = asked.cell_m, asked.bandwidth_m
    if cell is None:
        cell = min(max(_tens(side / SIDE_OVER_CELL), LEAST_CELL_M), MOST_CELL_M)
        because["cell_m"] = f"the shorter side of the study area over {SIDE_OVER_CELL}, in tens"
        if bandwidth is not None:
            cell = min(cell, max(_tens(bandwidth / CELLS_IN_BANDWIDTH), LEAST_CELL_M))
            because["cell_m"] += f", at most a {CELLS_IN_BANDWIDTH}th of the bandwidth asked for"
    else:
        because["cell_m"] = "as asked"
    if bandwidth is None:
        bandwidth = max(CELLS_IN_BANDWIDTH * cell, 10.0 * math.ceil(floor / 10))
        because["bandwidth_m"] = (
            f"{CELLS_IN_BANDWIDTH} cells, and not below {LATTICE_SPACINGS:g} times the spacing of"
            f" the map points ({spacing:,.0f} m) where that is under {MOST_FLOOR_M:g} m"
        )
    else:
        because["bandwidth_m"] = "as asked"
    _check_lengths(look, bandwidth, cell)
    warnings = []
    if bandwidth < floor:
        warnings.append(
            f"The bandwidth of {bandwidth:,.0f} m is below {floor:,.0f} m: map points are so far"
            " apart that the surface shows them, and not where it happened."
        )
    return Lengths(bandwidth, cell, because, spacing, _reference(look), warnings)


def _check_lengths(look: Look, bandwidth: float, cell: float) -> None:
    side = look.over.shorter_side_m
    if bandwidth > side:
        raise BadRequest(
            f"a bandwidth of {bandwidth:,.0f} m is wider than {look.over.name} ({side:,.0f} m)",
            remedy=f"choose a bandwidth below {side / 2:,.0f} m, or a larger place",
        )
    if cell > bandwidth:
        raise BadRequest(
            f"cells of {cell:,.0f} m are wider than the bandwidth of {bandwidth:,.0f} m",
            remedy=f"choose cells of {bandwidth / CELLS_IN_BANDWIDTH:,.0f} m or so",
        )
    check_cells(look.over, cell, MOST_CELLS)


def check_cells(over: Ground, cell: float, most: int) -> None:
    """Raises `BadRequest` where there would be more cells than a machine or a reader can take."""
    west, south, east, north = over.bounds
    wanted = ((east - west) / cell) * ((north - south) / cell)
    if wanted > most:
        least = math.ceil(math.sqrt((east - west) * (north - south) / most))
        raise BadRequest(
            f"cells of {cell:g} m over {over.name} would be {wanted:,.0f}; the most is {most:,}",
            remedy=f"choose cells of {least:,} m or more, or a smaller place",
        )


def _reference(look: Look) -> float | None:
    weights = look.taken.at_points(look.now, weighed=False)
    some = weights > 0
    try:
        found = normal_bandwidth(look.taken.x[some], look.taken.y[some], weights[some])
    except ValueError:  # All at one place: no spread to go by.
        return None
    return round(found.metres, 1)


def _tens(metres: float) -> float:
    return max(10.0 * round(metres / 10), 10.0)


# ---------------------------------------------------------------- grids


def lattice(over: Ground, cell_m: float) -> Lattice:
    """Cells over a study area; their corners are whole multiples of the cell, whatever the area."""
    west, south, east, north = over.bounds
    x = (np.arange(math.floor(west / cell_m), math.ceil(east / cell_m)) + 0.5) * cell_m
    y = (np.arange(math.floor(south / cell_m), math.ceil(north / cell_m)) + 0.5) * cell_m
    land = np.array([shapely.contains_xy(over.measured, x, np.full(x.size, row)) for row in y])
    return Lattice(x.astype(np.float64), y.astype(np.float64), cell_m, land.reshape(y.size, x.size))


def quartic_of(look: Look, grid: Lattice, bandwidth_m: float, weights: Column) -> Grid:
    """Events per m2 at the middles of cells, from those inside the study area."""
    some = weights > 0
    return quartic(
        look.taken.x[some], look.taken.y[some], grid.x, grid.y, bandwidth_m, weights[some]
    )


def per_km2(look: Look, grid: Lattice, bandwidth_m: float, weights: Column) -> Grid:
    """Events per km2, corrected for the edge as asked; NaN outside the study area."""
    values = quartic_of(look, grid, bandwidth_m, weights)
    if look.asked.edge == "uniform":
        mass = _smoothed(grid.land.astype(np.float64), bandwidth_m, grid.cell_m)
        values = values / np.maximum(mass, LEAST_MASS)
    return np.where(grid.land, values * M2_A_KM2, np.nan)


def _smoothed(values: Grid, bandwidth_m: float, cell_m: float) -> Grid:
    """Values spread by the kernel whose weights on the cells sum to one."""
    from scipy.signal import oaconvolve

    reach = int(bandwidth_m // cell_m)
    off = np.arange(-reach, reach + 1) * cell_m
    kernel = np.maximum(1 - (off[:, None] ** 2 + off[None, :] ** 2) / bandwidth_m**2, 0.0) ** 2
    found: Grid = np.maximum(oaconvolve(values, kernel / kernel.sum(), mode="same"), 0.0)
    return found


# ---------------------------------------------------------------- classes


def _banded(
    look: Look,
    grid: Lattice,
    values: Grid,
    bounds: Column,
    labels: Sequence[str],
    name: str,
) -> tuple[list[Shape], list[dict[str, Any]]]:
    """One shape for each class of a surface: its cells joined, its land and what happened there."""
    colours = spread("heat", len(bounds))
    lows = [0.0, *bounds[:-1].tolist()]
    band = np.full(values.shape, -1)
    some = np.isfinite(values)
    band[some] = np.minimum(np.searchsorted(bounds, values[some], side="left"), len(bounds) - 1)
    row, column = grid.of(look.taken.x, look.taken.y)
    counts = look.taken.at_points(look.now, weighed=False)
    at = band[row, column]
    shapes, classes = [], []
    for number, (low, high, label, colour) in enumerate(
        zip(lows, bounds.tolist(), labels, colours, strict=True)
    ):
        classes.append({"class": label, "lower": low, "upper": high, "colour": colour})
        cells = band == number
        if cells.any():
            properties = {
                "class": label,
                f"{name}_from": round(low, 4),
                f"{name}_to": round(high, 4),
                "land_km2": round(float(cells.sum()) * grid.cell_m**2 / M2_A_KM2, 4),
                "incidents": int(counts[at == number].sum()),
            }
            shapes.append(Shape(_joined(grid, cells), properties))
    return shapes, classes


def _joined(grid: Lattice, cells: NDArray[np.bool_]) -> shapely.Geometry:
    """Cells as one outline: runs along rows first, so that few pieces are joined."""
    padded = np.zeros((cells.shape[0], cells.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = cells
    step = np.diff(padded, axis=1)
    row, first = np.nonzero(step == 1)
    _, end = np.nonzero(step == -1)
    west, south = grid.x[0] - grid.cell_m / 2, grid.y[0] - grid.cell_m / 2
    boxes = shapely.box(
        west + first * grid.cell_m,
        south + row * grid.cell_m,
        west + end * grid.cell_m,
        south + (row + 1) * grid.cell_m,
    )
    return shapely.union_all(boxes)


def _multiple_labels(bounds: Column) -> list[str]:
    labels = [f"{n} to {n + 1} times the mean" for n in range(len(bounds))]
    labels = ["below the mean", *labels[1:]]
    if len(bounds) > len(density.MULTIPLES):
        labels[-1] = f"over {len(density.MULTIPLES)} times the mean"
    return labels[: len(bounds)]


def _risk_bounds(values: Column, usual: float) -> tuple[Column, list[str]]:
    """Classes at multiples of the rate of the whole study area."""
    most = _most(values)
    steps = [step for step in RISK_STEPS if step * usual < most]
    edges = [0.0, *steps]
    labels = [
        *(
            f"{low:g} to {high:g} times the average"
            for low, high in zip(edges, steps, strict=False)
        ),
        f"over {edges[-1]:g} times the average",
    ]
    return np.array([*(step * usual for step in steps), most]), labels


def _most(values: Grid) -> float:
    return float(np.nanmax(values, initial=0.0))


def _density_sentences(
    look: Look, grid: Lattice, values: Grid, bounds: Column, lengths: Lengths
) -> list[str]:
    land = values[grid.land]
    dark = land > bounds[min(2, len(bounds) - 1)]
    inside = np.nan_to_num(values) > bounds[min(2, len(bounds) - 1)]
    counts = grid.counted(look.taken.x, look.taken.y, look.taken.at_points(look.now, weighed=False))
    share = counts[inside].sum() / max(counts.sum(), 1)
    return [
        f"{look.what}, {look.period}: {look.incidents:,} incidents on {look.over.km2:,.1f} km2 of"
        f" {look.over.name}; the density is greatest at {_most(values):,.0f} per km2.",
        f"{dark.mean():.1%} of the ground has over three times the mean density, and holds"
        f" {share:.0%} of the incidents.",
        f"Each place is the sum of incidents up to {lengths.bandwidth_m:,.0f} m away, the nearer"
        " the more.",
    ]


def _trial(look: Look, grid: Lattice, values: Grid) -> Trial:
    """The surface as a map that says where next: the highest cells up to 5 % of the land."""
    land = grid.land
    order = np.argsort(-np.nan_to_num(values[land]), kind="stable")
    flagged = np.zeros(order.size, dtype=bool)
    flagged[order[: max(1, round(FLAGGED_SHARE * order.size))]] = True
    now, after = (
        grid.counted(look.taken.x, look.taken.y, look.taken.at_points(months, weighed=False))[land]
        for months in (look.now, look.after)
    )
    size = np.full(order.size, grid.cell_m**2)
    return Trial(f"the highest {FLAGGED_SHARE:.0%} of the land", flagged, size, now, after)
