"""The same layers as folium maps, for notebooks and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import folium
import orjson
from branca.element import Element

from lris import layers
from lris.figures import Reader
from lris.rules.words import GAPS, number_words
from lris.terms import Viewer

MISSING, WITHHELD, INCOMPLETE = "#d9d9d9", "#8c8c8c", "#000000"


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
    made = folium.Map(tiles=None, prefer_canvas=True)
    drawn = folium.GeoJson(
        shown,
        style_function=lambda feature: feature["properties"]["style"],
        tooltip=folium.GeoJsonTooltip(["name", "shown"], aliases=["", ""], labels=False),
    )
    drawn.add_to(made)
    bounds: Any = drawn.get_bounds()
    made.fit_bounds(bounds)
    page: Any = made.get_root()
    page.html.add_child(Element(_legend_html(shown["meta"])))
    return made


def _shown(figure: Mapping[str, Any], decimals: int) -> str:
    if figure["value"] is None:
        return GAPS.get(figure["reason"], "withheld")
    text = f"{number_words(figure['value'], decimals)} {figure['unit']}"
    return f"{text} ({figure['status']})" if figure["status"] != "observed" else text


def _style(figure: Mapping[str, Any], legend: Mapping[str, Any]) -> dict[str, Any]:
    base = {"color": "#666666", "weight": 0.6, "fillOpacity": 0.85}
    if figure["value"] is None:
        missing = figure["reason"] == "no_data"
        return {**base, "fillColor": MISSING if missing else WITHHELD, "dashArray": "4 3"}
    if figure["value"] == 0 and legend["zero"]:
        return {**base, "fillColor": legend["zero"]["colour"]}
    for one in legend["classes"]:
        if figure["value"] <= one["upper"]:
            return {**base, "fillColor": one["colour"]}
    return {**base, "fillColor": MISSING}


def _legend_html(meta: Mapping[str, Any]) -> str:
    legend = meta["legend"]
    rows = [(one["colour"], one["label"]) for one in legend["classes"]]
    if legend["zero"]:
        rows.insert(0, (legend["zero"]["colour"], legend["zero"]["label"]))
    rows += [(MISSING, legend["missing"]["label"]), (WITHHELD, legend["withheld"]["label"])]
    swatches = "".join(
        f'<div><span style="display:inline-block;width:1.2em;height:1em;background:{colour};'
        f'border:1px solid #666"></span> {label}</div>'
        for colour, label in rows
    )
    category = f", {meta['category_name']}" if meta["category_name"] else ""
    credits = "; ".join(one["attribution"] for one in meta["sources"])
    return (
        '<div style="position:fixed;bottom:1em;left:1em;z-index:999;background:#fff;padding:.8em;'
        'max-width:22em;font:14px system-ui;border:1px solid #999">'
        f"<b>{meta['name']}{category}</b><div>{meta['unit']}, {meta['period']},"
        f" release {meta['release']}</div>{swatches}"
        f'<div style="font-size:11px">{meta.get("grade_note", "")} {credits}</div></div>'
    )
