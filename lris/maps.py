"""The same layers and hotspots as folium maps for notebooks and reports, opened without network.

Leaflet itself is written into the page, from the package that carries it, and there is no base map:
nothing is fetched from anywhere, and nobody is told which place was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import folium
import orjson
from branca.element import MacroElement
from folium.template import Template

from lris import layers
from lris.figures import Reader
from lris.rules.words import GAPS, number_words
from lris.terms import Viewer

if TYPE_CHECKING:
    from lris.hotspots.looking import Answer

MISSING, WITHHELD, INCOMPLETE = "#d9d9d9", "#8c8c8c", "#000000"
OUTLINE = {"color": "#666666", "weight": 0.6, "fillOpacity": 0.85}
POINT_RADIUS = 4
BESIDE_PANEL = 380
"""Pixels from the left that the panel takes."""


# ---------------------------------------------------------------- layers


def layer_map(
    reader: Reader,
    viewer: Viewer,
    layer_id: str,
    *,
    vintage: str,
    period: str,
    category: str | None = None,
    within: str | None = None,
) -> folium.Map:
    """A layer as a folium map, without a base map. Missing is light grey, withheld dashed."""
    shown = orjson.loads(
        layers.layer_geojson(
            reader,
            viewer,
            layer_id,
            vintage=vintage,
            period=period,
            category=category,
            within=within,
        )
    )
    legend = shown["meta"]["legend"]
    decimals = reader.catalogue.indicator(shown["meta"]["indicator"]).decimals
    for feature in shown["features"]:
        figure = feature["properties"]
        figure["shown"] = _shown(figure, decimals)
        figure["style"] = _style(figure, legend)
    drawn = folium.GeoJson(
        shown,
        style_function=lambda feature: feature["properties"]["style"],
        tooltip=folium.GeoJsonTooltip(["name", "shown"], aliases=["", ""], labels=False),
    )
    return _map(drawn, _legend_html(shown["meta"]))


def _shown(figure: Mapping[str, Any], decimals: int) -> str:
    if figure["value"] is None:
        return GAPS.get(figure["reason"], "withheld")
    text = f"{number_words(figure['value'], decimals)} {figure['unit']}"
    return f"{text} ({figure['status']})" if figure["status"] != "observed" else text


def _style(figure: Mapping[str, Any], legend: Mapping[str, Any]) -> dict[str, Any]:
    if figure["value"] is None:
        missing = figure["reason"] == "no_data"
        return {**OUTLINE, "fillColor": MISSING if missing else WITHHELD, "dashArray": "4 3"}
    if figure["value"] == 0 and legend["zero"]:
        return {**OUTLINE, "fillColor": legend["zero"]["colour"]}
    for one in legend["classes"]:
        if figure["value"] <= one["upper"]:
            return {**OUTLINE, "fillColor": one["colour"]}
    return {**OUTLINE, "fillColor": MISSING}


def _legend_html(meta: Mapping[str, Any]) -> str:
    legend = meta["legend"]
    rows = [(one["colour"], one["label"]) for one in legend["classes"]]
    if legend["zero"]:
        rows.insert(0, (legend["zero"]["colour"], legend["zero"]["label"]))
    rows += [(MISSING, legend["missing"]["label"]), (WITHHELD, legend["withheld"]["label"])]
    category = f", {meta['category_name']}" if meta["category_name"] else ""
    credits = "; ".join(one["attribution"] for one in meta["sources"])
    small = f"{meta.get('grade_note', '')} {credits}"
    return _panel(
        f"{meta['name']}{category}",
        f"{meta['unit']}, {meta['period']}, release {meta['release']}",
        rows,
        [],
        small,
    )


# ---------------------------------------------------------------- hotspots


def hotspot_map(answer: Answer) -> folium.Map:
    """Hotspots as a folium map: outlines, what is known of each, legend, parameters, reading."""
    from lris.hotspots.writing import geojson

    shown = orjson.loads(geojson(answer))
    colours = {one["class"]: one["colour"] for one in shown["classes"]}
    names = list(dict.fromkeys(name for one in shown["features"] for name in one["properties"]))
    for feature in shown["features"]:
        told = feature["properties"]
        feature["properties"] = {name: _cell(told.get(name)) for name in names}
        feature["properties"]["fill"] = colours.get(told.get("class"), MISSING)
    drawn = folium.GeoJson(
        {"type": "FeatureCollection", "features": shown["features"]},
        style_function=lambda one: {**OUTLINE, "fillColor": one["properties"]["fill"]},
        marker=folium.CircleMarker(radius=POINT_RADIUS),
        popup=folium.GeoJsonPopup(names) if names else None,
    )
    return _map(drawn, _hotspot_panel(answer))


def hotspot_page(answer: Answer) -> bytes:
    """The same as one HTML file that needs nothing else."""
    page: Any = hotspot_map(answer).get_root()
    html: str = page.render()
    return html.encode()


def _cell(value: object) -> object:
    """A value as a popup shows it."""
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return value


def _hotspot_panel(answer: Answer) -> str:
    told = answer.members["parameters"]
    rows = [(one["colour"], one["class"]) for one in answer.members["classes"]]
    span = told["from"] if told["from"] == told["to"] else f"{told['from']} to {told['to']}"
    credits = "; ".join(one["attribution"] for one in answer.members["sources"])
    return _panel(
        f"{told['title']}: {told['place']}",
        f"{told['category_name']}, {span}",
        rows,
        answer.members["reading"],
        credits,
        told,
    )


# ---------------------------------------------------------------- pages


def _map(drawn: folium.GeoJson, panel: str) -> folium.Map:
    """A map of one layer and a panel, with Leaflet in the page."""
    made = folium.Map(tiles=None, prefer_canvas=True)
    made.default_js, made.default_css = [], []
    drawn.add_to(made)
    if drawn.data["features"]:
        bounds: Any = drawn.get_bounds()
        made.fit_bounds(bounds, padding_top_left=(BESIDE_PANEL, 10), padding_bottom_right=(10, 10))
    page: Any = made.get_root()
    page.header.add_child(_Written(f"<style>{_leaflet('leaflet.css')}</style>"), name="style")
    page.header.add_child(_Written(f"<script>{_leaflet('leaflet.js')}</script>"), name="leaflet")
    page.html.add_child(_Written(panel))
    return made


class _Written(MacroElement):
    """A piece of a page as it is, not a template: it may hold braces."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Written"
        self.text = text

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401
        """The text."""
        return self.text


@cache
def _leaflet(name: str) -> str:
    """A file of Leaflet, without what it would fetch: pictures of controls that are not shown."""
    text = (files("xstatic.pkg.leaflet") / "data" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "sourceMappingURL" not in line or "{" in line]
    whole = "\n".join(line.split("//# sourceMappingURL")[0] for line in lines)
    for picture in ("layers.png", "layers-2x.png", "marker-icon.png"):
        whole = whole.replace(f"url(images/{picture})", "none")
    return whole


def _panel(
    title: str,
    under: str,
    rows: Sequence[tuple[str, str]],
    reading: Sequence[str],
    small: str,
    parameters: Mapping[str, Any] | None = None,
) -> str:
    """Title, legend, reading and parameters in a corner of the map."""
    swatches = "".join(
        f'<div><span style="display:inline-block;width:1.2em;height:1em;background:{colour};'
        f'border:1px solid #666"></span> {escape(str(label))}</div>'
        for colour, label in rows
    )
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in reading)
    told = "".join(
        f"<dt>{escape(str(name))}</dt><dd>{escape(str(value))}</dd>"
        for name, value in (parameters or {}).items()
        if value is not None
    )
    more = f"<details><summary>Parameters</summary><dl>{told}</dl></details>" if told else ""
    return (
        '<div style="position:fixed;bottom:1em;left:1em;z-index:999;background:#fff;padding:.8em;'
        "max-width:24em;max-height:80vh;overflow:auto;font:14px system-ui;border:1px solid #999"
        f'"><b>{escape(title)}</b><div>{escape(under)}</div>{swatches}{said}{more}'
        f'<div style="font-size:11px">{escape(small)}</div></div>'
    )
