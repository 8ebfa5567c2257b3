/** The hotspot view: the map's own words beside it, and all of it as a table below. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Actions, Model } from "../model.ts";
import { problemCard } from "../notices.ts";
import type { Corner } from "../address.ts";
import { LEAST_CORNERS } from "../own.ts";
import { askHotspotFile, asProblem, hotspotAddress, Problem } from "../service.ts";
import { countOf, number, periodInWords } from "../words.ts";
import {
  cellInWords,
  classOf,
  columnCell,
  columnInWords,
  columnsOf,
  coverageInWords,
  parameterLines,
  type Evaluation,
  type HotspotAnswer,
  type HotspotQuestion,
  type Scores,
} from "./answers.ts";
import { placeInWords, settledOf, type SettledHotspots } from "./asking.ts";
import { clockTable, lorenzCurve, monthsChart } from "./charts.ts";

/** Rows of the table at first, and more at a time. */
const ROWS_SHOWN = 200;

/** Title and the line under it. */
export function hotspotHeadline(model: Model): { title: string; under: string } {
  const settled = settledOf(model);
  if (!settled) return { title: "Hotspots", under: model.choice.place.name };
  const { method, source, question } = settled;
  const category = source.categories.find(({ id }) => id === question["category"])?.name;
  const { within = "" } = question;
  const named = model.offer.state === "ready" ? placeInWords(within, model.offer.value) : within;
  const where = settled.polygon === null ? named : "The area drawn";
  const { from = "", to = "" } = question;
  const when = from === to ? periodInWords(to) : `${periodInWords(from)} to ${periodInWords(to)}`;
  return {
    title: category
      ? `${method.title}: ${category.charAt(0).toLowerCase()}${category.slice(1)}`
      : method.title,
    under: `${where}, ${when}`,
  };
}

/** What the map says, how good it was, and what it is made of. */
export function findings(model: Model, actions: Actions): TemplateResult {
  const { hotspots } = model;
  const settled = settledOf(model);
  return html`
    <aside class="profile findings" aria-labelledby="findings-heading">
      <div class="profile-head"><h2 id="findings-heading">What it says</h2></div>
      <div class="profile-body">
        ${hotspots.state === "loading" ? html`<p class="waiting" role="status">Working it out…</p>` : nothing}
        ${hotspots.state === "failed" ? problemCard(hotspots.problem, actions.retry) : nothing}
        ${hotspots.state === "ready" && settled ? told(hotspots.value, settled) : nothing}
        ${hotspots.state === "none" && settled?.polygon ? html`<p>Set at least ${LEAST_CORNERS} corners on the map, and what is inside is looked at.</p>` : nothing}
      </div>
    </aside>
  `;
}

function told(answer: HotspotAnswer, settled: SettledHotspots): TemplateResult {
  const { reading, evaluation, coverage, parameters } = answer;
  return html`
    <section aria-label="Reading">
      <ul class="sentences">${reading.map((each) => html`<li>${each}</li>`)}</ul>
    </section>
    ${evaluation && settled.method.foretells ? scoring(evaluation) : nothing}
    <section aria-labelledby="coverage-heading">
      <h3 id="coverage-heading">What was delivered</h3>
      <p>${coverageInWords(coverage)}</p>
      ${coverage.snap ? html`<p class="faint">${coverage.snap.precision}</p>` : nothing}
      ${
        coverage.deliveries && coverage.deliveries.length > 0
          ? html`<details><summary>${countOf(coverage.deliveries.length, "delivery", "deliveries")}</summary>
            <table class="small-table"><caption class="unseen">Deliveries used</caption>
              <thead><tr><th scope="col">Delivery</th><th scope="col" class="numeric">Rows</th></tr></thead>
              <tbody>${coverage.deliveries.map(({ partition, rows }) => html`<tr><th scope="row">${partition}</th><td class="numeric">${number(rows)}</td></tr>`)}</tbody></table></details>`
          : nothing
      }
    </section>
    <section aria-labelledby="parameters-heading">
      <h3 id="parameters-heading">How it was made</h3>
      <dl class="parameters">${parameterLines(parameters).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    </section>
    <section aria-labelledby="files-heading"><h3 id="files-heading">Take away</h3>${downloads(settled)}</section>
  `;
}

/** Scores of a map on what came afterwards, or why there are none. */
export function scoring(evaluation: Evaluation): TemplateResult {
  const { scored, because, map, last_time_again: again, random, period } = evaluation;
  const row = (name: string, scores: Scores | undefined) =>
    scores
      ? html`<tr><th scope="row">${name}</th><td class="numeric">${share(scores.hit_rate)}</td><td class="numeric">${plain(scores.pai)}</td><td class="numeric">${plain(scores.pei)}</td></tr>`
      : nothing;
  return html`
    <section aria-labelledby="scoring-heading">
      <h3 id="scoring-heading">How good was it?</h3>
      ${because ? html`<p class="section-gap">Not scored: ${because}.</p>` : nothing}
      ${
        scored
          ? html`<p class="faint">Held against what came afterwards${period ? `, ${period}` : ""}.</p>
            <table class="small-table"><caption class="unseen">Scores of the map and of simpler ones</caption>
            <thead><tr><th scope="col">Map</th><th scope="col" class="numeric">Hit rate</th><th scope="col" class="numeric"><abbr title="Prediction accuracy index: 1 is a map drawn by lot">PAI</abbr></th><th scope="col" class="numeric"><abbr title="Prediction efficiency index: 1 is the best map of this size">PEI</abbr></th></tr></thead>
            <tbody>${row("This map", map)}${row("Last period again", again)}${row("Drawn by lot", random)}</tbody></table>
            <p class="faint">PAI 1 is a map drawn by lot; PEI 1 is the best there could be with as much land.</p>`
          : nothing
      }
    </section>
  `;
}

const share = (value: number | null | undefined): string =>
  value == null ? "none" : `${number(value * 100, 1)} %`;
const plain = (value: number | null | undefined): string => (value == null ? "none" : number(value, 2));

const FILES: Record<string, string> = {
  geojson: "GeoJSON",
  json: "JSON",
  csv: "CSV",
  tif: "Surface (GeoTIFF)",
  png: "Picture (PNG)",
  html: "Map to keep (HTML)",
};

/** A map as GeoJSON tells all that its JSON does. */
const formatsOf = ({ method }: SettledHotspots): string[] =>
  method.formats.filter((each) => each !== "json" || !method.maps);

function downloads(settled: SettledHotspots): TemplateResult {
  const { question, polygon } = settled;
  const name = (format: string) => FILES[format] ?? format;
  return html`<p class="downloads">${formatsOf(settled).map((format) =>
    polygon === null
      ? html`<a href=${hotspotAddress(question, format)} download>${name(format)}</a>`
      : html`<button type="button" class="plain" @click=${() => void keep(question, polygon, format)}>${name(format)}</button>`,
  )}</p>`;
}

/** Hands a file of an area that was drawn to the browser, as a link would. */
async function keep(question: HotspotQuestion, polygon: Corner[], format: string): Promise<void> {
  const file = await askHotspotFile(question, polygon, format).catch(asProblem);
  if (file instanceof Problem) return window.alert(`${file.message} ${file.remedy}`);
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = `${question.method}-${question["from"]}-${question["to"]}.${format}`;
  link.click();
  URL.revokeObjectURL(address);
}

/** Below the map, or in its place: the chart of what is no map, and the table of all of it. */
export function hotspotTables(model: Model): TemplateResult | typeof nothing {
  const { hotspots } = model;
  if (hotspots.state !== "ready") return nothing;
  const answer = hotspots.value;
  return html`
    <div class="hotspot-tables">
      ${answer.clock ? clockTable(answer.clock) : nothing}
      ${answer.months && answer.months.length > 0 ? monthsChart(answer.months, answer.parameters) : nothing}
      ${answer.lorenz && answer.lorenz.length > 0 ? lorenzCurve(answer.lorenz) : nothing}
      ${answer.features && answer.features.length > 0 ? shapesTable(answer) : nothing}
    </div>
  `;
}

function shapesTable(answer: HotspotAnswer): TemplateResult {
  const features = answer.features ?? [];
  const columns = columnsOf(answer);
  // Where each class is one shape the order of the classes is the order of the table.
  const isByClass = features.every(
    ({ properties }) => properties["name"] == null && properties["rank"] == null,
  );
  const sorted = isByClass
    ? features
    : features.toSorted((a, b) => weight(b.properties) - weight(a.properties));
  const rows = sorted.slice(0, ROWS_SHOWN);
  const isNumber = (column: string) =>
    features.some(({ properties }) => typeof properties[column] === "number");
  return html`
    <h2 class="table-heading" id="hotspot-table-heading">The map as a table</h2>
    <p class="faint table-note">${features.length > rows.length ? `The ${number(rows.length)} with most of ${number(features.length)}; the CSV has them all.` : `All ${number(features.length)}${isByClass ? "" : ", those with most first"}.`}</p>
    <div class="table-frame flat" tabindex="0" role="region" aria-labelledby="hotspot-table-heading">
      <table>
        <thead><tr><th scope="col">${isByClass ? "Class" : "Where"}</th>${isByClass ? nothing : html`<th scope="col">Class</th>`}${columns.map((each) => html`<th scope="col" class=${isNumber(each) ? "numeric" : ""}>${columnInWords(each)}</th>`)}</tr></thead>
        <tbody>${rows.map(
          ({ properties }) =>
            html`<tr><th scope="row">${whereInWords(properties)}</th>${isByClass ? nothing : html`<td>${classOf(properties, answer)}</td>`}${columns.map((each) => html`<td class=${isNumber(each) ? "numeric" : ""}>${columnCell(each, properties[each])}</td>`)}</tr>`,
        )}</tbody>
      </table>
    </div>
  `;
}

const weight = (properties: Record<string, unknown>): number =>
  Number(properties["incidents"] ?? properties["value"] ?? 0);

export function whereInWords(properties: Record<string, unknown>): string {
  const { name, code, rank } = properties;
  if (name !== undefined && name !== null)
    return name === code || code === undefined ? String(name) : `${name} (${code})`;
  return rank === undefined ? String(properties["class"] ?? "") : `No. ${cellInWords(rank)}`;
}

/** What the pointer is on. */
export function hotspotTip(properties: Record<string, unknown>, answer: HotspotAnswer): TemplateResult {
  const lines = columnsOf(answer).filter(
    (each) => properties[each] !== undefined && properties[each] !== null,
  );
  return html`
    <strong>${whereInWords(properties)}</strong><span class="gap">${classOf(properties, answer)}</span>
    ${lines.slice(0, 5).map((each) => html`<span class="faint">${columnInWords(each)}: ${columnCell(each, properties[each])}</span>`)}
  `;
}
