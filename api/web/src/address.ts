/** The page's address is its whole state: what is looked at can be linked, bookmarked and gone back to. */
import type { AreaName, Catalogue, Indicator, Place } from "./shapes.ts";

export type View = "map" | "table" | "hotspots" | "compare";
export type AreaRef = Pick<AreaName, "vintage" | "code">;
export type Corner = [lon: number, lat: number];

const VIEWS: View[] = ["map", "table", "hotspots", "compare"];

/** From so few areas to so many stand side by side. */
export const FEWEST_COMPARED = 2;
export const MOST_COMPARED = 4;

/** The parts of a hotspot question that an address may hold, and what the service calls them. */
export const HOTSPOT_PARTS = {
  method: "method",
  source: "source",
  of: "category",
  from: "from",
  to: "to",
  in: "within",
  unit: "unit",
  fdr: "fdr",
  harm: "harm",
  bandwidth: "bandwidth",
  cell: "cell",
  over: "over",
} as const;
export type HotspotPart = keyof typeof HOTSPOT_PARTS;
export type HotspotAsked = { [part in HotspotPart]?: string | undefined };

/** What an address asks for; anything may be absent, or name something that is not there. */
export interface Asked {
  place?: string | undefined;
  indicator?: string | undefined;
  category?: string | undefined;
  vintage?: string | undefined;
  period?: string | undefined;
  area?: AreaRef | undefined;
  /** An own neighbourhood by its token; shown instead of an area. */
  own?: string | undefined;
  /** The corners of a neighbourhood that is being drawn; null where none is. */
  drawing?: Corner[] | null;
  compared?: AreaRef[];
  hotspots?: HotspotAsked;
  view: View;
}

/** What is shown: every part exists and belongs with the others. */
export interface Choice {
  place: Place;
  indicator: Indicator;
  category: string | null;
  vintage: string;
  period: string;
  area: AreaRef | null;
  own: string | null;
  drawing: Corner[] | null;
  compared: AreaRef[];
  hotspots: HotspotAsked;
  view: View;
}

export function readAddress(search: string): Asked {
  const asked = new URLSearchParams(search);
  const part = (name: string) => asked.get(name) || undefined;
  return {
    place: part("place"),
    indicator: part("indicator"),
    category: part("category"),
    vintage: part("vintage"),
    period: part("period"),
    area: readArea(part("area")),
    own: part("own"),
    drawing: asked.has("draw") ? readCorners(asked.get("draw") ?? "") : null,
    compared: readAreas(part("areas")),
    hotspots: readHotspots(part),
    view: VIEWS.find((each) => each === part("view")) ?? "map",
  };
}

function readHotspots(part: (name: string) => string | undefined): HotspotAsked {
  const parts = Object.keys(HOTSPOT_PARTS) as HotspotPart[];
  return Object.fromEntries(parts.map((each) => [each, part(each)]).filter(([, told]) => told !== undefined));
}

/** Each area once, and no more than can stand side by side. */
function readAreas(text: string | undefined): AreaRef[] {
  const areas = (text ?? "").split(",").flatMap((each) => readArea(each) ?? []);
  const known = new Map(areas.map((each) => [`${each.vintage}/${each.code}`, each]));
  return [...known.values()].slice(0, MOST_COMPARED);
}

/** Corners as `lon lat` pairs parted by commas; what is no pair of numbers is left out. */
function readCorners(text: string): Corner[] {
  return text.split(",").flatMap((pair): Corner[] => {
    const [lon, lat, ...rest] = pair.trim().split(/\s+/).map(Number);
    return lon !== undefined && lat !== undefined && rest.length === 0 && isPlace(lon, lat)
      ? [[lon, lat]]
      : [];
  });
}

const isPlace = (lon: number, lat: number): boolean => Math.abs(lon) <= 180 && Math.abs(lat) <= 90;

/** About a metre: as exactly as anybody can point at a map. */
const CORNER_DECIMALS = 5;

const writeCorners = (corners: Corner[]): string =>
  corners.map((each) => each.map((degrees) => degrees.toFixed(CORNER_DECIMALS)).join(" ")).join(",");

function readArea(text: string | undefined): AreaRef | undefined {
  const [vintage, code, ...rest] = (text ?? "").split("/");
  return vintage && code && rest.length === 0 ? { vintage, code } : undefined;
}

export function writeAddress(choice: Choice): string {
  const parts = new URLSearchParams({ place: choice.place.id, indicator: choice.indicator.id });
  if (choice.category !== null) parts.set("category", choice.category);
  parts.set("vintage", choice.vintage);
  parts.set("period", choice.period);
  if (choice.area) parts.set("area", `${choice.area.vintage}/${choice.area.code}`);
  if (choice.own !== null) parts.set("own", choice.own);
  if (choice.drawing !== null) parts.set("draw", writeCorners(choice.drawing));
  if (choice.view !== "map") parts.set("view", choice.view);
  if (choice.compared.length > 0) parts.set("areas", choice.compared.map(nameOf).join(","));
  if (choice.view === "hotspots")
    for (const [part, told] of Object.entries(choice.hotspots)) if (told) parts.set(part, told);
  return `?${parts.toString().replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}

/** A neighbourhood of one's own, where areas are named. */
export const OWN = "own";

export const nameOf = ({ vintage, code }: AreaRef): string => `${vintage}/${code}`;

/** The indicators that have figures for a place's vintages. */
export function indicatorsOf(place: Place, catalogue: Catalogue): Indicator[] {
  return catalogue.indicators.filter((each) => vintagesOf(place, each).length > 0);
}

/** The vintages in which a place has an indicator, in the place's order. */
export function vintagesOf(place: Place, indicator: Indicator): string[] {
  return place.vintages.filter((vintage) => periodsOf(indicator, vintage).length > 0);
}

/** The periods for which an indicator has figures in a vintage, in time. */
export function periodsOf(indicator: Indicator, vintage: string): string[] {
  return indicator.periods_by_vintage[vintage] ?? [];
}

/** A page opens with no more areas than this: a slow machine draws them while one waits. */
const MOST_AREAS_AT_FIRST = 10_000;

/** The vintage a place opens with. All there is of a country opens with areas that are few enough. */
function firstVintage(place: Place, vintages: string[], { vintages: known }: Catalogue): string {
  const sizes = new Map(known.map(({ id, areas }) => [id, areas]));
  const size = (vintage: string): number => sizes.get(vintage) ?? 0;
  if (place.within !== null || size(place.vintage) <= MOST_AREAS_AT_FIRST) return place.vintage;
  const few = vintages.filter((each) => size(each) <= MOST_AREAS_AT_FIRST);
  return few.toSorted((a, b) => size(b) - size(a))[0] ?? place.vintage;
}

/** The nearest thing to what was asked that exists, or null where the place has no figures at all.
 *
 * What cannot be kept falls back to the place's own default, then to the first vintage or category
 * and the latest period; `replaced` names each thing asked for by name that is not there.
 */
export function settle(asked: Asked, catalogue: Catalogue): { choice: Choice | null; replaced: string[] } {
  const replaced: string[] = [];
  const pick = <T>(
    what: string,
    wanted: string | undefined,
    known: T[],
    name: (each: T) => string,
    ...fallbacks: (string | null | undefined)[]
  ): T | undefined => {
    const found = known.find((each) => name(each) === wanted);
    if (wanted !== undefined && found === undefined && known.length > 0) replaced.push(`${what} “${wanted}”`);
    return (
      found ??
      fallbacks.map((id) => known.find((each) => name(each) === id)).find((each) => each !== undefined)
    );
  };
  const itself = (id: string) => id;

  const place = pick("place", asked.place, catalogue.places, (each) => each.id) ?? catalogue.places[0];
  if (!place) return { choice: null, replaced };
  const indicators = indicatorsOf(place, catalogue);
  const indicator =
    pick("indicator", asked.indicator, indicators, (each) => each.id, place.indicator) ?? indicators[0];
  if (!indicator) return { choice: null, replaced };

  const vintages = vintagesOf(place, indicator);
  const categories = indicator.categories.map((each) => each.id);
  const category =
    pick("category", asked.category, categories, itself, place.category) ?? categories[0] ?? null;
  const vintage =
    pick("level", asked.vintage, vintages, itself, firstVintage(place, vintages, catalogue)) ?? vintages[0];
  const periods = vintage === undefined ? [] : periodsOf(indicator, vintage);
  const period = pick("period", asked.period, periods, itself, place.period) ?? periods.at(-1);
  if (vintage === undefined || period === undefined) return { choice: null, replaced };
  return {
    choice: {
      place,
      indicator,
      category,
      vintage,
      period,
      area: asked.area ?? null,
      own: asked.area ? null : (asked.own ?? null),
      drawing: asked.drawing ?? null,
      compared: asked.compared ?? [],
      hotspots: asked.hotspots ?? {},
      view: asked.view,
    },
    replaced,
  };
}

/** A choice as an address would ask for it, to change a part and settle again. */
export function askedBy(choice: Choice): Asked {
  return {
    place: choice.place.id,
    indicator: choice.indicator.id,
    category: choice.category ?? undefined,
    vintage: choice.vintage,
    period: choice.period,
    area: choice.area ?? undefined,
    own: choice.own ?? undefined,
    drawing: choice.drawing,
    compared: choice.compared,
    hotspots: choice.hotspots,
    view: choice.view,
  };
}
