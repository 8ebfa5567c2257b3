/** What the service says about where and when incidents concentrate, and how it is read. */
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { number, sentenceCase } from "../words.ts";

/** A question to the service: a method, and its parameters by the service's own names. */
export type HotspotQuestion = { method: string } & Record<string, string>;

export interface HotspotClass {
  class: string;
  colour: string;
  lower?: number;
  upper?: number;
}

export interface Scores {
  hit_rate: number | null;
  pai: number | null;
  pei?: number | null;
}

export interface Evaluation {
  scored: boolean;
  because?: string;
  period?: string;
  incidents?: number;
  flagged_by?: string;
  map?: Scores;
  last_time_again?: Scores;
  random?: Scores & { pai_lower?: number | null; pai_upper?: number | null };
  sentence?: string;
}

export interface CoverageMonth {
  month: string;
  force: string | null;
  status: "whole" | "missing" | "doubtful";
  rows?: number;
  usual?: number;
}

export interface Coverage {
  deliveries?: { id: number; partition: string; rows: number; loaded_at: string }[];
  months?: CoverageMonth[];
  incidents?: number;
  without_location?: number;
  of_rows?: number;
  map_points?: number;
  snap?: { spacing_m: number | null; precision: string; month_only: boolean };
}

export interface SeriesMonth {
  month: string;
  status: string;
  incidents: number | null;
  level: number | null;
  flags: string[];
  trend?: number | null;
  usual?: number | null;
}

export interface HotspotAnswer {
  type?: string;
  features?: Feature<Geometry | null, Record<string, unknown>>[];
  classes?: HotspotClass[];
  coloured_by?: string;
  parameters: Record<string, unknown>;
  coverage: Coverage;
  evaluation: Evaluation | null;
  /** What was found, how good it was, what it leaves out. */
  reading: string[];
  clock?: { weekday: string; hours: number[] }[];
  by_hour?: number[];
  by_weekday?: number[];
  months?: SeriesMonth[];
  lorenz?: [number, number][];
  gini?: number | null;
  generalised_gini?: number | null;
}

/** Classes of a test that found nothing; those that found something are drawn with a dark outline, which shows without colour. */
const PALE = /^(none|other|no |not )/;

/** The shapes with the colour of their class, ready to be laid over the map. */
export function colouredShapes(answer: HotspotAnswer): FeatureCollection {
  const classes = answer.classes ?? [];
  const colours = new Map(classes.map((each) => [each.class, each.colour]));
  const areTested = classes.every(({ lower }) => lower === undefined);
  const most = Math.max(
    1,
    ...(answer.features ?? []).map(({ properties }) => Number(properties["incidents"] ?? 0)),
  );
  const features = (answer.features ?? []).flatMap((feature): Feature[] => {
    if (!feature.geometry) return [];
    const name = classOf(feature.properties, answer);
    const radius = 3 + 11 * Math.sqrt(Number(feature.properties["incidents"] ?? 0) / most);
    const drawn = {
      colour: colours.get(name) ?? "#dfe3e4",
      radius,
      stands_out: areTested && !PALE.test(name),
    };
    return [{ type: "Feature", geometry: feature.geometry, properties: { ...feature.properties, ...drawn } }];
  });
  return { type: "FeatureCollection", features };
}

export const classOf = (
  properties: Record<string, unknown>,
  { coloured_by: by = "class" }: HotspotAnswer,
): string => String(properties[by] ?? properties["class"] ?? "");

/** How many shapes each class has, in the order of the legend. */
export function classCounts(answer: HotspotAnswer): { name: string; colour: string; count: number }[] {
  const many = new Map<string, number>();
  for (const { properties } of answer.features ?? []) {
    const name = classOf(properties, answer);
    many.set(name, (many.get(name) ?? 0) + 1);
  }
  return (answer.classes ?? []).map(({ class: name, colour }) => ({
    name,
    colour,
    count: many.get(name) ?? 0,
  }));
}

/** Properties that are told otherwise, or to no reader. */
const UNTOLD = new Set(["colour", "radius", "stands_out", "code", "name", "rank", "class"]);

/** The columns of the table beside a map: what its shapes have numbers of, in their own order. */
export function columnsOf(answer: HotspotAnswer): string[] {
  const columns = new Set<string>();
  for (const { properties } of answer.features ?? [])
    for (const key of Object.keys(properties)) if (!UNTOLD.has(key)) columns.add(key);
  return [...columns];
}

const COLUMN_WORDS: Record<string, string> = {
  per_km2: "Per km²",
  land_km2: "Land, km²",
  adjusted_p: "p, adjusted",
  p: "p",
  z: "z",
  i: "I",
  a_year_before: "A year before",
  lower: "Ratio from",
  upper: "Ratio to",
  hot_in: "Hot in",
};

/** A property as the head of a column: `land_km2` as “Land, km²”. */
export const columnInWords = (key: string): string =>
  COLUMN_WORDS[key] ??
  sentenceCase(
    key
      .replaceAll("_", " ")
      .replace(/\bkm2\b/g, "km²")
      .replace(/\bm2\b/g, "m²"),
  );

/** A property as words; nothing known is said to be that. */
export function cellInWords(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "number") return numberInWords(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(cellInWords).join(", ") || "none";
  return String(value);
}

/** A probability that was rounded away is small, and never none. */
export const columnCell = (column: string, value: unknown): string =>
  (column === "p" || column === "adjusted_p") && value === 0 ? "under 0.0001" : cellInWords(value);

/** Three digits that say something, whole numbers whole: 0.00042, 3.14, 1,234. */
export function numberInWords(value: number): string {
  if (Number.isInteger(value)) return number(value, 0);
  if (Math.abs(value) >= 100) return number(value, 0);
  if (Math.abs(value) >= 1) return number(value, 2);
  if (value !== 0 && Math.abs(value) < 0.0001) return value < 0 ? "above -0.0001" : "under 0.0001";
  return value.toLocaleString("en-GB", { maximumSignificantDigits: 3 });
}

const PARAMETER_WORDS: Record<string, string> = {
  fdr: "False discoveries controlled",
  harm: "Harm counted",
  alpha: "Level of the tests",
  unit: "Counted in",
  fewest_incidents: "Fewest incidents asked for",
};

/** A parameter's key as words: `bandwidth_m` as “Bandwidth, m”. */
export const parameterInWords = (key: string): string =>
  PARAMETER_WORDS[key] ??
  sentenceCase(
    key
      .replace(/_(m|km2|m2)$/, ", $1")
      .replaceAll("_", " ")
      .replace("km2", "km²"),
  );

/** Parameters as lines, those within others named after them; what was not given is left out. */
export function parameterLines(parameters: Record<string, unknown>, under = ""): [string, string][] {
  return Object.entries(parameters).flatMap(([key, value]): [string, string][] => {
    if (value === null || value === undefined || value === "" || HIDDEN.has(key)) return [];
    const name = under ? `${under}: ${parameterInWords(key).toLowerCase()}` : parameterInWords(key);
    if (typeof value === "object" && !Array.isArray(value))
      return parameterLines(value as Record<string, unknown>, name);
    return [[name, cellInWords(value)]];
  });
}

/** Said elsewhere already. */
const HIDDEN = new Set([
  ...["method", "title", "source", "category", "category_name", "from", "to", "within", "polygon", "place"],
  ...["mean", "lower", "upper"],
]);

/** What was delivered, in one sentence: whole, or what is missing and what looks too small. */
export function coverageInWords({ months = [] }: Coverage): string {
  const of = (status: string) => months.filter((each) => each.status === status);
  const tell = ({ month, force }: CoverageMonth) => (force ? `${month} of ${force}` : month);
  const [missing, doubtful] = [of("missing"), of("doubtful")];
  const said = [
    missing.length > 0 ? `Missing: ${missing.map(tell).join(", ")}` : "",
    doubtful.length > 0 ? `Fewer rows than usual: ${doubtful.map(tell).join(", ")}` : "",
  ].filter(Boolean);
  if (said.length > 0) return `${said.join(". ")}.`;
  return months.length > 0
    ? "Every month asked about was delivered whole."
    : "Nothing is known of its coverage.";
}

/** An hour of the week beside an even week: “twice the average” and the like. */
export function hourInWords(value: number, average: number): string {
  if (value === 0) return "none";
  const times = average > 0 ? value / average : 0;
  if (times >= 2) return "far above average";
  if (times >= 1.25) return "above average";
  if (times > 0.75) return "about average";
  if (times > 0.4) return "below average";
  return "far below average";
}

export const HOUR_CLASSES: { words: string; colour: string; ink: string }[] = [
  { words: "none", colour: "#ffffff", ink: "#1b2427" },
  { words: "far below average", colour: "#eff3ff", ink: "#1b2427" },
  { words: "below average", colour: "#c6dbef", ink: "#1b2427" },
  { words: "about average", colour: "#8fbfe0", ink: "#1b2427" },
  { words: "above average", colour: "#3182bd", ink: "#ffffff" },
  { words: "far above average", colour: "#08306b", ink: "#ffffff" },
];
