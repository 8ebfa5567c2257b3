"""Where and when incidents concentrate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import ReaderDep, StrictRoute, ViewerDep
from api.media import as_it_is, as_sealed, json_bytes
from lris import hotspots
from lris.hotspots import Asked, Hotspots

router = APIRouter(route_class=StrictRoute, tags=["hotspots"])


class Format(StrEnum):
    """How an answer is written; without one a map is GeoJSON, and what is no map JSON."""

    GEOJSON = "geojson"
    JSON = "json"
    CSV = "csv"
    TIF = "tif"
    PNG = "png"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Parameters:
    """What may be asked of every method; each uses those that mean something to it."""

    source: Annotated[str | None, Query(description="a source of incidents; needed")] = None
    category: Annotated[
        str | None,
        Query(description="one or more, parted by commas; crime without anti-social behaviour"),
    ] = None
    agency: Annotated[
        str | None, Query(description="who recorded it, such as a police force; every one")
    ] = None
    start: Annotated[
        str | None, Query(alias="from", description="the first month, such as 2018-10; needed")
    ] = None
    to: Annotated[str | None, Query(description="the last month; from without it")] = None
    within: Annotated[
        str | None, Query(description="VINTAGE/CODE or place/ID; needed, or POST a polygon")
    ] = None
    unit: Annotated[
        str | None, Query(description="a vintage, grid:METRES or hex:METRES; grid:250 without it")
    ] = None
    fdr: Annotated[bool, Query(description="control false discoveries among many places")] = True
    harm: Annotated[bool, Query(description="weigh incidents by the harm they do")] = False
    bandwidth: Annotated[
        float | None, Query(description="kde, risk: the kernel's radius in metres; a rule chooses")
    ] = None
    cell: Annotated[
        float | None, Query(description="kde, risk: the cell in metres; a rule chooses")
    ] = None
    edge: Annotated[
        str | None, Query(description="kde: uniform corrects for the edge, none does not")
    ] = None
    over: Annotated[str | None, Query(description="risk: residents or households")] = None
    distance: Annotated[
        float | None, Query(description="clusters: how near incidents must lie, in metres")
    ] = None
    least: Annotated[int | None, Query(description="clusters: the fewest incidents of one")] = None

    def given(self) -> dict[str, Any]:
        """By the names they have in an address; those left out are left out."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        if "start" in known:
            known["from"] = known.pop("start")
        return known


ParametersDep = Annotated[Parameters, Depends()]


class Drawn(BaseModel):
    """A study area drawn on a map. The other parameters stand in the address."""

    model_config = ConfigDict(extra="forbid")

    polygon: Annotated[dict[str, Any], Field(description="GeoJSON Polygon or MultiPolygon")]


def _hotspots(request: Request) -> Hotspots:
    found: Hotspots = request.app.state.hotspots
    return found


HotspotsDep = Annotated[Hotspots, Depends(_hotspots)]


@router.get("/hotspots", summary="The ways to look at hotspots")
def methods(request: Request, viewer: ViewerDep) -> Response:
    """Every method with what it says, its parameters, their units, and its minimums."""
    return as_it_is(request, viewer, json_bytes({"methods": hotspots.listed()}))


@router.get("/hotspots/{method}", summary="Where and when incidents concentrate")
def one_method(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    desk: HotspotsDep,
    method: str,
    parameters: ParametersDep,
    format: Format | None = None,
) -> Response:
    """Hotspots with parameters, coverage, evaluation on the months that followed, and reading.

    GET /hotspots lists the methods. Only sources that are public, at the places they were
    published.
    """
    asked = hotspots.understood(reader.catalogue, viewer, method, parameters.given())
    form = _format(asked, format)
    state = desk.state(viewer, asked)
    return as_sealed(
        request,
        viewer,
        state,
        lambda: desk.written(viewer, asked, form, state=state),
        media_type=hotspots.media_type(form),
        headers=_named(asked, form),
    )


@router.post("/hotspots/{method}", summary="The same for a study area drawn on a map")
def one_method_in_a_polygon(
    reader: ReaderDep,
    viewer: ViewerDep,
    desk: HotspotsDep,
    method: str,
    parameters: ParametersDep,
    drawn: Drawn,
    format: Format | None = None,
) -> Response:
    """As GET, of the ground inside a polygon (GeoJSON, longitude and latitude)."""
    given = {**parameters.given(), "polygon": drawn.polygon}
    asked = hotspots.understood(reader.catalogue, viewer, method, given)
    form = _format(asked, format)
    return Response(
        desk.written(viewer, asked, form),
        headers={"Cache-Control": "no-store", **_named(asked, form)},
        media_type=hotspots.media_type(form),
    )


def _format(asked: Asked, format: Format | None) -> str:
    return str(format or (Format.GEOJSON if asked.how.maps else Format.JSON))


def _named(asked: Asked, form: str) -> Mapping[str, str]:
    name = f"{asked.method}-{asked.source}-{asked.start}-{asked.end}.{form}"
    if form in (Format.JSON, Format.GEOJSON):
        return {}
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    if form == Format.HTML:
        headers["Content-Security-Policy"] = hotspots.PAGE_POLICY
    return headers
