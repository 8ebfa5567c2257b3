/** What the service sends, as it is on the wire. */
import type { Feature, FeatureCollection, MultiPolygon, Polygon } from "geojson";

export type Topic = "crime" | "health" | "education" | "deprivation" | "population";
export type Status = "observed" | "estimated" | "incomplete" | "withheld";
export type Bbox = [west: number, south: number, east: number, north: number];

export interface Gap {
  topic: Topic;
  sentence: string;
}

export interface Place {
  id: string;
  name: string;
  /** The areas it is made of; null for all there are. */
  within: string | null;
  vintages: string[];
  vintage: string;
  indicator: string;
  category: string | null;
  period: string;
  bbox: Bbox;
  fictional: boolean;
  note: string;
  gaps: Gap[];
}

export interface Vintage {
  id: string;
  name: string;
  level: string;
  grade: string;
  grade_note: string;
  edition: number;
  areas: number;
  parents: string[];
}

export interface Category {
  id: string;
  name: string;
}

export interface Indicator {
  id: string;
  name: string;
  topic: Topic;
  unit: string;
  description: string;
  polarity: "high_is_bad" | "high_is_good" | "none";
  decimals: number;
  categories: Category[];
  periods: string[];
  vintages: string[];
  /** The periods there are figures of, for each vintage: not every one has them all. */
  periods_by_vintage: Record<string, string[]>;
  caveats: string[];
  /** The title of its source. */
  source: string;
  publisher: string;
  licence: string;
  method: string;
}

export interface AreaName {
  code: string;
  vintage: string;
  name: string;
  level: string;
  fictional?: boolean;
  /** What else it is called, by kind: `known_as`, `name_welsh`. */
  aliases?: Record<string, string>;
}

export interface Source {
  id: string;
  title: string;
  publisher: string;
  licence: string;
  attribution: string;
  homepage?: string;
  periods?: string[];
}

export interface Figure {
  area_code: string;
  name: string;
  value: number | null;
  lower: number | null;
  upper: number | null;
  numerator: number | null;
  denominator: number | null;
  unit: string;
  status: Status;
  reason: string | null;
}

export interface LegendClass {
  lower: number;
  upper: number;
  label: string;
  colour: string;
}

export interface Legend {
  method: string;
  classes: LegendClass[];
  zero?: { label: string; colour: string } | null;
  missing: { label: string };
  withheld: { label: string };
}

export interface FiguresMeta {
  indicator: string;
  name: string;
  unit: string;
  vintage: string;
  period: string;
  category: string | null;
  /** What was divided by, of which year and by whose count; null where nothing was. */
  denominator: string | null;
  /** How much of chance an interval takes in: 0.95 for a 95 % interval. */
  confidence: number;
  release: number;
  published: string;
  edition: number;
  grade: string;
  grade_note: string;
  counts: Record<string, number>;
  /** Null where no layer says how the indicator is coloured. */
  legend: Legend | null;
  sources: Source[];
  caveats: string[];
}

export interface FigureSet {
  meta: FiguresMeta;
  figures: Figure[];
  next: string | null;
}

export interface ProfileFigure extends Omit<Figure, "area_code" | "name"> {
  indicator: string;
  name: string;
  category: string | null;
  category_name: string | null;
  period: string;
  /** What it goes by under its heading; its own name where it has none. */
  label: string;
  /** The heading it stands under together with others; "" for none. */
  heading: string;
  folded: boolean;
  decimals: number;
  /** How much of chance its interval takes in; null without one. */
  confidence: number | null;
  polarity?: Indicator["polarity"];
  /** Whose figure it is; null where it is the area's own. */
  area: (AreaName & { relation: "same" | "larger" }) | null;
  /** That the value is a place in an order, which `words` tells. */
  ranking: "rank" | "decile" | null;
  words: string | null;
  denominator_words: string | null;
  sentence: string;
  sources: string[];
  /** What it is compared with, the nearest first; of the newest period alone. */
  comparators?: Comparator[];
  rank?: Rank | null;
  /** How the areas around are spread. */
  spread?: Spread | null;
  trend?: Trend | null;
}

export type Verdict = "better" | "worse" | "similar" | "higher" | "lower" | "not_compared";

/** The same figure of something larger, or of areas alike, and how the area's own stands to it. */
export interface Comparator {
  kind: string;
  vintage: string | null;
  code: string | null;
  name: string;
  value: number | null;
  lower: number | null;
  upper: number | null;
  numerator: number | null;
  denominator: number | null;
  period: string;
  verdict: Verdict;
  /** How sure the verdict is, in per cent; null or 0 where it says none. */
  level: number | null;
  because: string | null;
}

export interface Rank {
  position: number;
  of: number;
  /** How many areas share the place, this one included; 1 where none does. */
  ties: number;
  among: string;
  order: string;
  quintile: number | null;
  quintile_kind: string | null;
}

export interface Spread {
  minimum: number;
  lower_quartile: number;
  median: number;
  upper_quartile: number;
  maximum: number;
  of: number;
  among: string;
}

export interface TrendPeriod {
  period: string;
  value: number | null;
  lower: number | null;
  upper: number | null;
  status: Status;
  reason?: string | null;
}

export interface Trend {
  /** The oldest first. */
  periods: TrendPeriod[];
  verdict: string;
  test: string;
  p: number | null;
  tested_periods: number;
}

export interface StandsOut {
  tested: number;
  flagged: number;
  method: string;
  sentences: { sentence: string; indicator: string; category: string | null; period: string }[];
}

export interface Neighbour {
  vintage: string;
  code: string;
  name: string;
  distance: number;
}

export interface ProfileSection {
  id: string;
  title: string;
  topic: Topic;
  figures: ProfileFigure[];
}

export interface Profile {
  area: AreaName & { parents: AreaName[] };
  release: number;
  sections: ProfileSection[];
  gaps: Gap[];
  sources: Source[];
  sites: Site[];
  /** What is shown of sites, and how near is near; "" where there are none. */
  sites_note: string;
  stands_out?: StandsOut;
  similar?: Neighbour[];
  /** By what they are alike, or why there is none. */
  similar_because?: string | null;
  /** Coverage, deliveries and gaps, in sentences. */
  quality?: string[];
  /** Of a neighbourhood of one's own: the areas looked at, and how well those taken fit. */
  blocks?: Block[];
  degree_of_fit?: DegreeOfFit;
  token?: string;
  unknown_postcodes?: string[];
}

/** Areas side by side. */
export interface Comparison {
  areas: AreaName[];
  release: number;
  method: string;
  /** How many pairs were tested. */
  tested: number;
  sections: { id: string; title: string; topic: Topic; figures: ComparedFigure[] }[];
  sources: Source[];
}

export interface ComparedFigure extends Pick<
  ProfileFigure,
  | "indicator"
  | "name"
  | "label"
  | "heading"
  | "folded"
  | "category"
  | "category_name"
  | "period"
  | "unit"
  | "decimals"
  | "ranking"
> {
  /** One for each area; null where it has no such figure of its own. */
  values: (ComparedValue | null)[];
  tests: PairTest[];
  /** Why no pair was tested; null where one was. */
  tests_because: string | null;
}

export type ComparedValue = Pick<Figure, "value" | "lower" | "upper" | "status" | "reason"> & {
  words: string | null;
};

/** How the first of two areas, by their places among those compared, stands to the second. */
export interface PairTest {
  first: number;
  second: number;
  verdict: Verdict;
  sentence: string | null;
  because: string | null;
}

export interface Block {
  vintage: string;
  code: string;
  name: string;
  taken: boolean;
  /** The share of its ground inside the line; null where none was drawn. */
  ground_inside: number | null;
  residents: number | null;
}

export interface DegreeOfFit {
  covered: number | null;
  outside: number | null;
  taken: number;
  touched: number;
  residents: number | null;
  words: string;
}

/** A school, practice or surgery in the area or near it. */
export interface Site {
  kind: string;
  name: string;
  code: string | null;
  postcode: string | null;
  /** From the outline of the area, 0 inside; null where only the areas of its postcode are known. */
  distance_m: number | null;
  inside: boolean;
  figures: SiteFigure[];
}

/** A figure of a site's own pupils or patients. */
export interface SiteFigure {
  indicator: string;
  name: string;
  sentence: string;
}

export type AreaFeature = Feature<Polygon | MultiPolygon, { code: string; name: string }>;
export type AreaCollection = FeatureCollection<Polygon | MultiPolygon, { code: string; name: string }>;

export interface Catalogue {
  places: Place[];
  vintages: Vintage[];
  indicators: Indicator[];
}
