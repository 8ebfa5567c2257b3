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

from lris.catalogue.boundaries import Vintage
from lris.catalogue.indicators import Indicator
from lris.catalogue.layers import Layer
from lris.catalogue.manifest import Manifest, read_manifest
from lris.catalogue.places import Place
from lris.catalogue.profiles import Profile
from lris.catalogue.sources import SourceManifest
from lris.errors import ManifestFault, UnknownName

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
    digest: str = ""

    @classmethod
    def read(cls, folder: Path) -> Catalogue:
        """Read every manifest under `folder`; raises `ManifestFault` with all faults together."""
        faults: list[str] = []
        found = cls(
            sources=_read_all(folder / "sources", SourceManifest, faults),
            vintages=_read_all(folder / "boundaries", Vintage, faults),
            indicators=_read_all(folder / "indicators", Indicator, faults),
            layers=_read_all(folder / "layers", Layer, faults),
            profiles=_read_all(folder / "profiles", Profile, faults),
            places=_read_all(folder / "places", Place, faults),
            forces=_read_forces(folder / "lookups" / "lad_police_force.csv", faults),
            digest=_digest(folder),
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


def _digest(folder: Path) -> str:
    """A hash of every decision: where one changes, a place is brought up to it."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".toml", ".csv") and "raw" not in path.relative_to(folder).parts:
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
            faults.append(f"{path.name}: id: is {manifest.id!r}, but the file is {path.name}")
        found[manifest.id] = manifest
    return found


def _read_forces(path: Path, faults: list[str]) -> dict[str, PoliceForce]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    forces = {}
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
        _layer_faults,
        _profile_faults,
        _vintage_faults,
        _place_faults,
    )
    for check in checks:
        yield from check(found)


def _indicator_faults(found: Catalogue) -> Iterable[str]:
    for one in found.indicators.values():
        for measure in (one.numerator, *one.denominators):
            source = found.sources.get(measure.source)
            if source is None:
                yield f"indicators/{one.id}.toml: there is no source {measure.source!r}"
                continue
            known = {declared.id for declared in source.measures}
            if measure.measure and measure.measure not in known:
                yield (
                    f"indicators/{one.id}.toml: source {source.id} has no measure"
                    f" {measure.measure!r}; it has {', '.join(sorted(known))}"
                )


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
        for section in profile.sections:
            for shown in section.shows:
                indicator = found.indicators.get(shown.indicator)
                if indicator is None:
                    yield f"profiles/{profile.id}.toml: there is no indicator {shown.indicator!r}"
                    continue
                known = {category.id for category in indicator.categories}
                for category in shown.categories:
                    if category not in known:
                        yield (
                            f"profiles/{profile.id}.toml: {shown.indicator} has no category"
                            f" {category!r}"
                        )


def _vintage_faults(found: Catalogue) -> Iterable[str]:
    for one in found.vintages.values():
        if one.built_from and one.built_from not in found.vintages:
            yield f"boundaries/{one.id}.toml: there is no vintage {one.built_from!r}"
        for parent in one.parents:
            if parent.vintage not in found.vintages:
                yield f"boundaries/{one.id}.toml: there is no vintage {parent.vintage!r}"
    for source in found.sources.values():
        for vintage in source.vintages:
            if vintage not in found.vintages:
                yield f"sources/{source.id}.toml: there is no vintage {vintage!r}"


def _place_faults(found: Catalogue) -> Iterable[str]:
    for one in found.places.values():
        for step in one.boundaries:
            vintage = found.vintages.get(step.vintage)
            names = {file.name for file in vintage.files} if vintage else set()
            if vintage is None:
                yield f"places/{one.id}.toml: there is no vintage {step.vintage!r}"
            for name in step.files:
                if name not in names:
                    yield f"places/{one.id}.toml: vintage {step.vintage} has no file {name!r}"
        for load in one.loads:
            source = found.sources.get(load.source)
            if source is None:
                yield f"places/{one.id}.toml: there is no source {load.source!r}"
                continue
            names = {file.name for file in source.files}
            for name in load.files:
                if name not in names:
                    yield f"places/{one.id}.toml: source {load.source} has no file {name!r}"
        if one.opens_with.indicator not in found.indicators:
            yield f"places/{one.id}.toml: there is no indicator {one.opens_with.indicator!r}"
