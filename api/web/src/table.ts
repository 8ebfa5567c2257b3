/** The map as a table: the same figures, sortable and searchable, with every gap in words. */
import { html, nothing, type TemplateResult } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import { live } from "lit-html/directives/live.js";
import { writeAddress } from "./address.ts";
import type { Actions, Column, Model, TableState } from "./model.ts";
import { questionOf } from "./model.ts";
import { figuresAddress } from "./service.ts";
import type { Figure, FiguresMeta, FigureSet } from "./shapes.ts";
import {
  countedInWords,
  countOf,
  interval,
  intervalName,
  number,
  reasonInWords,
  sentenceCase,
  statusInWords,
} from "./words.ts";

export const ROWS_AT_ONCE = 500;

interface Row {
  figure: Figure;
  name: string;
}

interface Heading {
  id: Column | null;
  label: string;
  numeric?: true;
  explained?: string | null;
}

const columnsOf = ({ confidence, denominator }: FiguresMeta): Heading[] => [
  { id: "name", label: "Area" },
  { id: "code", label: "Code" },
  { id: "value", label: "Value", numeric: true },
  { id: null, label: intervalName(confidence), numeric: true },
  { id: "numerator", label: "Count", numeric: true },
  { id: "denominator", label: "Out of", numeric: true, explained: denominator },
  { id: "status", label: "Status" },
  { id: null, label: "Reason" },
];

export function rowsOf(set: FigureSet, names: Map<string, string>, table: TableState): Row[] {
  const sought = table.filter.trim().toLocaleLowerCase("en-GB");
  const rows = set.figures
    .map((figure) => ({ figure, name: names.get(figure.area_code) ?? figure.name }))
    .filter(({ figure, name }) => `${name} ${figure.area_code}`.toLocaleLowerCase("en-GB").includes(sought));
  return rows.sort((a, b) => compare(a, b, table));
}

/** Gaps stay at the end whichever way numbers are sorted: unknown is neither high nor low. */
function compare(a: Row, b: Row, { sortedBy, descending }: TableState): number {
  const [one, other] = [keyOf(a, sortedBy), keyOf(b, sortedBy)];
  if (one === null || other === null) return Number(one === null) - Number(other === null) || byName(a, b);
  const order =
    typeof one === "number" && typeof other === "number"
      ? one - other
      : collator.compare(String(one), String(other));
  return (descending ? -order : order) || byName(a, b);
}

const collator = new Intl.Collator("en-GB", { numeric: true });
const byName = (a: Row, b: Row): number => collator.compare(a.name, b.name);

function keyOf({ figure, name }: Row, column: Column): string | number | null {
  if (column === "name") return name;
  if (column === "code") return figure.area_code;
  if (column === "status") return statusInWords(figure);
  return figure[column];
}

export function table(model: Model, actions: Actions): TemplateResult | typeof nothing {
  if (model.figures.state !== "ready") return nothing;
  const set = model.figures.value;
  const { sortedBy, descending, filter, rows } = model.table;
  // Sorting a country of areas takes a moment: only when something in the table has changed.
  const parts = [set, sortedBy, descending, filter, rows, model.choice];
  return html`${guard(parts, () => filled(model, actions, set))}`;
}

function filled(model: Model, actions: Actions, set: FigureSet): TemplateResult {
  const rows = rowsOf(set, model.names, model.table);
  const shown = rows.slice(0, model.table.rows);
  const { decimals } = model.choice.indicator;
  const question = questionOf(model.choice);
  return html`
    <div class="table-tools">
      <div class="field">
        <label for="filter">Filter areas</label>
        <input id="filter" type="text" autocomplete="off" placeholder="Name or code" .value=${live(model.table.filter)}
          @input=${(event: Event) => actions.filterBy((event.target as HTMLInputElement).value)} />
      </div>
      <p class="table-count" role="status">${rows.length === set.figures.length ? countOf(rows.length, "area") : `${number(rows.length)} of ${countOf(set.figures.length, "area")}`}</p>
      <p class="downloads">Download <a href=${figuresAddress(question, "csv")} download>CSV</a> <a href=${figuresAddress(question, "geojson")} download>GeoJSON</a></p>
    </div>
    <div class="table-frame" tabindex="0" role="region" aria-label="Figures by area">
      <table>
        <caption class="unseen">${summary(set)}</caption>
        <thead><tr>${columnsOf(set.meta).map((column) => heading(column, model.table, actions))}</tr></thead>
        <tbody>${shown.map((row) => line(row, model, decimals))}</tbody>
      </table>
      ${rows.length === 0 ? html`<p class="none">No area matches “${model.table.filter}”.</p>` : nothing}
      ${
        rows.length > shown.length
          ? html`<p class="none"><button type="button" class="plain" @click=${actions.moreRows}>Show ${number(Math.min(ROWS_AT_ONCE, rows.length - shown.length))} more of ${number(rows.length - shown.length)} left</button></p>`
          : nothing
      }
    </div>
  `;
}

function heading(
  { id, label, numeric, explained }: Heading,
  state: TableState,
  actions: Actions,
): TemplateResult {
  const sorted = id === state.sortedBy ? (state.descending ? "descending" : "ascending") : null;
  const text =
    id === null
      ? label
      : html`<button type="button" @click=${() => actions.sortBy(id)}>${label}<span class="sort ${sorted ?? ""}" aria-hidden="true"></span></button>`;
  return html`<th scope="col" class=${numeric ? "numeric" : ""} title=${explained ?? nothing} aria-sort=${sorted ?? nothing}>${text}</th>`;
}

function line({ figure, name }: Row, model: Model, decimals: number): TemplateResult {
  const area = { vintage: model.choice.vintage, code: figure.area_code };
  const chosen = model.choice.area?.code === figure.area_code;
  const count = (value: number | null) => (value === null ? "" : number(value));
  return html`
    <tr class=${chosen ? "chosen" : ""} data-status=${figure.status}>
      <th scope="row"><a href=${writeAddress({ ...model.choice, area })}>${name}</a></th>
      <td class="code">${figure.area_code}</td>
      <td class="numeric value">${figure.value === null ? html`<span class="gap">${statusInWords(figure)}</span>` : number(figure.value, decimals)}</td>
      <td class="numeric">${interval(figure, decimals)}</td>
      <td class="numeric">${count(figure.numerator)}</td>
      <td class="numeric">${count(figure.denominator)}</td>
      <td>${statusInWords(figure)}</td>
      <td>${figure.reason ? sentenceCase(reasonInWords(figure.reason)) : ""}</td>
    </tr>
  `;
}

/** One sentence that says what the picture says: how many areas have a value, and how many have none and why. */
export function summary(set: FigureSet): string {
  const count = (status: string) => set.figures.filter((figure) => statusInWords(figure) === status).length;
  const without = [
    [count("No data"), "have no data"],
    [count("Withheld"), "are withheld"],
    [count("Incomplete"), "are incomplete"],
    [count("Estimated"), "are estimated"],
  ].filter(([many]) => many !== 0);
  const valued = set.figures.filter((figure) => figure.value !== null).length;
  const divided = set.meta.denominator ? `, divided by ${countedInWords(set.meta.denominator)}` : "";
  const first = `${number(valued)} of ${countOf(set.figures.length, "area")} have a value (${set.meta.unit}${divided})`;
  return `${[first, ...without.map(([many, words]) => `${number(Number(many))} ${words}`)].join("; ")}.`;
}
