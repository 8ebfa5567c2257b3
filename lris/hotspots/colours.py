"""The colours of hotspot maps: told apart by the colour-blind, and darker where there is more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

RAMPS: Mapping[str, tuple[str, ...]] = {
    "heat": ("#ffffcc", "#fed976", "#feb24c", "#fd8d3c", "#e31a1c", "#800026"),
    "counts": ("#eff3ff", "#bdd7e7", "#6baed6", "#3182bd", "#08519c"),
}

NONE = "#f2f2f2"
"""Nothing told: not significant, not tested, nothing there."""

CONFIDENCE: Mapping[str, str] = {
    "hot, 99 %": "#b2182b",
    "hot, 95 %": "#ef8a62",
    "hot, 90 %": "#fddbc7",
    "not significant": NONE,
    "cold, 90 %": "#d1e5f0",
    "cold, 95 %": "#67a9cf",
    "cold, 99 %": "#2166ac",
    "not tested": "#ffffff",
}

QUADRANTS: Mapping[str, str] = {
    "high among high": "#b2182b",
    "high among low": "#f4a582",
    "low among high": "#92c5de",
    "low among low": "#2166ac",
    "not significant": NONE,
    "not tested": "#ffffff",
}

CHANGES: Mapping[str, str] = {
    "more": "#b2182b",
    "fewer": "#2166ac",
    "no clear change": NONE,
}

EMERGING: Mapping[str, str] = {
    "new hotspot": "#67000d",
    "consecutive hotspot": "#a50f15",
    "intensifying hotspot": "#cb181d",
    "persistent hotspot": "#ef3b2c",
    "diminishing hotspot": "#fb6a4a",
    "sporadic hotspot": "#fc9272",
    "oscillating hotspot": "#fcbba1",
    "historical hotspot": "#fee0d2",
    "new coldspot": "#08306b",
    "consecutive coldspot": "#08519c",
    "intensifying coldspot": "#2171b5",
    "persistent coldspot": "#4292c6",
    "diminishing coldspot": "#6baed6",
    "sporadic coldspot": "#9ecae1",
    "oscillating coldspot": "#c6dbef",
    "historical coldspot": "#deebf7",
    "no pattern detected": NONE,
    "not tested": "#ffffff",
}


def spread(ramp: str, wanted: int) -> list[str]:
    """So many colours of a ramp, from one end to the other."""
    colours = RAMPS[ramp]
    if wanted <= 1:
        return [colours[-2]] * wanted
    step = (len(colours) - 1) / (wanted - 1)
    return [colours[round(at * step)] for at in range(wanted)]


def classes_of(colours: Mapping[str, str], there: Sequence[str]) -> list[dict[str, str]]:
    """The classes that occur, in the order of their colours."""
    return [
        {"class": name, "colour": colour} for name, colour in colours.items() if name in set(there)
    ]
