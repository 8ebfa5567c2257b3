/** What may be asked about hotspots: the pickers' choices, kept to what there is. */
import type { Corner, HotspotAsked } from "../address.ts";
import { HOTSPOT_PARTS, type HotspotPart } from "../address.ts";
import type { Model } from "../model.ts";
import type { FiguresQuestion } from "../service.ts";
import type { Catalogue, Category, Indicator, Place } from "../shapes.ts";
import type { HotspotQuestion } from "./answers.ts";

/** A way to look at incidents, as the service lists it. */
export interface Method {
  id: string;
  title: string;
  says: string;
  /** Fewer incidents, months or areas than these are refused. */
  fewest_incidents: number;
  fewest_months: number;
  fewest_units: number | null;
  /** Counts in areas or cells that one may choose. */
  by_unit: boolean;
  /** Harm may be counted instead of incidents. */
  weighs: boolean;
  /** Answers with a map. */
  maps: boolean;
  /** Holds many tests at once, whose false discoveries are controlled unless one says otherwise. */
  tests: boolean;
  /** Says where to expect more, and is held against the months that follow. */
  foretells: boolean;
  formats: string[];
  parameters: Parameter[];
}

export interface Parameter {
  name: string;
  means: string;
  unit?: string;
  usual?: unknown;
  choices?: string[];
  least?: number;
  most?: number;
}

/** A source of incidents, and what of it there is. */
export interface OfferedSource {
  id: string;
  title: string;
  categories: Category[];
  /** Months that were delivered, in time. */
  months: string[];
}

export interface HotspotOffer {
  /** The place it is of. */
  place: string;
  methods: Method[];
  sources: OfferedSource[];
  /** Where one may look: the whole place, and its districts. */
  places: Choosable[];
  units: Choosable[];
}

export interface Choosable {
  id: string;
  name: string;
}

/** What the service tells of a source, as far as it matters here. */
export interface SourceCard {
  id: string;
  title: string;
  kind: string;
}

const ALL: Category = { id: "all", name: "All incidents" };
const ALL_CRIME: Category = {
  id: "all-crime-excluding-asb",
  name: "All crime, without anti-social behaviour",
};
const ASB = "anti-social-behaviour";

/** The sources of incidents, with the categories and months there are of each. */
export function offerOf(
  methods: Method[],
  cards: SourceCard[],
  catalogue: Catalogue,
  place: Place,
  districts: District[],
): HotspotOffer {
  const { indicators } = catalogue;
  const sources = cards
    .filter(({ kind }) => kind === "incidents")
    .map(({ id, title }) => {
      const mine = indicators.filter(({ source }) => source === title);
      return {
        id,
        title,
        categories: categoriesOf(mine),
        months: inTime(mine.flatMap(({ periods }) => periods)),
      };
    });
  const whole = place.within === null ? [] : [{ id: place.within, name: `All of ${place.name}` }];
  const named = districts.map(({ vintage, code, name }) => ({ id: `${vintage}/${code}`, name }));
  return {
    place: place.id,
    methods,
    sources: sources.filter(({ months }) => months.length > 0),
    places: [...whole, ...named],
    units: unitsOf(place, catalogue),
  };
}

export interface District {
  vintage: string;
  code: string;
  name: string;
}

/** Which figures tell what districts of a place have incidents; null where none do. */
export function districtsAsked(
  place: Place,
  { indicators, vintages }: Catalogue,
  cards: SourceCard[],
): FiguresQuestion | null {
  const sources = cards.filter(({ kind }) => kind === "incidents").map(({ title }) => title);
  const districts = vintages
    .filter(({ id, level }) => level === "lad" && place.vintages.includes(id))
    .map(({ id }) => id);
  const newestFirst = districts.toSorted().toReversed();
  const months = (each: Indicator, vintage: string) =>
    (each.periods_by_vintage[vintage] ?? []).filter(isMonth);
  for (const vintage of newestFirst) {
    const counted = indicators.find(
      (each) => sources.includes(each.source) && months(each, vintage).length > 0,
    );
    const period = counted && months(counted, vintage).at(-1);
    if (counted && period !== undefined)
      return {
        indicator: counted.id,
        category: counted.categories[0]?.id ?? null,
        vintage,
        period,
        within: place.within,
      };
  }
  return null;
}

const isMonth = (period: string): boolean => /^\d{4}-(0[1-9]|1[0-2])$/.test(period);
const inTime = (months: string[]): string[] => [...new Set(months.filter(isMonth))].toSorted();

function categoriesOf(indicators: { categories: Category[] }[]): Category[] {
  const known = new Map(indicators.flatMap(({ categories }) => categories).map((each) => [each.id, each]));
  const own = [...known.values()].filter(({ id }) => id !== ALL_CRIME.id && id !== ALL.id);
  return known.has(ASB) ? [ALL_CRIME, ...own] : [ALL, ...own];
}

/** Cells one may choose, besides the areas of the place. */
const CELLS = ["grid:150", "grid:250", "grid:500", "hex:250", "hex:500"];

function unitsOf({ vintages }: Place, { vintages: known }: Catalogue): Choosable[] {
  const small = known.filter(({ id, level }) => vintages.includes(id) && AREA_LEVELS.includes(level));
  return [
    ...CELLS.map((id) => ({ id, name: unitInWords(id) })),
    ...small.map(({ id, name }) => ({ id, name })),
  ];
}

const AREA_LEVELS = ["oa", "lsoa", "msoa", "ward"];

export function unitInWords(unit: string): string {
  const [shape, size] = unit.split(":");
  if (shape === "grid") return `Squares of ${size} m`;
  return shape === "hex" ? `Hexagons of ${size} m` : unit;
}

export interface SettledHotspots {
  method: Method;
  source: OfferedSource;
  question: HotspotQuestion;
  /** The corners of the study area, where it is drawn; the question then names no place. */
  polygon: Corner[] | null;
  /** Parts of the address that named nothing there is. */
  replaced: string[];
}

/** Of how many months a question is about at first. */
const MONTHS_AT_FIRST = 3;

/** The nearest question to what is asked that can be asked; null where there is no source at all. */
export function settleHotspots(
  asked: HotspotAsked,
  offer: HotspotOffer,
  polygon: Corner[] | null = null,
): SettledHotspots | null {
  const units = offer.units.map(({ id }) => id);
  const replaced: string[] = [];
  const pick = <T>(
    what: string,
    wanted: string | undefined,
    known: T[],
    name: (each: T) => string,
    otherwise?: T,
  ) => {
    const found = known.find((each) => name(each) === wanted);
    if (wanted !== undefined && found === undefined) replaced.push(`${what} “${wanted}”`);
    return found ?? otherwise ?? known[0];
  };
  const itself = (id: string) => id;
  const how = pick("method", asked.method, offer.methods, ({ id }) => id);
  const source = pick("source", asked.source, offer.sources, ({ id }) => id);
  if (!how || !source) return null;
  const category = pick("category", asked.of, source.categories, ({ id }) => id);
  const to = pick("month", asked.to, source.months, itself, source.months.at(-1)) ?? "";
  const earlier = source.months.filter((month) => month <= to);
  const first = needsLong(how) ? earlier[0] : earlier.slice(-MONTHS_AT_FIRST)[0];
  const from = pick("month", asked.from, earlier, itself, first) ?? to;
  const within = asked.in && isArea(asked.in) ? asked.in : offer.places[0]?.id;
  if (!within) return null;
  const where = polygon === null ? { within } : {};
  const question: HotspotQuestion = { method: how.id, source: source.id, from, to, ...where };
  if (category) question["category"] = category.id;
  if (how.by_unit)
    question["unit"] = isCells(asked.unit)
      ? asked.unit
      : (pick(
          "unit",
          asked.unit,
          units,
          itself,
          units.find((each) => each === "grid:250"),
        ) ?? "");
  for (const part of FURTHER) {
    const told = asked[part];
    if (told !== undefined && fits(part, how)) question[HOTSPOT_PARTS[part]] = told;
  }
  return { method: how, source, question, polygon, replaced };
}

/** What is asked on the page as it stands; null where nothing can be. */
export function settledOf({ offer, choice }: Pick<Model, "offer" | "choice">): SettledHotspots | null {
  return offer.state === "ready" ? settleHotspots(choice.hotspots, offer.value, choice.drawing) : null;
}

/** A question as an address holds it: all of it, so that a link means the same when there is more to ask. */
export function askedOf({ question }: SettledHotspots): HotspotAsked {
  const parts = Object.entries(HOTSPOT_PARTS) as [HotspotPart, string][];
  return Object.fromEntries(
    parts.flatMap(([part, name]) => (question[name] ? [[part, question[name]]] : [])),
  );
}

/** `VINTAGE/CODE`, or several of them parted by commas. */
const isArea = (text: string): boolean => text.split(",").every((each) => /^[^/\s]+\/[^/\s]+$/.test(each));

/** Where one looks, in words, whether it is offered by name or came by a link. */
export function placeInWords(within: string, { places }: HotspotOffer): string {
  const many = within.split(",").length;
  return (
    places.find(({ id }) => id === within)?.name ?? (many > 1 ? `${many} areas` : within.replace("/", " "))
  );
}

/** What has to be asked about all the months there are, to say anything. */
export const needsLong = ({ fewest_months: fewest }: Method): boolean => fewest > 1;
const isCells = (unit: string | undefined): unit is string => /^(grid|hex):\d+(\.\d+)?$/.test(unit ?? "");

const FURTHER: HotspotPart[] = ["fdr", "harm", "bandwidth", "cell", "over"];

/** Whether a further part means anything to a method: the service lists it among its parameters. */
const fits = (part: HotspotPart, { parameters }: Method): boolean =>
  parameters.some(({ name }) => name === HOTSPOT_PARTS[part]);
