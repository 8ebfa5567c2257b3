"""All manifests of a folder as one frozen object: read together, checked against each other.

Every fault is told at once, so that whoever edits a manifest mends them in one go.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from lris.catalogue.boundaries import Residents, Vintage
from lris.catalogue.changes import numbers_unlike_changes, read_changes, read_numbers
from lris.catalogue.indicators import Indicator, Measure, read_indicators
from lris.catalogue.layers import Layer
from lris.catalogue.manifest import Manifest, named, read_manifest
from lris.catalogue.places import Place
from lris.catalogue.profiles import Profile
from lris.catalogue.sources import SourceManifest
from lris.catalogue.weights import Weights, read_weights
from lris.errors import ManifestFault, UnknownName
from lris.rules.measures import SUMMARIES
from lris.rules.succession import AuthorityNumber, Change
from lris.terms import Level

M = TypeVar("M", bound=Manifest)


@dataclass(frozen=True, slots=True)
class PoliceForce:
    """The territorial force of a local authority district."""

    lad_code: str
    lad_name: str
    force_code: str
    force_name: str
    reported_by: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Sources, vintages, indicators, layers, profiles and places by id."""

    sources: Mapping[str, SourceManifest]
    vintages: Mapping[str, Vintage]
    indicators: Mapping[str, Indicator]
    layers: Mapping[str, Layer]
    profiles: Mapping[str, Profile]
    places: Mapping[str, Place]
    forces: Mapping[str, PoliceForce] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    numbers: tuple[AuthorityNumber, ...] = ()
    weights: Mapping[str, Weights] = field(default_factory=dict)
    digest: str = ""
    folder: Path = Path()

    @classmethod
    def read(cls, folder: Path) -> Catalogue:
        """Read every manifest under `folder`; raises `ManifestFault` with all faults together."""
        faults: list[str] = []
        found = cls(
            sources=_read_all(folder / "sources", SourceManifest, faults),
            vintages=_read_all(folder / "boundaries", Vintage, faults),
            indicators=read_indicators(folder / "indicators", faults),
            layers=_read_all(folder / "layers", Layer, faults),
            profiles=_read_all(folder / "profiles", Profile, faults),
            places=_read_all(folder / "places", Place, faults),
            forces=_read_forces(folder / "lookups", faults),
            changes=read_changes(folder / "lookups" / "lad_changes.csv", faults),
            numbers=read_numbers(folder / "lookups" / "lea_gss.csv", faults),
            weights=read_weights(folder / "weights", faults),
            digest=_digest(folder),
            folder=folder,
        )
        if not faults:
            faults.extend(_cross_faults(found))
        if faults:
            raise ManifestFault(faults)
        return found

    def source(self, name: str) -> SourceManifest:
        """The source of that id, or `UnknownName` with the ids there are."""
        return _named("source", name, self.sources)

    def vintage(self, name: str) -> Vintage:
        """The vintage of that id, or `UnknownName` with the ids there are."""
        return _named("vintage", name, self.vintages)

    def indicator(self, name: str) -> Indicator:
        """The indicator of that id, or `UnknownName` with the ids there are."""
        return _named("indicator", name, self.indicators)

    def layer(self, name: str) -> Layer:
        """The layer of that id, or `UnknownName` with the ids there are."""
        return _named("layer", name, self.layers)

    def place(self, name: str) -> Place:
        """The place of that id, or `UnknownName` with the ids there are."""
        return _named("place", name, self.places)

    def layer_of(self, indicator: str) -> Layer | None:
        """The first layer that colours an indicator."""
        return next((one for one in self.layers.values() if one.indicator == indicator), None)


DECISIONS = (".toml", ".csv", ".geojson", ".xlsx")
"""The kinds of files that say what is loaded, and what is in a place that lies beside them."""


def _digest(folder: Path) -> str:
    """A hash of every decision: where one changes, a place is brought up to it."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in DECISIONS and "raw" not in path.relative_to(folder).parts:
            found.update(path.relative_to(folder).as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def _named(kind: str, name: str, there: Mapping[str, M]) -> M:
    if name in there:
        return there[name]
    raise UnknownName(
        f"there is no {kind} {name!r}",
        remedy=f"the {kind}s are: {', '.join(sorted(there)) or 'none'}",
    )


def _read_all(folder: Path, model: type[M], faults: list[str]) -> dict[str, M]:
    found: dict[str, M] = {}
    for path in sorted(folder.glob("*.toml")):
        manifest: Any = read_manifest(path, model, faults)
        if manifest is None:
            continue
        if manifest.id != path.stem:
            faults.append(
                f"{named(path)}: id: found {manifest.id!r}; it may be {path.stem!r}, as the file"
                " is called"
            )
        found[manifest.id] = manifest
    return found


FORCE_FILES = ("lad_police_force.csv", "fictional_police_force.csv")
"""The districts of England and Wales, and those of the city that does not exist."""


def _read_forces(folder: Path, faults: list[str]) -> dict[str, PoliceForce]:
    forces: dict[str, PoliceForce] = {}
    for path in (folder / name for name in FORCE_FILES):
        if not path.exists():
            continue
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        for row in rows:
            code = row["lad_code"]
            if code in forces:
                faults.append(f"{path.name}: {code} stands there twice")
            forces[code] = PoliceForce(
                code, row["lad_name"], row["force_code"], row["force_name"], row["police_uk_name"]
            )
    return forces


def _cross_faults(found: Catalogue) -> Iterable[str]:
    """References from one manifest to another that lead nowhere."""
    checks: tuple[Callable[[Catalogue], Iterable[str]], ...] = (
        _indicator_faults,
        _denominator_faults,
        _order_faults,
        _part_faults,
        _layer_faults,
        _profile_faults,
        _vintage_faults,
        _place_faults,
        _authority_faults,
    )
    for check in checks:
        yield from check(found)


def _indicator_faults(found: Catalogue) -> Iterable[str]:
    for one in found.indicators.values():
        for measure in (one.numerator, *one.denominators):
            source = found.sources.get(measure.source)
            if source is None:
                yield f"indicators/{one.file}: {one.id}: there is no source {measure.source!r}"
                continue
            known = {declared.id for declared in source.measures}
            for name in one.measures_of(measure):
                if name in known:
                    continue
                yield (
                    f"indicators/{one.file}: {one.id}: source {source.id} has no measure"
                    f" {name!r}; it has {', '.join(sorted(known))}"
                )


ORDERS = frozenset({"rank", "decile", "score", "band", "grades", "standard score", "scaled score"})
"""Units of numbers that say who comes before whom: nothing can be divided by them."""


def _denominator_faults(found: Catalogue) -> Iterable[str]:
    """Denominators that nothing of the numerator could ever be divided by."""
    for one in found.indicators.values():
        where = f"indicators/{one.file}: {one.id}"
        counted = _vintages_of(found, one.numerator)
        for measure in one.denominators:
            source = found.sources.get(measure.source)
            if source is None:
                continue
            units = {
                declared.unit for declared in source.measures if declared.id == measure.measure
            }
            if source.kind != "observations":
                yield f"{where}: {source.id} gives {source.kind}, and no number to divide by"
            for unit in sorted(units & ORDERS):
                yield f"{where}: {measure.measure} of {source.id} is a {unit}: it divides nothing"
            below = _vintages_of(found, measure)
            if _places_alone(found, counted) and not counted & below:
                yield (
                    f"{where}: {source.id} is of {', '.join(sorted(below))}, and no look-up leads"
                    f" from there to {', '.join(sorted(counted))}"
                )


def _order_faults(found: Catalogue) -> Iterable[str]:
    """Ranks, deciles and scores that a manifest would add up, divide or count."""
    for one in found.indicators.values():
        source = found.sources.get(one.numerator.source)
        if source is None:
            continue
        units = {
            declared.unit for declared in source.measures if declared.id == one.numerator.measure
        }
        summed = one.additive or one.method not in ("level", *SUMMARIES)
        for unit in sorted(units & ORDERS) if summed else ():
            yield (
                f"indicators/{one.file}: {one.id}: {one.numerator.measure} of {source.id}"
                f' is a {unit}: it is told as it stands (method = "level", additive = false) or'
                " summarised by its documented rule, never added up or averaged"
            )


def _part_faults(found: Catalogue) -> Iterable[str]:
    """Parts, weights and variants that lead nowhere."""
    for one in found.indicators.values():
        where = f"indicators/{one.file}: {one.id}"
        if one.variant_of is not None and one.variant_of not in found.indicators:
            yield f"{where}: variant_of: there is no indicator {one.variant_of!r}"
        if one.weights is not None and one.weights not in found.weights:
            yield f"{where}: weights: there is no file weights/{one.weights}.csv"
        for part in one.parts:
            for name in part.indicators:
                named = found.indicators.get(name)
                if named is None or named.parts:
                    yield f"{where}: parts: there is no indicator {name!r} that is no index"
                elif part.category not in ({a.id for a in named.categories} or {""}):
                    yield f"{where}: parts: {name} has no category {part.category!r}"


def _vintages_of(found: Catalogue, measure: Measure) -> frozenset[str]:
    source = found.sources.get(measure.source)
    return source.vintages if source else frozenset()


def _places_alone(found: Catalogue, vintages: frozenset[str]) -> bool:
    """Whether all are schools, practices and the like, which no larger area is made of."""
    known = [found.vintages[one] for one in vintages if one in found.vintages]
    return bool(known) and all(one.level is Level.CUSTOM for one in known)


def _layer_faults(found: Catalogue) -> Iterable[str]:
    for one in found.layers.values():
        if one.indicator not in found.indicators:
            yield f"layers/{one.id}.toml: there is no indicator {one.indicator!r}"
        if (one.method == "fixed") != bool(one.upper_bounds):
            yield f"layers/{one.id}.toml: method fixed goes with upper_bounds, and only fixed does"
        if one.upper_bounds and len(one.upper_bounds) != len(one.colours):
            yield f"layers/{one.id}.toml: there are as many colours as upper_bounds"


def _profile_faults(found: Catalogue) -> Iterable[str]:
    for profile in found.profiles.values():
        for likeness in profile.likenesses:
            yield from (
                f"profiles/{profile.id}.toml: {likeness.name}: there is no indicator {name!r}"
                for name in likeness.indicators
                if name not in found.indicators
            )
        for section in profile.sections:
            for shown in section.shows:
                for name, _ in shown.named:
                    indicator = found.indicators.get(name)
                    if indicator is None:
                        yield f"profiles/{profile.id}.toml: there is no indicator {name!r}"
                        continue
                    known = {category.id for category in indicator.categories}
                    yield from (
                        f"profiles/{profile.id}.toml: {name} has no category {category!r}"
                        for category in shown.categories
                        if category not in known
                    )


def _vintage_faults(found: Catalogue) -> Iterable[str]:
    for one in found.vintages.values():
        if one.shared_out_by and not _has_measure(found, one.shared_out_by):
            yield (
                f"boundaries/{one.id}.toml: shared_out_by: there is no measure"
                f" {one.shared_out_by.measure!r} of a source {one.shared_out_by.source!r}"
            )
        if one.built_from and one.built_from not in found.vintages:
            yield f"boundaries/{one.id}.toml: there is no vintage {one.built_from!r}"
        for parent in one.parents:
            if parent.vintage not in found.vintages:
                yield f"boundaries/{one.id}.toml: there is no vintage {parent.vintage!r}"
    for source in found.sources.values():
        for vintage in source.vintages:
            if vintage not in found.vintages:
                yield (
                    f"sources/{source.id}.toml: vintage: there is no vintage {vintage!r}; there are"
                    f" {', '.join(found.vintages)}"
                )


def _has_measure(found: Catalogue, wanted: Residents) -> bool:
    source = found.sources.get(wanted.source)
    return source is not None and wanted.measure in {one.id for one in source.measures}


def _authority_faults(found: Catalogue) -> Iterable[str]:
    for fault in numbers_unlike_changes(found.numbers, found.changes):
        yield f"lookups/lea_gss.csv: {fault}"
    for change in found.changes if found.forces else ():
        for code in (change.code, *change.successors):
            if not code.startswith("E10") and code not in found.forces:
                yield (
                    f"lookups/lad_changes.csv: {code} of {change.on} is not among the districts of"
                    " lookups/lad_police_force.csv"
                )


def _place_faults(found: Catalogue) -> Iterable[str]:
    for one in found.places.values():
        file = f"places/{one.id}.toml"
        for what, known, steps in (
            ("vintage", found.vintages, [(step.vintage, step.files) for step in one.boundaries]),
            ("source", found.sources, [(step.source, step.files) for step in one.loads]),
        ):
            for name, files in steps:
                if name not in known:
                    yield f"{file}: there is no {what} {name!r}"
                elif one.is_fetched:
                    named = {remote.name for remote in known[name].files}
                    yield from (
                        f"{file}: {what} {name} has no file {wanted!r}"
                        for wanted in files
                        if wanted not in named
                    )
        if one.folder is not None and not (found.folder / one.folder).is_dir():
            yield f"{file}: there is no folder {one.folder!r} beside the manifests"
        if one.opens_with.indicator not in found.indicators:
            yield f"{file}: there is no indicator {one.opens_with.indicator!r}"
