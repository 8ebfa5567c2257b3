"""What was delivered of the months asked about: whole, in part, or not at all; and by whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from lris.catalogue.sources import SourceManifest
from lris.errors import BadRequest
from lris.rules.history import Against, judge
from lris.session import Connection
from lris.store import deliveries as store
from lris.store.deliveries import Delivery
from lris.terms import Period

Month = np.datetime64


@dataclass(frozen=True, slots=True)
class Delivered:
    """The current deliveries of a source that may be looked at, and the forces of the study area.

    `forces` is empty where nothing tells whose area it is; then a month counts as delivered where
    anything of it was.
    """

    deliveries: tuple[Delivery, ...]
    forces: tuple[str, ...]
    by_force: bool
    band: float
    least_history: int

    def is_whole(self, month: Month) -> bool:
        """Whether every force of the study area delivered the month."""
        return not self.missing([month])

    def missing(self, months: Iterable[Month]) -> list[tuple[str, str]]:
        """The months and forces of the study area that nothing was delivered of."""
        there = {(self._who(one), m) for one in self.deliveries for m in months_of(one)}
        return [(str(m), who) for m in months for who in self._needed() if (who, m) not in there]

    def doubtful(self, months: Sequence[Month]) -> list[tuple[str, str, int, float]]:
        """Months with far fewer rows than the force's earlier ones: month, force, rows, usual."""
        return [
            (str(m), who, rows, usual)
            for m in months
            for who in self._needed()
            for rows, usual in self._far_below(who, m)
        ]

    def used(self, months: Sequence[Month]) -> list[Delivery]:
        """The deliveries with rows of these months."""
        wanted = set(months)
        return [one for one in self.deliveries if wanted.intersection(months_of(one))]

    def whose(self, months: Sequence[Month]) -> list[Delivery]:
        """Of those the deliveries of the study area's own forces; all, where they are not known."""
        return [
            one for one in self.used(months) if not self._is_known or self._who(one) in self.forces
        ]

    def months(self) -> list[Month]:
        """Every month that something was delivered of, in order."""
        return sorted({m for one in self.deliveries for m in months_of(one)})

    def of_agency(self, agency: str, source: str) -> Delivered:
        """Its deliveries alone. Raises `BadRequest` for an agency that delivered nothing."""
        mine = tuple(one for one in self.deliveries if same(agency_of(one), agency))
        if not mine:
            known = sorted({agency_of(one) for one in self.deliveries})
            raise BadRequest(
                f"{source} holds nothing of an agency {agency!r}",
                remedy=f"agency is one of: {'; '.join(known) or 'none: nothing is delivered'}",
            )
        return replace(self, deliveries=mine, forces=(agency_of(mine[0]),) if self.by_force else ())

    @property
    def _is_known(self) -> bool:
        return self.by_force and bool(self.forces)

    def _needed(self) -> tuple[str, ...]:
        return self.forces if self._is_known else ("",)

    def _who(self, one: Delivery) -> str:
        return agency_of(one) if self._is_known else ""

    def _far_below(self, who: str, month: Month) -> Iterator[tuple[int, float]]:
        rows: dict[Month, int] = {}
        for one in self.deliveries:
            if self._who(one) == who and len(own := list(months_of(one))) == 1:
                rows[own[0]] = rows.get(own[0], 0) + one.loaded
        if month not in rows:
            return
        others = [count for m, count in sorted(rows.items()) if m != month]
        told = judge(rows[month], others, band=self.band, least_history=self.least_history)
        if told.against in (Against.LOW, Against.VANISHED) and told.median is not None:
            yield rows[month], told.median


def delivered(
    connection: Connection, source: SourceManifest, levels: Sequence[str], forces: Sequence[str]
) -> Delivered:
    """What there is of a source at these access levels."""
    found = store.current_deliveries(connection, source.id)
    return Delivered(
        tuple(one for one in found if one.access in levels),
        tuple(forces),
        source.coverage == "police_force",
        source.quality.band,
        source.quality.least_history,
    )


_AGENCY = re.compile(r"^(.*?), \d{4}")


def agency_of(one: Delivery) -> str:
    """Who recorded what a delivery holds: what its partition begins with, before the period."""
    found = _AGENCY.match(one.partition)
    return found[1] if found else one.partition


def same(one: str, other: str) -> bool:
    """Whether two names are one, whatever their case."""
    return one.casefold() == other.strip().casefold()


def months_of(one: Delivery) -> Iterator[Month]:
    """The calendar months a delivery has rows of."""
    if one.period_start is None or one.period_end is None:
        return
    first = np.datetime64(one.period_start, "M")
    yield from np.arange(first, np.datetime64(one.period_end, "M") + 1)


def as_months(periods: Iterable[Period]) -> list[Month]:
    """Calendar months as numbers that can be counted with."""
    return [np.datetime64(one.start, "M") for one in periods]


def first_day(month: Month) -> date:
    """The first day of a month."""
    found: date = month.astype("datetime64[D]").astype(date)
    return found


def card(found: Delivered, months: Sequence[Month]) -> dict[str, Any]:
    """The deliveries and the months by force, as an answer tells them."""
    doubtful = {(m, who): (rows, usual) for m, who, rows, usual in found.doubtful(months)}
    lacking = set(found.missing(months))
    own = found.whose(months)
    listed = own if found.forces else found.used(months)
    return {
        "deliveries": [
            {
                "id": one.id,
                "partition": one.partition,
                "rows": one.loaded,
                "loaded_at": one.loaded_at.isoformat(),
            }
            for one in listed
        ],
        "other_deliveries": len(found.used(months)) - len(listed),
        "months": [
            _month(str(m), who, lacking, doubtful)
            for m in months
            for who in (found.forces if found.by_force and found.forces else ("",))
        ],
        "whose_area_is_known": bool(found.forces) or not found.by_force,
    }


def _month(
    month: str,
    force: str,
    lacking: set[tuple[str, str]],
    doubtful: Mapping[tuple[str, str], tuple[int, float]],
) -> dict[str, Any]:
    told: dict[str, Any] = {"month": month, "force": force or None}
    if (month, force) in lacking:
        return {**told, "status": "missing"}
    if (month, force) in doubtful:
        rows, usual = doubtful[month, force]
        return {**told, "status": "doubtful", "rows": rows, "usual": round(usual)}
    return {**told, "status": "whole"}
