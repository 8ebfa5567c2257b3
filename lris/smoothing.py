"""Smoothed rates beside the observed ones: offered to whoever asks, and never passed off as them.

The estimate of an area is the same however the figures are paged or chosen: it is always made from
every area of the vintage that may be seen. Areas that are nowhere lend nothing to real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.catalogue.indicators import Indicator
from lris.errors import BadRequest
from lris.rules import smoothing as rules
from lris.rules.touching import touching
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import releases as store
from lris.store.areas import Edition
from lris.terms import Status, fictional_land

Column = NDArray[np.float64]
Whole = NDArray[np.int64]
Keep = Callable[[tuple[object, ...], Callable[[], Any]], Any]

COLUMNS = ("smoothed", "smoothed_lower", "smoothed_upper")
SMOOTHABLE: Mapping[str, rules.Kind] = {"rate": "rate", "proportion": "proportion"}
"""The methods that count something out of a denominator."""

WHOLE = (Status.OBSERVED.value, Status.ESTIMATED.value)
"""What is smoothed, and lends to others: an incomplete count would pull them down."""

TOWARDS: Mapping[str, str] = {
    "global": "the rate of all areas of the vintage together",
    "spatial": "the rate of the area and those whose outlines touch its own, taken together (of all"
    " areas of the vintage, where none does)",
}
NOTE = (
    "Estimates, never the observed figures; those stand in value, lower and upper, as always. Each"
    " is the observed rate drawn towards {towards}, the further the smaller its denominator."
    " The limits take what it is drawn towards as known, and are a little too narrow. Smoothing"
    " protects nobody: the count can be worked back."
)
METHOD = "Empirical Bayes by the method of moments (Marshall 1991)"


@dataclass(frozen=True, slots=True)
class Smoothed:
    """Value, lower and upper by category and area id, and what to say of them."""

    estimates: Mapping[tuple[str, int], tuple[float, float, float]]
    meta: Mapping[str, Any]

    def of(self, category: str, area_id: int) -> dict[str, float | None]:
        """The columns of one figure; None where it has no estimate."""
        found = self.estimates.get((category, area_id), (None, None, None))
        return dict(zip(COLUMNS, found, strict=True))


def smoothed(
    connection: Connection,
    indicator: Indicator,
    series: Sequence[Mapping[str, Any]],
    edition: Edition | None,
    kind: str,
    keep: Keep,
) -> Smoothed:
    """The figures of some series of one vintage and period, each series smoothed for itself.

    Raises `BadRequest` where the kind is unknown, the indicator has nothing to smooth, or the
    neighbours of the areas are asked for and their outlines are not there.
    """
    if kind not in TOWARDS:
        raise BadRequest(
            f"smoothing: {kind!r} is not a way to smooth",
            remedy=f"smoothing is one of: {', '.join(TOWARDS)}",
        )
    # Every area has the same days: a large one is not a small one that was counted for longer.
    if indicator.method not in SMOOTHABLE or indicator.beside == "days":
        raise nothing_to_smooth(indicator)
    if kind == "spatial" and edition is None:
        raise BadRequest(
            f"which areas of {series[0]['vintage']} touch is not known: it has no boundaries here",
            remedy="ask for smoothing=global, or load the boundaries of the vintage",
        )
    if edition is None:
        ids, lands = _places_of(areas_store.named_areas(connection, series[0]["vintage"]))
    else:
        ids, lands = keep(("places", edition.id), lambda: _places_in(connection, edition))
    counts, denominators = _counts(connection, series, ids)
    if np.isnan(counts).all():
        raise nothing_to_smooth(indicator)
    neighbours = None
    if kind == "spatial" and edition is not None:
        neighbours = keep(("touching", edition.id), lambda: _touching(connection, edition, ids))
    found = np.array(
        rules.eb_limits_apart(counts, denominators, lands, neighbours, SMOOTHABLE[indicator.method])
    )
    return Smoothed(
        _by_figure(found * indicator.per, series, ids),
        {
            "kind": kind,
            "method": METHOD,
            "note": NOTE.format(towards=TOWARDS[kind]),
            "areas": int((~np.isnan(found[0])).any(axis=0).sum()),
        },
    )


def nothing_to_smooth(indicator: Indicator) -> BadRequest:
    """Why an indicator cannot be smoothed, and what can be."""
    return BadRequest(
        f"{indicator.id} cannot be smoothed: its figures are not so many out of a denominator of"
        " the area's own",
        remedy="leave the parameter smoothing out; rates and proportions whose numerator and"
        " denominator are published can be smoothed",
    )


def _places_of(named: Iterable[tuple[int, str, str]]) -> tuple[Whole, NDArray[np.str_]]:
    """The ids of areas, and the land each is of: "" a real one."""
    ids, codes, _ = zip(*named, strict=True)
    return np.array(ids, dtype=np.int64), np.array([fictional_land(code) for code in codes])


def _places_in(connection: Connection, edition: Edition) -> tuple[Whole, NDArray[np.str_]]:
    ids, codes = areas_store.edition_codes(connection, edition)
    return ids, np.array([fictional_land(code) for code in codes])


def _counts(
    connection: Connection, series: Sequence[Mapping[str, Any]], ids: Whole
) -> tuple[Column, Column]:
    """Numerators and denominators, (series, areas); NaN where a figure is not whole."""
    place = {row["id"]: at for at, row in enumerate(series)}
    counts, denominators = (np.full((len(place), ids.size), np.nan) for _ in range(2))
    order = np.argsort(ids)
    for number, (who, _, _, _, counted, of, status, _) in store.figure_arrays(
        connection, list(place), ids.tolist(), WHOLE, ()
    ):
        whole = status > 0
        at = order[np.searchsorted(ids, who[whole], sorter=order)]
        counts[place[number], at] = counted[whole]
        denominators[place[number], at] = of[whole]
    return np.where(np.isnan(denominators), np.nan, counts), denominators


def _touching(connection: Connection, edition: Edition, ids: Whole) -> list[Whole]:
    """For each area the places in `ids` of those that touch it; none for what has no outline."""
    drawn, outlines = areas_store.coarsest_display(connection, edition.id)
    order = np.argsort(ids)
    place = order[np.searchsorted(ids, drawn, sorter=order)]
    neighbours: list[Whole] = [np.empty(0, np.int64)] * ids.size
    for at, those in zip(place.tolist(), touching(outlines), strict=True):
        neighbours[at] = place[those]
    return neighbours


def _by_figure(
    found: Column, series: Sequence[Mapping[str, Any]], ids: Whole
) -> dict[tuple[str, int], tuple[float, float, float]]:
    estimates = {}
    for row, columns in zip(series, np.moveaxis(found, 1, 0), strict=True):
        known = ~np.isnan(columns[0])
        told = zip(ids[known].tolist(), columns[:, known].T.tolist(), strict=True)
        estimates.update({(row["category"], number): tuple(three) for number, three in told})
    return estimates
