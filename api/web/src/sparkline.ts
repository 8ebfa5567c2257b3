/** A figure over its periods: a line that breaks where there is no value, and its verdict in words. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import type { ProfileFigure, Trend, TrendPeriod } from "./shapes.ts";
import { trendInWords } from "./verdicts.ts";
import { interval, intervalName, number, periodInWords, statusInWords } from "./words.ts";

const [WIDE, TALL, EDGE] = [120, 30, 4];
const FEWEST_TO_DRAW = 2;

export interface Point {
  x: number;
  y: number;
  isWhole: boolean;
}

/** Unbroken runs of points; a period without a value parts them, and is never drawn as a zero. */
export function runsOf(periods: TrendPeriod[], wide = WIDE, tall = TALL): Point[][] {
  const values = periods.flatMap(({ value }) => (value === null ? [] : [value]));
  const top = Math.max(0, ...values) || 1;
  const bottom = Math.min(0, ...values);
  const runs: Point[][] = [[]];
  periods.forEach(({ value, status }, at) => {
    if (value === null) {
      runs.push([]);
      return;
    }
    const x = EDGE + (at / Math.max(1, periods.length - 1)) * (wide - 2 * EDGE);
    const y = tall - EDGE - ((value - bottom) / (top - bottom)) * (tall - 2 * EDGE);
    runs.at(-1)?.push({ x, y, isWhole: status !== "incomplete" });
  });
  return runs.filter((run) => run.length > 0);
}

/** The line as a sentence: where it starts, where it ends, and what is missing between. */
export function lineInWords({ periods }: Trend, decimals: number): string {
  const known = periods.filter((each) => each.value !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last) return "No period has a value.";
  const tell = ({ value, period }: TrendPeriod) =>
    `${number(value ?? 0, decimals)} in ${periodInWords(period)}`;
  const missing = periods.length - known.length;
  const gaps = missing > 0 ? ` ${number(missing)} of ${number(periods.length)} periods have no value.` : "";
  return `From ${tell(first)} to ${tell(last)}.${gaps}`;
}

export function trendLine(figure: ProfileFigure): TemplateResult | typeof nothing {
  const { trend, decimals } = figure;
  if (!trend || trend.periods.length < FEWEST_TO_DRAW) return nothing;
  return html`
    <div class="trend">
      <svg viewBox="0 0 ${WIDE} ${TALL}" role="img" aria-label=${lineInWords(trend, decimals)}>${drawn(trend)}</svg>
      <p>${trendInWords(trend)}</p>
    </div>
  `;
}

function drawn({ periods }: Trend): unknown {
  const runs = runsOf(periods);
  const last = runs.at(-1)?.at(-1);
  return svg`
    <line x1="0" x2=${WIDE} y1=${TALL - EDGE} y2=${TALL - EDGE} stroke="#cfd6d8" stroke-width="1" />
    ${runs.map((run) => svg`<polyline points=${run.map(({ x, y }) => `${x},${y}`).join(" ")} fill="none" stroke="#0b5563" stroke-width="1.6" stroke-linejoin="round" />`)}
    ${runs.flat().map(({ x, y, isWhole }) => svg`<circle cx=${x} cy=${y} r=${isWhole ? 1.6 : 2.2} fill=${isWhole ? "#0b5563" : "#ffffff"} stroke="#0b5563" stroke-width="1" />`)}
    ${last ? svg`<circle cx=${last.x} cy=${last.y} r="2.8" fill=${last.isWhole ? "#0b5563" : "#ffffff"} stroke="#0b5563" stroke-width="1.2" />` : nothing}
  `;
}

/** The numbers behind the line; a gap is a word. */
export function trendTable({
  trend,
  decimals,
  confidence,
  name,
}: ProfileFigure): TemplateResult | typeof nothing {
  if (!trend || trend.periods.length < FEWEST_TO_DRAW) return nothing;
  const row = (each: TrendPeriod) => html`
    <tr><th scope="row">${periodInWords(each.period)}</th>
      <td class="numeric">${each.value === null ? html`<span class="gap">${statusInWords({ status: each.status, reason: each.reason ?? null })}</span>` : html`${number(each.value, decimals)}${each.status === "observed" ? nothing : html` <span class="gap">${statusInWords({ status: each.status, reason: null })}</span>`}`}</td>
      <td class="numeric">${interval(each, decimals)}</td></tr>`;
  return html`
    <table class="small-table"><caption class="unseen">${name} by period</caption>
      <thead><tr><th scope="col">Period</th><th scope="col" class="numeric">Value</th><th scope="col" class="numeric">${intervalName(confidence ?? undefined)}</th></tr></thead>
      <tbody>${trend.periods.toReversed().map(row)}</tbody></table>
  `;
}
