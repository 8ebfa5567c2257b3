/** The spine chart: each figure beside its comparator, which stands in the middle; right is better. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import type { Comparator, Indicator, Profile, ProfileFigure, Spread } from "./shapes.ts";
import { inlineMark, mark, sureness, verdictKey, verdictWord } from "./verdicts.ts";
import { number, periodInWords } from "./words.ts";

type Polarity = Indicator["polarity"];

export interface SpineRow {
  section: string;
  name: string;
  figure: ProfileFigure & { value: number };
  comparator: Comparator & { value: number };
  spread: Spread;
  polarity: Polarity;
}

/** Where things stand from -1 (left, worse) to 1 (right, better); 0 is the comparator. */
export interface Places {
  dot: number;
  left: number;
  right: number;
  innerLeft: number;
  innerRight: number;
  lower: number;
  upper: number;
}

/** How many rows of a theme are shown before the rest is folded away. */
const ROWS_OF_A_THEME = 3;

/** The newest figure of each indicator and category that has a value, a spread and a comparator other than itself. */
export function spineRows(profile: Profile): SpineRow[] {
  return profile.sections.flatMap(({ title, figures }) => {
    const seen = new Set<string>();
    return figures.flatMap((figure): SpineRow[] => {
      const line = `${figure.indicator}/${figure.category}`;
      if (seen.has(line) || figure.area?.relation === "larger") return [];
      seen.add(line);
      const { value, spread } = figure;
      const comparator = figure.comparators?.find((each) => each.value !== null && each.code !== profile.area.code);
      if (value === null || !spread || comparator?.value == null) return [];
      // A number of people grows with the area: a district's is beyond all of its parts, and no middle of them.
      if (comparator.value < spread.minimum || comparator.value > spread.maximum) return [];
      return [
        {
          section: title,
          name: spineName(figure),
          figure: { ...figure, value },
          comparator: { ...comparator, value: comparator.value },
          spread,
          polarity: figure.polarity ?? "none",
        },
      ];
    });
  });
}

function spineName({ heading, label, name, category_name: category }: ProfileFigure): string {
  const own = label === name ? name : heading ? `${heading}: ${label}` : label;
  return category ? `${own}: ${category}` : own;
}

/** A row is scaled by itself: whatever lies furthest from the comparator touches the edge. */
export function placesOf({ figure, comparator, spread, polarity }: SpineRow): Places {
  const centre = comparator.value;
  const reach =
    Math.max(...[spread.minimum, spread.maximum, figure.value].map((end) => Math.abs(end - centre))) || 1;
  const turned = polarity === "high_is_bad" ? -1 : 1;
  const at = (amount: number) => Math.min(1, Math.max(-1, (turned * (amount - centre)) / reach)) + 0;
  const pair = (a: number, b: number): [number, number] => (at(a) <= at(b) ? [at(a), at(b)] : [at(b), at(a)]);
  const [left, right] = pair(spread.minimum, spread.maximum);
  const [innerLeft, innerRight] = pair(spread.lower_quartile, spread.upper_quartile);
  const [lower, upper] = pair(figure.lower ?? figure.value, figure.upper ?? figure.value);
  return { dot: at(figure.value), left, right, innerLeft, innerRight, lower, upper };
}

/** The row as a sentence, for whoever does not see the drawing. */
export function spineInWords({ name, figure, comparator, spread }: SpineRow): string {
  const n = (value: number) => number(value, figure.decimals);
  const sure = sureness(comparator);
  const verdict = `${verdictWord(comparator.verdict)}${sure ? ` (${sure})` : ""}`;
  return `${name}: ${n(figure.value)}; ${comparator.name} ${n(comparator.value)}: ${verdict}. Of ${number(spread.of)} ${plainAmong(spread)} the lowest is ${n(spread.minimum)}, the highest ${n(spread.maximum)}, and the middle half ${n(spread.lower_quartile)} to ${n(spread.upper_quartile)}.`;
}

const plainAmong = ({ among }: Spread): string => among.replace(/^\d[\d,]* /, "");

export function spineSection(profile: Profile): TemplateResult | typeof nothing {
  const rows = spineRows(profile);
  const [first] = rows;
  if (!first) return nothing;
  const shown = leading(rows);
  const isUndirected = rows.some(({ polarity }) => polarity === "none");
  return html`
    <section class="spine" aria-labelledby="section-glance">
      <h3 id="section-glance" tabindex="-1">At a glance</h3>
      <p class="faint">The line in the middle is ${first.comparator.name}; further right is better${isUndirected ? ", or higher where neither end is better" : ""}. The pale bar runs from the lowest to the highest of the ${plainAmong(first.spread)}, its dark part holds the middle half.</p>
      ${table(shown, "Figures beside what they are compared with")}
      ${
        rows.length > shown.length
          ? html`<details><summary>All ${number(rows.length)} comparisons</summary>${table(rows, "Every figure beside what it is compared with")}</details>`
          : nothing
      }
      ${verdictKey()}
    </section>
  `;
}

/** The first rows of every theme. */
export function leading(rows: SpineRow[]): SpineRow[] {
  const many = new Map<string, number>();
  return rows.filter(({ section }) => {
    many.set(section, (many.get(section) ?? 0) + 1);
    return (many.get(section) ?? 0) <= ROWS_OF_A_THEME;
  });
}

/** Roles are written out, because rows that are laid out as a grid lose those of a table. */
function table(rows: SpineRow[], caption: string): TemplateResult {
  return html`
    <table class="spine-table" role="table">
      <caption class="unseen">${caption}</caption>
      <thead class="unseen" role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Figure</th><th scope="col" role="columnheader">Value and verdict</th><th scope="col" role="columnheader">Chart</th></tr></thead>
      <tbody role="rowgroup">${rows.map(line)}</tbody>
    </table>
  `;
}

function line(row: SpineRow): TemplateResult {
  const { figure, comparator, name } = row;
  return html`
    <tr role="row">
      <th scope="row" role="rowheader" class="spine-name">${name} <span class="faint">${periodInWords(figure.period)}</span></th>
      <td role="cell" class="spine-value"><strong>${number(figure.value, figure.decimals)}</strong><span class="verdict">${inlineMark(comparator.verdict)}${verdictWord(comparator.verdict)}</span>
        <span class="faint">${comparator.name} ${number(comparator.value, figure.decimals)}</span></td>
      <td role="cell" class="spine-cell">${drawing(row)}</td>
    </tr>
  `;
}

const [WIDE, TALL, EDGE] = [180, 24, 9];

function drawing(row: SpineRow): TemplateResult {
  const places = placesOf(row);
  const x = (place: number) => WIDE / 2 + place * (WIDE / 2 - EDGE);
  const middle = TALL / 2;
  const bar = (from: number, to: number, tall: number, colour: string) =>
    svg`<rect x=${x(from)} y=${middle - tall / 2} width=${Math.max(0.5, x(to) - x(from))} height=${tall} fill=${colour} />`;
  return html`
    <svg viewBox="0 0 ${WIDE} ${TALL}" role="img" aria-label=${spineInWords(row)}>
      ${bar(places.left, places.right, 9, "#dfe5e7")}
      ${bar(places.innerLeft, places.innerRight, 9, "#b4c0c4")}
      <line x1=${WIDE / 2} x2=${WIDE / 2} y1="2" y2=${TALL - 2} stroke="#1b2427" stroke-width="1.4" />
      <line x1=${x(places.lower)} x2=${x(places.upper)} y1=${middle} y2=${middle} stroke="#1b2427" stroke-width="1" />
      ${mark(row.comparator.verdict, x(places.dot), middle, 5.4)}
    </svg>
  `;
}
