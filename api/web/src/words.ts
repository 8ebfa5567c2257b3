/** Numbers, periods and gaps in plain words. */
import type { Figure, Status, Topic } from "./shapes.ts";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const QUARTERS = ["Jan to Mar", "Apr to Jun", "Jul to Sep", "Oct to Dec"];

export const TOPICS: Record<Topic, string> = {
  crime: "Crime",
  health: "Health",
  education: "Education",
  deprivation: "Deprivation",
  population: "Population",
};

/** The kinds of area from the smallest to the country. */
const LEVELS: Record<string, string> = {
  oa: "Output area",
  lsoa: "Lower layer super output area",
  msoa: "Middle layer super output area",
  ward: "Ward",
  lad: "Local authority district",
  county: "County",
  force: "Police force area",
  health: "Health area",
  region: "Region",
  country: "Country",
  custom: "Custom area",
};

const STATUSES: Record<Status, string> = {
  observed: "Observed",
  estimated: "Estimated",
  incomplete: "Incomplete",
  withheld: "Withheld",
};

const REASONS: Record<string, string> = {
  no_data: "no data for this area and period",
  incomplete_source: "the source is incomplete for this period",
  small_number: "the number is small enough to point at a person",
  protects_another_cell: "showing it would reveal another withheld figure",
  not_shared: "the owner does not share it with you",
  boundary_changed: "the boundary changed and no fair comparison exists",
  publisher_withheld: "the publisher withheld it",
  no_denominator: "there is nothing to divide by: no population, or none counted a year before",
  best_fit: "a best-fit estimate from other areas",
  shared_out: "the boundary changed; this is its share of what was told before",
  no_weight: "a kind it adds up has no published weight",
  coverage_unknown: "how much of the area the source covers is not known",
  denominator_mismatch: "what there is to divide by is of too distant a year, or smaller than what is counted",
};

export const LEVELS_UPWARDS = Object.keys(LEVELS);

export const levelInWords = (level: string): string => LEVELS[level] ?? level;

export const reasonInWords = (reason: string): string => REASONS[reason] ?? reason.replaceAll("_", " ");

export const isMissing = (figure: Pick<Figure, "status" | "reason">): boolean =>
  figure.status === "withheld" && figure.reason === "no_data";

/** The status a reader sees: a figure nobody has is not a figure somebody holds back. */
export const statusInWords = (figure: Pick<Figure, "status" | "reason">): string =>
  isMissing(figure) ? "No data" : STATUSES[figure.status];

/** `2018-07` as July 2018, `2018-Q4` as Oct to Dec 2018; other labels are words already. */
export function periodInWords(period: string): string {
  const month = /^(\d{4})-(\d{2})$/.exec(period);
  if (month) return `${MONTHS[Number(month[2]) - 1] ?? month[2]} ${month[1]}`;
  const quarter = /^(\d{4})-Q([1-4])$/.exec(period);
  if (quarter) return `${QUARTERS[Number(quarter[2]) - 1]} ${quarter[1]}`;
  return period.replace("..", " to ");
}

/** `2018-07` as Jul 2018, where there is little room. */
export const monthInShort = (month: string): string =>
  periodInWords(month).replace(/^(\p{L}{3})\p{L}* /u, "$1 ");

export function dayInWords(moment: string): string {
  const day = new Date(moment);
  if (Number.isNaN(day.getTime())) return moment;
  return day.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

/** A number with thousands parted; each indicator says how many decimals its figures are worth. */
export function number(value: number, decimals = Number.isInteger(value) ? 0 : 1): string {
  return value.toLocaleString("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** `7.1 to 9.8`, or nothing where there is no interval. */
export function interval({ lower, upper }: Pick<Figure, "lower" | "upper">, decimals: number): string {
  if (lower === null || upper === null) return "";
  return `${number(lower, decimals)} to ${number(upper, decimals)}`;
}

/** `0.95` as “95 % interval”; where nobody has said, an interval is called no more than that. */
export const intervalName = (confidence: number | undefined): string =>
  confidence === undefined ? "Interval" : `${number(Math.round(confidence * 100))} % interval`;

/** “Usual residents, 2011 (Census 2011)” as words to go on from a number: “usual residents, 2011”. */
export const countedInWords = (denominator: string): string =>
  denominator.charAt(0).toLowerCase() + denominator.slice(1).replace(/ \([^()]*\)$/, "");

export function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}
