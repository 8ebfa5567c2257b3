"""What stands out: figures that differ from the rest of the district by more than chance would.

Each newest figure with a numerator and a denominator is tested against its district without the
area itself (a district against its country): the exact test of two rates, or of two proportions.
Of many figures some would pass any test by chance; the p of each is adjusted for how many were
tested on the page (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.profiles.comparators import BECAUSE, MOSTLY
from lris.rules.comparing import ABOVE_AND_BELOW, ratio_test
from lris.rules.fisher import exact_test
from lris.rules.several import benjamini_hochberg
from lris.rules.words import number_words

METHOD = (
    "Each newest rate and proportion is tested against {rest}: rates by the exact test of two"
    " rates, proportions by Fisher's exact test. p values are adjusted for the number tested on"
    " this page (Benjamini-Hochberg); flagged are those below 0.05."
)
NOBODY = "Nothing could be tested: no rate or proportion of this area and of a larger one with it."
FLAGGED = 0.05
SURELY = 0.002
TESTED = ("rate", "proportion")
PARTS = ("numerator", "denominator")


@dataclass(frozen=True, slots=True)
class Contest:
    """A figure and the larger area that it is held against, as the page has them."""

    figure: Mapping[str, Any]
    comparator: Mapping[str, Any]
    method: str
    polarity: str


def contests_of(
    figures: Sequence[tuple[Mapping[str, Any], str]], kinds: Sequence[str]
) -> list[Contest]:
    """What can be tested: whole figures of the area itself against the first kind there is.

    A larger area that has only most of it cannot be told without it, and is no rival.
    `figures` are the newest with their methods; each indicator and category counts once.
    """
    found: dict[tuple[str, str], Contest] = {}
    for figure, method in figures:
        key = figure["indicator"], figure["category"]
        if method not in TESTED or key in found:
            continue
        against = next(
            (
                one
                for kind in kinds
                for one in figure["comparators"]
                if one["kind"] == kind
                and one["verdict"] != "not_compared"
                and one["because"] != BECAUSE[MOSTLY]
            ),
            None,
        )
        if against is not None and against["numerator"] is not None:
            found[key] = Contest(figure, against, method, figure["polarity"])
    return list(found.values())


def chances(contests: Sequence[Contest]) -> NDArray[np.float64]:
    """The p of each; NaN where the larger area holds less than the area itself."""
    numbers = np.array(
        [
            [side[name] for side in (one.figure, one.comparator) for name in PARTS]
            for one in contests
        ],
        dtype=np.float64,
    ).reshape(-1, 4)
    x1, n1 = numbers[:, 0], numbers[:, 1]
    x2, n2 = numbers[:, 2] - x1, numbers[:, 3] - n1
    fits = (x2 >= 0) & (n2 > 0)
    x2, n2 = np.where(fits, x2, np.nan), np.where(fits, n2, np.nan)
    found = np.full(len(contests), np.nan)
    rates = np.array([one.method == "rate" for one in contests], dtype=bool)
    if rates.any():
        found[rates] = ratio_test(x1[rates], n1[rates], x2[rates], n2[rates])[3]
    if (~rates).any():
        found[~rates] = exact_test(x1[~rates], n1[~rates], x2[~rates], n2[~rates])
    return found


def stands_out(contests: Sequence[Contest], p: NDArray[np.float64]) -> dict[str, Any]:
    """What a profile says of what stands out, the least likely by chance first."""
    adjusted = benjamini_hochberg(p)
    tested = int((~np.isnan(p)).sum())
    order = np.argsort(adjusted, kind="stable")
    flagged = [int(at) for at in order if adjusted[at] < FLAGGED]
    rest = sorted({one.comparator["name"] for one in contests})
    method = METHOD.format(rest=f"the rest of {' or '.join(rest)}") if tested else NOBODY
    return {
        "tested": tested,
        "flagged": len(flagged),
        "method": method,
        "sentences": [_told(contests[at], float(p[at]), float(adjusted[at])) for at in flagged],
    }


def _told(one: Contest, p: float, adjusted: float) -> dict[str, Any]:
    figure, other = one.figure, one.comparator
    rest = (other["numerator"] - figure["numerator"]) / (
        other["denominator"] - figure["denominator"]
    )
    above = figure["numerator"] / figure["denominator"] > rest
    word = ABOVE_AND_BELOW[one.polarity][0 if above else 1]
    decimals = figure["decimals"]
    what = figure["category_name"] or figure["label"]
    direction = "higher" if above else "lower"
    judged = f"{word}, " if word != direction else ""
    level = "99.8" if adjusted < SURELY else "95"
    sentence = (
        f"{what}: {number_words(figure['value'], decimals)} {figure['unit']} in {figure['period']},"
        f" {direction} than {_possessive(other['name'])} {number_words(other['value'], decimals)}"
        f" ({judged}at {level} % confidence)."
    )
    return {
        "sentence": sentence,
        **{name: figure[name] for name in ("indicator", "category", "period", "value")},
        "comparator": {
            **{name: other[name] for name in ("kind", "vintage", "code", "name", "value")},
            "rest": {
                "numerator": other["numerator"] - figure["numerator"],
                "denominator": other["denominator"] - figure["denominator"],
            },
        },
        "verdict": word,
        "p": p,
        "adjusted_p": adjusted,
    }


def _possessive(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"
