"""A hotspot question answered: what was found, with all that is needed to judge it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from lris.errors import NotShared
from lris.figures import Reader, source_card
from lris.hotspots import counting, places, significance, surfaces, times
from lris.hotspots.asking import ASB, Asked, categories_of, category_words, tells_time
from lris.hotspots.coverage import card
from lris.hotspots.ground import Ground, ground
from lris.hotspots.looking import Answer, Found, Look, look
from lris.hotspots.methods import METHODS
from lris.hotspots.writing import written
from lris.rules.words import listed
from lris.session import READING_LIMIT_S, Connection
from lris.store import hotspot_points as store
from lris.terms import PUBLIC, Access, AreaCode, Viewer

LOOKS: Mapping[str, Callable[[Look], Found]] = {
    "counts": counting.counts,
    "streets": counting.streets,
    "kde": surfaces.kde,
    "risk": surfaces.risk,
    "gi_star": significance.gi_star,
    "local_moran": significance.local_moran,
    "clusters": places.clusters,
    "concentration": places.concentration,
    "emerging": significance.emerging,
    "compare": counting.compare,
    "hot_clock": times.hot_clock,
    "series": times.series,
}
assert set(LOOKS) == set(METHODS)

MOST_BYTES = 48_000_000
GROUNDS = 32


class Hotspots:
    """Answers questions of one database; remembers study areas, and answers up to so many bytes.

    One for a process. What is remembered is kept under everything it depends on: nothing needs to
    be forgotten when something is loaded or published.
    """

    def __init__(self, reader: Reader, most_bytes: int = MOST_BYTES) -> None:
        self.reader = reader
        self.answers = Remembered(most_bytes)
        self._grounds = lru_cache(maxsize=GROUNDS)(_Held)

    def state(self, viewer: Viewer, asked: Asked) -> str:
        """All that an answer depends on, in a word: release, boundaries, deliveries, question."""
        with self.reader.doors.inspecting() as connection:
            deliveries = store.deliveries_state(connection, asked.source)
        return f"{self.reader.state(viewer)}-{deliveries}-{asked.digest}"

    def answer(self, viewer: Viewer, asked: Asked, *, because: str = "", state: str = "") -> Answer:
        """Work an answer out. `because` is needed for sources that are not public: it is recorded.

        `state` is what study areas depend on, where it is known already.

        Raises `BadRequest` where the question cannot be answered, and `NotShared` for a source that
        is not public without a name or a reason.
        """
        with self._connected(viewer, asked, because) as connection:
            ground_of = self._ground(state or self.reader.state(viewer))
            made = look(self.reader, viewer, connection, asked, ground_of)
            found = LOOKS[asked.method](made)
            return Answer(asked, found, made.over.name, members(made, found))

    def written(self, viewer: Viewer, asked: Asked, form: str, *, state: str = "") -> bytes:
        """An answer in a format, remembered; for public sources only."""
        state = state or self.state(viewer, asked)
        key = (f"{viewer.access}-{state}", form)
        known = self.answers.get(key)
        if known is None:
            known = written(self.answer(viewer, asked, state=_of_ground(state)), form)
            self.answers.put(key, known)
        return known

    def _ground(self, state: str) -> Callable[[Connection, Asked], Ground]:
        def of(connection: Connection, asked: Asked) -> Ground:
            held = self._grounds(state, asked.source, asked.within, asked.polygon)
            return held.of(connection, self.reader, asked)

        return of

    @contextmanager
    def _connected(self, viewer: Viewer, asked: Asked, because: str) -> Iterator[Connection]:
        source = self.reader.catalogue.source(asked.source)
        if source.access is Access.PUBLIC:
            with self.reader.doors.inspecting() as connection:
                store.limit_statements(connection, READING_LIMIT_S)
                yield connection
            return
        if viewer.name.strip() in ("", PUBLIC.name) or not because.strip():
            raise NotShared(
                f"{source.id} is not public: hotspots of it are shown to named people for a reason",
                remedy="say why: --because 'burglary problem profile', under your own name",
            )
        with self.reader.doors.writing(viewer.name, because) as door:
            door.record("look at hotspots", source.id, **_recorded(asked))
            yield door.connection


class _Held:
    """A study area that is worked out when it is first needed."""

    def __init__(self, *key: object) -> None:
        self._lock = threading.Lock()
        self._ground: Ground | None = None

    def of(self, connection: Connection, reader: Reader, asked: Asked) -> Ground:
        with self._lock:
            if self._ground is None:
                self._ground = ground(connection, reader.catalogue, asked)
            return self._ground


class Remembered:
    """Bytes by key, the longest unused forgotten first once there are too many."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.size = 0
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str]) -> bytes | None:
        """What is kept under a key."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: tuple[str, str], body: bytes) -> None:
        """Keep it, unless it alone is more than may be kept."""
        if len(body) > self.most_bytes:
            return
        with self._lock:
            self.size += len(body) - len(self._kept.pop(key, b""))
            self._kept[key] = body
            while self.size > self.most_bytes:
                _, forgotten = self._kept.popitem(last=False)
                self.size -= len(forgotten)


def _of_ground(state: str) -> str:
    """Without the deliveries and the question: what study areas depend on."""
    return state.rsplit("-", 2)[0]


def _recorded(asked: Asked) -> dict[str, Any]:
    return {
        name: value for name, value in asdict(asked).items() if value is not None and name != "fdr"
    }


# ---------------------------------------------------------------- what stands beside it


def members(made: Look, found: Found) -> dict[str, Any]:
    """Parameters, coverage, evaluation, reading and classes of an answer."""
    coverage = _coverage(made)
    return {
        "parameters": _parameters(made, found),
        "coverage": coverage,
        "evaluation": found.evaluation
        or {"scored": False, "because": "this is no map of where to expect more"},
        "reading": _reading(made, found, coverage),
        "classes": list(found.classes),
        "sources": [
            source_card(made.reader.catalogue, made.source.id, fictional=_is_fictional(made))
        ],
    }


def _is_fictional(made: Look) -> bool:
    within = made.asked.within
    return bool(within) and all(
        AreaCode(*one.split("/", 1)).is_fictional for one in str(within).split(",")
    )


def _parameters(made: Look, found: Found) -> dict[str, Any]:
    asked = made.asked
    told: dict[str, Any] = {
        "method": asked.method,
        "title": asked.how.title,
        "source": asked.source,
        "category": asked.category,
        "category_name": category_words(made.reader.catalogue, asked),
        "categories": list(categories_of(made.reader.catalogue, asked)),
        "from": asked.start,
        "to": asked.end,
        "within": asked.within,
        "polygon": "as given" if asked.polygon else None,
        "agency": asked.agency,
        "place": made.over.name,
        "study_area_km2": round(made.over.km2, 4),
        "fewest_incidents": asked.how.least,
    }
    if asked.how.by_unit:
        told["unit"] = asked.unit
        told["fdr"] = asked.fdr
    told["harm"] = made.harm.told() if made.harm else False
    return {**told, **found.chosen}


def _coverage(made: Look) -> dict[str, Any]:
    own = made.delivered.whose(made.now)
    nowhere = made.taken.without_place([one.id for one in own], made.now)
    rows = _rows(made, own)
    return {
        **card(made.delivered, made.now),
        "incidents": made.incidents,
        "without_location": nowhere,
        "of_rows": rows,
        "share_without_location": round(nowhere / rows, 4) if rows else None,
        "map_points": int((made.taken.at_points(made.now, weighed=False) > 0).sum()),
        "snap": {
            "spacing_m": round(made.taken.spacing_m, 1) if made.taken.x.size > 1 else None,
            "precision": made.source.precision,
            "month_only": not tells_time(made.source),
        },
    }


def _rows(made: Look, own: Sequence[Any]) -> int:
    """All rows of the categories in the deliveries of the study area's forces."""
    wanted = categories_of(made.reader.catalogue, made.asked)
    every = set(wanted) == set(made.source.categories)
    return sum(
        one.loaded
        if every or "categories" not in one.measured
        else sum(int(one.measured["categories"].get(name, 0)) for name in wanted)
        for one in own
    )


def _reading(made: Look, found: Found, coverage: Mapping[str, Any]) -> list[str]:
    """Plain sentences: what was found, how good it was, and what it leaves out."""
    said = list(found.sentences)
    if found.evaluation:
        told = found.evaluation
        said.append(
            str(told["sentence"])
            if told["scored"]
            else f"The map is not scored: {told['because']}."
        )
    said += found.warnings
    said += _left_out(made, coverage)
    return said


def _left_out(made: Look, coverage: Mapping[str, Any]) -> list[str]:
    said = []
    used = categories_of(made.reader.catalogue, made.asked)
    if ASB in made.source.categories and ASB not in used and len(used) > 1:
        said.append("Anti-social behaviour is left out.")
    share = coverage["share_without_location"]
    if coverage["without_location"]:
        said.append(
            f"{share:.0%} of the rows of these deliveries"
            f" ({coverage['without_location']:,} of {coverage['of_rows']:,}) have no location and"
            " are on no map."
        )
    lacking = [f"{m} ({who})" if who else m for m, who in made.delivered.missing(made.now)]
    if lacking and made.asked.method == "series":
        said.append(f"Not delivered, and left out: {listed(lacking)}.")
    elif lacking:
        said.append(
            f"Not delivered, and counted as nothing here: {listed(lacking)}. Every number of the"
            " period is too low for it."
        )
    looked_at = (*made.now, *(made.before if made.asked.method == "compare" else ()))
    for month, who, rows, usual in made.delivered.doubtful(looked_at):
        said.append(
            f"{month}{f' of {who}' if who else ''} is doubtful: {rows:,} rows, where"
            f" {usual:,.0f} are usual; part of it may be missing."
        )
    if not coverage["whose_area_is_known"]:
        said.append("Nothing tells whose force area this is: what was delivered is taken as whole.")
    if made.harm and made.harm.missing:
        said.append(f"Without a weight, and left out of the harm: {listed(made.harm.missing)}.")
    if not tells_time(made.source) and coverage["snap"]["spacing_m"]:
        said.append(
            "Incidents are at map points, each standing for the addresses around it; half of those"
            f" with any here have another within {coverage['snap']['spacing_m']:,.0f} m."
        )
    return said
