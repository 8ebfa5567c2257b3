/** The figures of a profile: each a line with its value, or with why there is none. */
import { html, nothing, type TemplateResult } from "lit-html";
import { grouped, ofWhom, sharedDoubt } from "./reading.ts";
import { indicatorAddress } from "./service.ts";
import type { Comparator, ProfileFigure } from "./shapes.ts";
import { trendLine, trendTable } from "./sparkline.ts";
import { comparedInWords, inlineMark, rankInWords, sureness, verdictWord } from "./verdicts.ts";
import {
  countedInWords,
  interval,
  intervalName,
  number,
  periodInWords,
  sentenceCase,
  statusInWords,
} from "./words.ts";

/** Figures of a group shown before the rest is folded away. */
const FIGURES_UNFOLDED = 6;
const TENTHS = Array.from({ length: 10 }, (_, at) => at + 1);

/** Figures under one heading: what they share is said once, then each has a line. */
export function figureGroup(figures: ProfileFigure[]): TemplateResult | typeof nothing {
  const [first] = figures;
  if (!first) return nothing;
  const lines = grouped(figures, ({ indicator, category }) => `${indicator}/${category}`);
  const alone = lines.length === 1 && !first.heading && !first.category_name;
  const shared = sharedWords(figures);
  const doubted = alone ? "" : sharedDoubt(figures);
  const line = (each: ProfileFigure[]) => figureLine(each, alone ? [] : shared.said, doubted === "");
  if (alone) return html`<ul class="figures">${lines.map(line)}</ul>`;
  const title = first.heading || first.name;
  const note = [...shared.said, ...shared.besides].filter(Boolean).join(", ");
  const about = [note, doubted]
    .filter(Boolean)
    .map((told) => html`<span class="faint">${sentenceCase(told)}</span>`);
  const larger = figures.every(({ area }) => area?.relation === "larger") ? "larger" : nothing;
  if (first.folded)
    return html`<details class="folded" data-of=${larger}><summary class="group">${title}${about}</summary><ul class="figures">${lines.map(line)}</ul></details>`;
  const rest = lines.slice(FIGURES_UNFOLDED);
  return html`
    <div data-of=${larger}>
      <p class="group">${title}${about}</p>
      <ul class="figures">${lines.slice(0, FIGURES_UNFOLDED).map(line)}</ul>
      ${rest.length > 0 ? html`<details><summary>${number(rest.length)} more</summary><ul class="figures">${rest.map(line)}</ul></details>` : nothing}
    </div>
  `;
}

/** Unit, period and whose figures they are, where all figures agree; and what one may add. */
function sharedWords(figures: ProfileFigure[]): { said: string[]; besides: string[] } {
  const [first] = figures;
  if (!first) return { said: [], besides: [] };
  const newest = grouped(figures, ({ indicator, category }) => `${indicator}/${category}`).flatMap((line) =>
    line.slice(0, 1),
  );
  const agree = (told: (figure: ProfileFigure) => string): string =>
    newest.every((each) => told(each) === told(first)) ? told(first) : "";
  const one = figures.every(({ indicator }) => indicator === first.indicator);
  const divided =
    one && first.denominator !== null && first.denominator_words
      ? `of ${number(first.denominator)} ${countedInWords(first.denominator_words)}`
      : "";
  const ranged = figures.some(({ lower }) => lower !== null)
    ? `each with its ${intervalName(first.confidence ?? undefined).toLowerCase()}`
    : "";
  const unit = agree(({ unit: told, ranking }) => (ranking ? "" : told));
  return {
    said: [unit, agree(({ period }) => periodInWords(period)), ofWhom(newest)],
    besides: [divided, ranged],
  };
}

/** An indicator's or category's newest figure, and those of earlier periods below it. */
function figureLine(
  [newest, ...earlier]: ProfileFigure[],
  said: string[],
  doubts: boolean,
): TemplateResult | typeof nothing {
  if (!newest) return nothing;
  const name = newest.category_name && !newest.heading ? newest.category_name : lineName(newest);
  const under = [newest.ranking ? "" : newest.unit, periodInWords(newest.period), ofWhom([newest])]
    .filter((told) => told && !said.includes(told))
    .join(", ");
  return html`
    <li data-status=${newest.status}>
      <div class="figure-top">
        <span class="figure-name">${name}${under ? html`<span class="faint">${under}</span>` : nothing}</span>
        ${valueOf(newest)}
      </div>
      ${tenths(newest)}${doubts ? doubt(newest) : nothing}
      ${compared(newest)}${trendLine(newest)}${behind(newest)}
      ${
        earlier.length > 0 && !newest.trend
          ? html`<ul class="earlier" aria-label="Earlier">${earlier.map(
              (each) => html`
              <li data-status=${each.status}><div class="figure-top"><span class="faint">${periodInWords(each.period)}</span>${valueOf(each)}</div>${doubts ? doubt(each) : nothing}</li>`,
            )}</ul>`
          : nothing
      }
    </li>
  `;
}

/** Under a heading an indicator goes by its label, or by its categories where it has them. */
function lineName({ label, name, category_name, heading }: ProfileFigure): string {
  if (!category_name) return label;
  return label === name && heading ? category_name : `${label}: ${category_name.toLowerCase()}`;
}

function valueOf(figure: ProfileFigure): TemplateResult {
  if (figure.value === null) return html`<span class="gap">${statusInWords(figure)}</span>`;
  if (figure.ranking)
    return html`<span class="figure-words">${sentenceCase(shortened(figure.words ?? ""))}</span>`;
  const range = interval(figure, figure.decimals);
  const title = range ? sentenceCase(intervalName(figure.confidence ?? undefined)) : nothing;
  const word = worth(figure);
  return html`<span class="figure-value">${number(figure.value, figure.decimals)}${word ? html`<span class="kind" data-kind=${word}>${word}</span>` : nothing}${range ? html`<span class="faint" title=${title}>${range}</span>` : nothing}</span>`;
}

/** The word for a value that is not to be taken as it stands, and for a zero that was counted. */
export function worth({ value, status }: Pick<ProfileFigure, "value" | "status">): string {
  if (status !== "observed") return status;
  return value === 0 ? "zero" : "";
}

/** What it is compared with, in one sentence after the shape of the first verdict; what it is not is told below. */
function compared({ comparators = [], decimals, period }: ProfileFigure): TemplateResult | typeof nothing {
  const told = comparators.filter(({ verdict }) => verdict !== "not_compared");
  const [first] = told;
  if (!first) return nothing;
  return html`<p class="compared">${inlineMark(first.verdict)}<span>${comparedInWords(told, decimals, period)}</span></p>`;
}

/** The numbers behind a line, folded away: comparisons with their intervals, rank, earlier periods. */
function behind(figure: ProfileFigure): TemplateResult | typeof nothing {
  const { comparators = [], rank, trend, decimals } = figure;
  if (comparators.length === 0 && !rank && !trend) return nothing;
  const row = (each: Comparator) => html`
    <tr><th scope="row">${each.name}</th>
      <td class="numeric">${each.value === null ? html`<span class="gap">No figure</span>` : number(each.value, decimals)}<span class="faint">${interval(each, decimals)}</span></td>
      <td>${inlineMark(each.verdict)}${verdictWord(each.verdict)}<span class="faint">${sureness(each) || each.because || ""}</span></td></tr>`;
  return html`
    <details class="behind"><summary>Numbers behind this</summary>
      ${rank ? html`<p>${rankInWords(rank)}</p>` : nothing}
      ${
        comparators.length > 0
          ? html`<table class="small-table"><caption class="unseen">${figure.name} beside others</caption>
            <thead><tr><th scope="col">Beside</th><th scope="col" class="numeric">Value</th><th scope="col">Here it is</th></tr></thead>
            <tbody>${comparators.map(row)}</tbody></table>`
          : nothing
      }
      ${trendTable(figure)}
      <p><a href=${indicatorAddress(figure.indicator)}>What this is, and how it is worked out</a></p>
    </details>
  `;
}

/** “rank 5,144 of 32,844 LSOAs in England, where 1 is the most deprived” as its numbers alone. */
const shortened = (words: string): string =>
  words.replace(/^rank ([\d,]+ of [\d,]+).*$/, "$1").replace(/ LSOAs in England$/, "");

/** A decile as one of ten boxes, beside the words that say it. */
function tenths({ ranking, value }: ProfileFigure): TemplateResult | typeof nothing {
  if (ranking !== "decile" || value === null) return nothing;
  return html`<div class="tenths" aria-hidden="true"><span>most</span>${TENTHS.map((tenth) => html`<i class=${tenth === value ? "here" : ""}></i>`)}<span>least</span></div>`;
}

/** Why there is no value, in the service's own words, or why the one there is should be doubted. */
function doubt(figure: ProfileFigure): TemplateResult | typeof nothing {
  if (figure.value === null) return html`<p>${sentenceCase(figure.sentence.replace(/^[^:]*: /, ""))}</p>`;
  const shared = sharedDoubt([figure]);
  return shared ? html`<p>${shared}.</p>` : nothing;
}
