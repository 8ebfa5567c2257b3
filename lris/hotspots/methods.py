"""The ways to look at incidents, and all that may be asked of them: one list for every door.

What a person may type, the service tells and the page offers comes from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SHAPES = ("geojson", "json", "csv", "png", "html")
SURFACES = ("geojson", "json", "csv", "tif", "png", "html")
PLAIN = ("json", "csv")
"""What maps, surfaces and answers without a map can be had as; the usual one first."""


@dataclass(frozen=True, slots=True)
class Method:
    """One way to look at incidents: what it is called, what it says, and what it needs.

    `least` is the fewest incidents and `months` the fewest months it says anything about. `by_unit`
    methods count in areas or cells; `weighs` says whether harm may be counted instead of incidents;
    `tests` whether it makes many tests at once; `foretells` whether it says where to expect more
    and is held against the months that follow; `needs_time` whether the month alone is too little.
    """

    title: str
    says: str
    least: int = 0
    months: int = 1
    by_unit: bool = False
    weighs: bool = True
    maps: bool = True
    tests: bool = False
    foretells: bool = True
    needs_time: bool = False
    surface: bool = False
    units: int = 0

    @property
    def formats(self) -> tuple[str, ...]:
        """What an answer can be had as."""
        return SURFACES if self.surface else SHAPES if self.maps else PLAIN


METHODS: Mapping[str, Method] = {
    "counts": Method("Counts by area or cell", "How many, in each area or cell.", by_unit=True),
    "streets": Method(
        "Counts at map points", "How many at each point that incidents are put at: streets."
    ),
    "kde": Method("Density surface", "Incidents per km2, smoothed.", 20, surface=True),
    "risk": Method(
        "Risk surface",
        "Incidents for every 1,000 residents or households, both smoothed.",
        50,
        surface=True,
    ),
    "gi_star": Method(
        "Hot and cold spots (Getis-Ord Gi*)",
        "Places with more, or fewer, in and around them than chance would put there.",
        30,
        by_unit=True,
        tests=True,
        units=30,
    ),
    "local_moran": Method(
        "Clusters and outliers (local Moran)",
        "Places like those around them, and places unlike them.",
        30,
        by_unit=True,
        tests=True,
        units=30,
    ),
    "clusters": Method("Clusters of incidents", "Map points thick with incidents (DBSCAN).", 20),
    "concentration": Method(
        "Concentration in few places",
        "How few map points hold how much: Lorenz, Gini, generalised Gini.",
        10,
        foretells=False,
    ),
    "emerging": Method(
        "Emerging hot spots",
        "What is new, lasting, growing or fading, from Gi* month by month.",
        50,
        months=10,
        by_unit=True,
        tests=True,
        units=30,
    ),
    "compare": Method(
        "This period against a year before",
        "Where there is clearly more, or less, than in the same months a year before.",
        by_unit=True,
        weighs=False,
        tests=True,
        foretells=False,
    ),
    "hot_clock": Method(
        "Hot clock: hour and weekday",
        "When in the week; a part in each hour where only from and to are known.",
        20,
        maps=False,
        foretells=False,
        needs_time=True,
    ),
    "series": Method(
        "Month by month",
        "Every month beside limits that chance seldom passes.",
        10,
        months=6,
        maps=False,
        foretells=False,
    ),
}
"""The methods by name; the fewest incidents are those below which the answer would be chance."""

OVER = {"residents": ("population", "population_census_2011"), "households": ("households",)}
"""What a risk may be counted over, and the indicators that tell it, best first."""

EDGES = ("uniform", "none")
DEFAULT_UNIT = "grid:250"
LEAST_CELL_M, MOST_CELL_M = 20.0, 20_000.0
LEAST_OF_A_CLUSTER = 2


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that may be asked: what it means, its unit of measure, and its usual value.

    `usual` is what is meant without it, in words where a rule chooses; `choices` are all it may be.
    """

    name: str
    means: str
    unit: str | None = None
    usual: object = None
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    needed: bool = False


_COMMON = (
    Parameter("source", "a source of incidents", needed=True),
    Parameter("from", "the first month, such as 2018-10", "month", needed=True),
    Parameter("to", "the last month", "month", "from"),
    Parameter(
        "within", "VINTAGE/CODE or place/ID, several parted by commas; or POST a polygon", None
    ),
    Parameter(
        "category",
        "one or more of the source's, parted by commas",
        usual="crime without anti-social behaviour, where both are in the source; else all",
    ),
    Parameter("agency", "who recorded it, where the source says so", usual="every one"),
)
_UNIT = Parameter(
    "unit",
    "what is counted in: a vintage such as lsoa_2021, or equal cells as grid:METRES or hex:METRES",
    "m (of cells)",
    DEFAULT_UNIT,
    least=LEAST_CELL_M,
    most=MOST_CELL_M,
)
_FDR = Parameter(
    "fdr", "control false discoveries among many places (Benjamini and Hochberg)", usual=True
)
_HARM = Parameter("harm", "weigh incidents by the harm they do", usual=False)
_OF_SURFACES = (
    Parameter("bandwidth", "the radius of the kernel", "m", "by a stated rule", least=0),
    Parameter(
        "cell", "the side of a cell", "m", "by a stated rule", least=LEAST_CELL_M, most=MOST_CELL_M
    ),
)
_OF_ONE: Mapping[str, tuple[Parameter, ...]] = {
    "kde": (
        Parameter("edge", "correct for the edge of the place, or not", None, "uniform", EDGES),
    ),
    "risk": (Parameter("over", "who is at risk", None, "residents", tuple(OVER)),),
    "clusters": (
        Parameter("distance", "how near incidents of a cluster lie", "m", 150, least=0),
        Parameter(
            "least",
            "the fewest incidents of a cluster",
            "incidents",
            "1 % of all, and at least 10",
            least=LEAST_OF_A_CLUSTER,
        ),
    ),
}


def parameters_of(name: str) -> tuple[Parameter, ...]:
    """What may be asked of a method."""
    how = METHODS[name]
    return (
        *_COMMON,
        *([_UNIT] if how.by_unit else []),
        *([_FDR] if how.tests else []),
        *([_HARM] if how.weighs else []),
        *(_OF_SURFACES if how.surface else []),
        *_OF_ONE.get(name, ()),
    )


def listed() -> list[dict[str, Any]]:
    """Every method as the service tells it: title, minimums, parameters with their units."""
    return [
        {
            "id": name,
            "title": how.title,
            "says": how.says,
            "fewest_incidents": how.least,
            "fewest_months": how.months,
            "fewest_units": how.units or None,
            "by_unit": how.by_unit,
            "weighs": how.weighs,
            "maps": how.maps,
            "surface": how.surface,
            "tests": how.tests,
            "foretells": how.foretells,
            "needs_time": how.needs_time,
            "formats": list(how.formats),
            "parameters": [_told(one) for one in parameters_of(name)],
        }
        for name, how in METHODS.items()
    ]


def _told(one: Parameter) -> dict[str, Any]:
    kept = {key: value for key, value in asdict(one).items() if value not in (None, ())}
    return {**kept, "needed": one.needed}
