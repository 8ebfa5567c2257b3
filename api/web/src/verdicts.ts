/** A verdict is a word, a shape and a colour; and figures beside others are told in sentences. */
import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit-html";
import type { Comparator, Rank, Trend, Verdict } from "./shapes.ts";
import { number, periodInWords, sentenceCase } from "./words.ts";

/** Colours that people tell apart whatever their eyes are like; the shape says the same without any. */
const MARKS: Record<Verdict, { word: string; colour: string; outline: string }> = {
  better: { word: "better", colour: "#0072b2", outline: "M0,-1.15 L1.1,0.85 L-1.1,0.85 Z" },
  worse: { word: "worse", colour: "#d55e00", outline: "M0,1.15 L1.1,-0.85 L-1.1,-0.85 Z" },
  similar: { word: "similar", colour: "#e69f00", outline: "M-1,0 A1,1 0 1 1 1,0 A1,1 0 1 1 -1,0 Z" },
  higher: { word: "higher", colour: "#cc79a7", outline: "M-0.9,-0.9 H0.9 V0.9 H-0.9 Z" },
  lower: { word: "lower", colour: "#56b4e9", outline: "M0,-1.2 L1.2,0 L0,1.2 L-1.2,0 Z" },
  not_compared: {
    word: "not compared",
    colour: "#ffffff",
    outline: "M-1,0 A1,1 0 1 1 1,0 A1,1 0 1 1 -1,0 Z",
  },
};

const SHAPES = Object.keys(MARKS) as Verdict[];

export const verdictWord = (verdict: Verdict): string => MARKS[verdict].word;

/** A verdict's shape at a place of a drawing, `radius` wide to each side. */
export function mark(verdict: Verdict, x: number, y: number, radius: number): SVGTemplateResult {
  const { colour, outline } = MARKS[verdict];
  return svg`<path d=${outline} transform="translate(${x} ${y}) scale(${radius})" fill=${colour} stroke="#1b2427" stroke-width=${1 / radius} stroke-linejoin="round" />`;
}

/** A verdict's shape in a line of text; the word stands beside it. */
export function inlineMark(verdict: Verdict): TemplateResult {
  return html`<svg class="mark-inline" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">${mark(verdict, 7, 7, 5)}</svg>`;
}

/** What the shapes mean, for the foot of a chart. */
export function verdictKey(): TemplateResult {
  return html`<ul class="verdict-key" aria-label="What the shapes mean">${SHAPES.map(
    (each) => html`<li>${inlineMark(each)}${MARKS[each].word}</li>`,
  )}</ul>`;
}

/** How sure, where there is a verdict to be sure of: “at 99.8 % confidence”. */
export function sureness({ verdict, level }: Pick<Comparator, "verdict" | "level">): string {
  if (!level || verdict === "similar" || verdict === "not_compared") return "";
  return `at ${number(level)} % confidence`;
}

/** All comparisons of a figure in one sentence: “Worse than Bristol (6.1); similar to England (5.9).” */
export function comparedInWords(comparators: Comparator[], decimals: number, period = ""): string {
  const told = (Object.keys(THAN) as Verdict[]).flatMap((verdict) => {
    const alike = comparators.filter((each) => each.verdict === verdict);
    const names = alike.map((each) => named(each, decimals, period));
    return names.length > 0 ? [`${THAN[verdict]} ${listed(names)}`] : [];
  });
  return told.length > 0 ? `${sentenceCase(told.join("; "))}.` : "";
}

const THAN: Record<Verdict, string> = {
  worse: "worse than",
  better: "better than",
  higher: "higher than",
  lower: "lower than",
  similar: "similar to",
  not_compared: "not compared with",
};

function named(each: Comparator, decimals: number, period: string): string {
  const value = each.value === null ? "no figure" : number(each.value, decimals);
  const when = period && each.period !== period ? `, ${periodInWords(each.period)}` : "";
  const why = each.verdict === "not_compared" && each.because ? `: ${each.because}` : "";
  return `${each.name} (${value}${when}${why})`;
}

export function listed(words: string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** “Place 14 of 263 LSOAs of Bristol, highest first, shared by 2; in fifth 1 of 5.” */
export function rankInWords({ position, of, ties, among, order, quintile }: Rank): string {
  const shared = ties > 1 ? `, shared by ${number(ties)}` : "";
  const fifth = quintile ? `; in fifth ${quintile} of 5` : "";
  return `Place ${number(position)} of ${number(of)} ${among.replace(/^\d[\d,]* /, "")}, ${order}${shared}${fifth}.`;
}

/** The same verdict told from the other side. */
export const turned = (verdict: Verdict): Verdict =>
  (
    ({ better: "worse", worse: "better", higher: "lower", lower: "higher" }) as Partial<
      Record<Verdict, Verdict>
    >
  )[verdict] ?? verdict;

/** “worse than Bristol”, “similar to Bristol”. */
export const thanInWords = (verdict: Verdict, name: string): string => `${THAN[verdict]} ${name}`;

const TRENDS: Record<string, string> = {
  better: "Getting better",
  worse: "Getting worse",
  rising: "Rising",
  falling: "Falling",
  "no clear change": "No clear change",
};

export function trendInWords({ verdict, test, tested_periods: tested }: Trend): string {
  if (verdict === "too short") return `${number(tested)} periods: too few to tell a trend.`;
  const word = TRENDS[verdict] ?? sentenceCase(verdict);
  return `${word} over ${number(tested)} periods${test ? ` (${test})` : ""}.`;
}
