/** The map: geometry and values apart, so that another indicator or period repaints and loads no shape again. */
import {
  Map as LibreMap,
  Marker,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type ExpressionSpecification,
  type GeoJSONSource,
} from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Feature, FeatureCollection } from "geojson";
import type { Corner } from "./address.ts";
import type { Drawn } from "./drawn.ts";
import { labelPoint } from "./geometry.ts";
import { dots, hatching, PATTERN_RATIO } from "./patterns.ts";
import type { AreaCollection, AreaFeature, Bbox } from "./shapes.ts";

setWorkerUrl(workerUrl);

export interface AtlasEvents {
  hover: (code: string | null, x: number, y: number) => void;
  select: (code: string) => void;
  /** A click while corners are being set. */
  corner: (corner: Corner) => void;
  /** What the pointer is on in the layer laid over the areas; null for nothing. */
  hoverOver: (properties: Record<string, unknown> | null, x: number, y: number) => void;
  /** Moving about may ask for finer shapes than are shown. */
  closer: () => void;
}

export interface Atlas {
  showAreas: (areas: AreaCollection) => void;
  paint: (drawn: Map<string, Drawn>) => void;
  outline: (rank: OutlineRank, areas: AreaCollection | null) => void;
  /** Writes the areas' names on the map, as far as they have room. */
  label: (areas: AreaCollection | null) => void;
  choose: (areas: AreaFeature[]) => void;
  /** Lays shapes over the areas, each in its property `colour`, and hides the areas; null shows them again. */
  layOver: (shapes: FeatureCollection | null) => void;
  /** Shows the corners of a line that is being drawn, and takes clicks as further ones; null ends it. */
  drawLine: (corners: Corner[] | null) => void;
  /** What the map is centred on. */
  middle: () => Corner;
  /** Moves to a box, no nearer than a zoom; at once for readers who want no motion. */
  frame: (box: Bbox, closest?: number) => void;
  /** The zoom that shapes should be drawn for. */
  zoomWanted: () => number;
}

type Shapes = FeatureCollection | Feature;
export type OutlineRank = "district" | "quarter";

export const MISSING_COLOUR = "#dfe3e4";
const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const GROUND = "#eef1f1";
const INK = "#1b2427";
const PADDING_PX = 28;
const FRAME_MS = 500;

/** Zooms at which the service is asked for shapes: every second one, so that wheels do not flood it. */
const ZOOM_BANDS = [6, 8, 10, 12, 14];
const FINEST_BAND = 14;

const state = (key: string): ExpressionSpecification => ["feature-state", key];
const when = (key: string, then: number): ExpressionSpecification => [
  "case",
  ["boolean", state(key), false],
  then,
  0,
];
const byZoom = (...stops: number[]) =>
  ["interpolate", ["linear"], ["zoom"], ...stops] as ExpressionSpecification;

/** A map of a place. What it is given before it has started is shown as soon as it has. Throws without WebGL. */
export function createAtlas(container: HTMLElement, box: Bbox, events: AtlasEvents): Atlas {
  const map = new LibreMap({
    container,
    style: {
      version: 8,
      sources: {},
      layers: [{ id: "ground", type: "background", paint: { "background-color": GROUND } }],
    },
    bounds: box,
    fitBoundsOptions: { padding: PADDING_PX },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    minZoom: 4,
    maxZoom: 16,
    renderWorldCopies: false,
    // Keeps the picture in the buffer, or printing would give an empty frame.
    canvasContextAttributes: { preserveDrawingBuffer: true, antialias: true },
    locale: {
      "Map.Title": "Map. Arrow keys move it, plus and minus zoom; the table shows the same figures.",
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 110, unit: "metric" }), "bottom-right");
  return atlasOn(map, events);
}

function atlasOn(map: LibreMap, events: AtlasEvents): Atlas {
  const shown = new Map<string, Shapes>();
  const mode = { isDrawing: false, isLaidOver: false };
  let drawnLast = new Map<string, Drawn>();
  let labels: Label[] = [];
  let isStarted = false;
  const show = (id: string, shapes: Shapes) => {
    if (shown.get(id) === shapes) return;
    shown.set(id, shapes);
    delete map.getContainer().dataset["settled"];
    if (isStarted) void map.getSource<GeoJSONSource>(id)?.setData(shapes);
  };
  map.once("load", () => {
    addLayers(map, shown);
    paint(map, drawnLast);
    point(map, shown, events, mode);
    pointOver(map, events, mode);
    cover(map, mode.isLaidOver);
    isStarted = true;
  });
  // Says that nothing more is about to be drawn, to whoever takes a picture of the page.
  map.on("idle", () => {
    map.getContainer().dataset["settled"] = "";
  });
  map.on("moveend", () => {
    thinOut(map, labels);
    events.closer();
  });
  return {
    showAreas: (areas) => show("areas", areas),
    paint: (drawn) => {
      drawnLast = drawn;
      if (!isStarted) return;
      paint(map, drawn);
      cover(map, mode.isLaidOver);
    },
    outline: (rank, areas) => show(rank, areas ?? EMPTY),
    label: (areas) => {
      for (const each of labels) each.marker.remove();
      labels = (areas?.features ?? []).map((area) => labelFor(map, area));
      thinOut(map, labels);
    },
    choose: (areas) =>
      show("chosen", areas.length > 0 ? { type: "FeatureCollection", features: areas } : EMPTY),
    layOver: (shapes) => {
      mode.isLaidOver = shapes !== null;
      show("over", shapes ?? EMPTY);
      if (!isStarted) return;
      paint(map, drawnLast);
      cover(map, mode.isLaidOver);
    },
    drawLine: (corners) => {
      mode.isDrawing = corners !== null;
      map.getCanvas().style.cursor = mode.isDrawing ? "crosshair" : "";
      map.getContainer().classList.toggle("drawing", mode.isDrawing);
      show("line", corners && corners.length > 0 ? lineOf(corners) : EMPTY);
    },
    middle: () => {
      const { lng, lat } = map.getCenter();
      return [lng, lat];
    },
    frame: (bounds, closest = map.getMaxZoom()) => {
      // A panel that has just opened has made the map narrower.
      map.resize();
      const animate = !matchMedia("(prefers-reduced-motion: reduce)").matches;
      map.fitBounds(bounds, { padding: PADDING_PX, maxZoom: closest, animate, duration: FRAME_MS });
    },
    zoomWanted: () => zoomBand(map.getZoom()),
  };
}

/** The ground inside the corners, their outline, and the corners themselves. */
function lineOf(corners: Corner[]): FeatureCollection {
  const [first] = corners;
  const closed = first && corners.length > 2 ? [...corners, first] : corners;
  const feature = (geometry: Feature["geometry"]): Feature => ({ type: "Feature", properties: {}, geometry });
  return {
    type: "FeatureCollection",
    features: [
      ...(closed.length > 3 ? [feature({ type: "Polygon", coordinates: [closed] })] : []),
      ...(closed.length > 1 ? [feature({ type: "LineString", coordinates: closed })] : []),
      feature({ type: "MultiPoint", coordinates: corners }),
    ],
  };
}

/** What lies under a layer laid over it is faint outlines alone. */
function cover(map: LibreMap, isLaidOver: boolean): void {
  map.setPaintProperty("areas-fill", "fill-opacity", isLaidOver ? 0.0 : 1);
  for (const layer of ["areas-dots", "areas-hatching"]) if (isLaidOver) reveal(map, layer, false);
  map.setPaintProperty("areas-line", "line-color", isLaidOver ? "#9aa5a9" : "#ffffff");
  map.setPaintProperty("areas-line", "line-opacity", isLaidOver ? 0.4 : 0.85);
}

interface Mode {
  isDrawing: boolean;
  isLaidOver: boolean;
}

const OVER_LAYERS = ["over-fill", "over-point"];

/** Follows the pointer over what is laid over the areas, and takes clicks that set corners. */
function pointOver(map: LibreMap, events: AtlasEvents, mode: Mode): void {
  const tell = ({ point: { x, y } }: { point: { x: number; y: number } }) => {
    if (!mode.isLaidOver || mode.isDrawing) return;
    const [found] = map.queryRenderedFeatures([x, y], { layers: OVER_LAYERS });
    events.hoverOver(found?.properties ?? null, x, y);
  };
  map.on("mousemove", tell);
  map.on("click", tell);
  map.on("mouseout", () => events.hoverOver(null, 0, 0));
  map.on("click", ({ lngLat: { lng, lat } }) => {
    if (mode.isDrawing) events.corner([lng, lat]);
  });
}

function paint(map: LibreMap, drawn: Map<string, Drawn>): void {
  map.removeFeatureState({ source: "areas" });
  // A layer of marks costs as much as the areas themselves, even where it marks none of them.
  const all = [...drawn.values()];
  reveal(
    map,
    "areas-dots",
    all.some(({ incomplete }) => incomplete),
  );
  reveal(
    map,
    "areas-hatching",
    all.some(({ kind }) => kind === "withheld"),
  );
  for (const [code, { kind, colour, incomplete }] of drawn) {
    const marks = { colour: colour ?? MISSING_COLOUR, withheld: kind === "withheld", incomplete };
    map.setFeatureState({ source: "areas", id: code }, marks);
  }
}

function reveal(map: LibreMap, layer: string, isShown: boolean): void {
  map.setLayoutProperty(layer, "visibility", isShown ? "visible" : "none");
}

/** Follows the pointer over the areas: one outlined at a time, told to whoever listens. */
function point(map: LibreMap, shown: Map<string, Shapes>, events: AtlasEvents, mode: Mode): void {
  let hovered: string | null = null;
  const shapeOf = (code: string | null): Shapes => {
    const areas = shown.get("areas");
    const features = areas?.type === "FeatureCollection" ? areas.features : [];
    return features.find(({ properties }) => properties?.["code"] === code) ?? EMPTY;
  };
  const hover = (code: string | null) => {
    if (code === hovered) return;
    hovered = code;
    void map.getSource<GeoJSONSource>("hovered")?.setData(shapeOf(code));
    if (!mode.isDrawing) map.getCanvas().style.cursor = code === null ? "" : "pointer";
  };
  map.on("mousemove", "areas-fill", ({ features, point: { x, y } }) => {
    if (mode.isLaidOver) return;
    hover(codeOf(features));
    events.hover(hovered, x, y);
  });
  map.on("mouseleave", "areas-fill", () => {
    hover(null);
    events.hover(null, 0, 0);
  });
  map.on("click", "areas-fill", ({ features }) => {
    const code = codeOf(features);
    events.hover(null, 0, 0);
    if (mode.isDrawing || mode.isLaidOver) return;
    if (code !== null) events.select(code);
  });
}

function codeOf(features: { properties: Record<string, unknown> }[] | undefined): string | null {
  const code = features?.[0]?.properties["code"];
  return typeof code === "string" ? code : null;
}

function zoomBand(zoom: number): number {
  return ZOOM_BANDS.find((band) => zoom <= band) ?? FINEST_BAND;
}

function addLayers(map: LibreMap, shown: Map<string, Shapes>): void {
  map.addImage("hatching", hatching(), { pixelRatio: PATTERN_RATIO });
  map.addImage("dots", dots(), { pixelRatio: PATTERN_RATIO });
  for (const id of ["areas", "over", "quarter", "district", "hovered", "chosen", "line"]) {
    // The service generalises with shared borders kept; simplifying each shape alone here would tear them apart.
    map.addSource(id, {
      type: "geojson",
      data: shown.get(id) ?? EMPTY,
      promoteId: "code",
      tolerance: 0,
      maxzoom: FINEST_BAND,
    });
  }
  const line = { "line-join": "round", "line-cap": "round" } as const;
  map.addLayer({
    id: "areas-fill",
    type: "fill",
    source: "areas",
    paint: { "fill-color": ["to-color", state("colour"), MISSING_COLOUR] },
  });
  map.addLayer({
    id: "areas-dots",
    type: "fill",
    source: "areas",
    paint: { "fill-pattern": "dots", "fill-opacity": when("incomplete", 0.7) },
  });
  map.addLayer({
    id: "areas-hatching",
    type: "fill",
    source: "areas",
    paint: { "fill-pattern": "hatching", "fill-opacity": when("withheld", 1) },
  });
  map.addLayer({
    id: "over-fill",
    type: "fill",
    source: "over",
    filter: ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]],
    paint: { "fill-color": ["to-color", ["get", "colour"], MISSING_COLOUR], "fill-opacity": 0.85 },
  });
  map.addLayer({
    id: "areas-line",
    type: "line",
    source: "areas",
    minzoom: 7,
    layout: line,
    paint: {
      "line-color": "#ffffff",
      "line-opacity": 0.85,
      "line-width": byZoom(7, 0.15, 9, 0.35, 11, 0.7, 14, 1.4),
    },
  });
  map.addLayer({
    id: "quarter-line",
    type: "line",
    source: "quarter",
    minzoom: 11,
    layout: line,
    paint: { "line-color": "#ffffff", "line-width": byZoom(11, 1.1, 14, 3) },
  });
  // White under dark, so that it shows on the palest and on the darkest class.
  map.addLayer({
    id: "district-casing",
    type: "line",
    source: "district",
    layout: line,
    paint: { "line-color": "#ffffff", "line-opacity": 0.9, "line-width": byZoom(5, 0, 8, 1.8, 10, 3, 14, 5) },
  });
  map.addLayer({
    id: "district-line",
    type: "line",
    source: "district",
    layout: line,
    paint: { "line-color": INK, "line-opacity": 0.8, "line-width": byZoom(5, 0.3, 8, 0.8, 10, 1.2, 14, 2) },
  });
  map.addLayer({
    id: "over-line",
    type: "line",
    source: "over",
    layout: line,
    filter: ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]],
    paint: {
      "line-color": ["case", ["boolean", ["get", "stands_out"], false], INK, "#8b979b"],
      "line-opacity": ["case", ["boolean", ["get", "stands_out"], false], 0.9, 0.35],
      "line-width": byZoom(8, 0.2, 12, 0.8, 15, 1.6),
    },
  });
  map.addLayer({
    id: "over-point",
    type: "circle",
    source: "over",
    filter: ["==", ["geometry-type"], "Point"],
    paint: {
      "circle-color": ["to-color", ["get", "colour"], "#0b5563"],
      "circle-radius": [
        "interpolate",
        ["linear"],
        ["zoom"],
        8,
        ["*", 0.35, ["number", ["get", "radius"], 5]],
        13,
        ["number", ["get", "radius"], 5],
      ],
      "circle-stroke-color": "#ffffff",
      "circle-stroke-width": 0.8,
      "circle-opacity": 0.9,
    },
  });
  map.addLayer({
    id: "hovered-line",
    type: "line",
    source: "hovered",
    layout: line,
    paint: { "line-color": INK, "line-width": 2 },
  });
  map.addLayer({
    id: "chosen-casing",
    type: "line",
    source: "chosen",
    layout: line,
    paint: { "line-color": "#ffffff", "line-width": byZoom(8, 4.5, 13, 7) },
  });
  map.addLayer({
    id: "chosen-line",
    type: "line",
    source: "chosen",
    layout: line,
    paint: { "line-color": INK, "line-width": byZoom(8, 2, 13, 3.2) },
  });
  map.addLayer({
    id: "line-fill",
    type: "fill",
    source: "line",
    filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "fill-color": "#0b5563", "fill-opacity": 0.18 },
  });
  map.addLayer({
    id: "line-line",
    type: "line",
    source: "line",
    filter: ["==", ["geometry-type"], "LineString"],
    layout: line,
    paint: { "line-color": "#0b5563", "line-width": 3 },
  });
  map.addLayer({
    id: "line-corners",
    type: "circle",
    source: "line",
    filter: ["==", ["geometry-type"], "Point"],
    paint: {
      "circle-radius": 6,
      "circle-color": "#ffffff",
      "circle-stroke-color": "#0b5563",
      "circle-stroke-width": 3,
    },
  });
}

interface Label {
  marker: Marker;
  element: HTMLElement;
  point: [number, number];
  size: number;
}

function labelFor(map: LibreMap, area: AreaFeature): Label {
  const { point, size } = labelPoint(area);
  const element = document.createElement("div");
  element.className = "map-label";
  element.textContent = area.properties.name;
  element.setAttribute("aria-hidden", "true");
  const marker = new Marker({ element, className: "map-label-marker" }).setLngLat(point).addTo(map);
  return { marker, element, point, size };
}

/** A name is written where its area is at least so wide, as a share of the name's own width. */
const LEAST_ROOM = 0.6;

/** Names the largest areas first; leaves out a name that lacks room or would run into one already written. */
function thinOut(map: LibreMap, labels: Label[]): void {
  const written: DOMRect[] = [];
  const frame = map.getContainer().getBoundingClientRect();
  const degree = map.project([1, 52]).x - map.project([0, 52]).x;
  for (const label of labels.toSorted((a, b) => b.size - a.size)) {
    const { x, y } = map.project(label.point);
    const width = label.element.offsetWidth + 8;
    const height = label.element.offsetHeight + 4;
    const box = new DOMRect(x - width / 2, y - height / 2, width, height);
    const inside = box.left >= 0 && box.right <= frame.width && box.top >= 0 && box.bottom <= frame.height;
    // A degree of latitude is drawn about 1.6 times as long as one of longitude here.
    const roomy = Math.sqrt(label.size * 1.6) * degree >= LEAST_ROOM * width;
    const clear = inside && roomy && written.every((other) => !overlap(box, other));
    label.element.classList.toggle("crowded", !clear);
    if (clear) written.push(box);
  }
}

function overlap(a: DOMRect, b: DOMRect): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
