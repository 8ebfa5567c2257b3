/** Areas side by side: the same figures of each, in tables by theme, with every gap in words. */
import { html, nothing, type TemplateResult } from "lit-html";
import { FEWEST_COMPARED, MOST_COMPARED, OWN, writeAddress, type AreaRef } from "./address.ts";
import type { Actions, Model } from "./model.ts";
import { problemCard } from "./notices.ts";
import { comparisonAddress } from "./service.ts";
import type { ComparedFigure, ComparedValue, Comparison, PairTest } from "./shapes.ts";
import { inlineMark, thanInWords, turned, verdictKey } from "./verdicts.ts";
import { countOf, interval, number, periodInWords, sentenceCase, statusInWords } from "./words.ts";

export function comparisonHeadline({ choice }: Model): { title: string; under: string } {
  const many = choice.compared.length;
  return {
    title: "Areas side by side",
    under: many === 0 ? "No area chosen yet" : `${countOf(many, "area")} of at most ${MOST_COMPARED}`,
  };
}

/** The areas chosen, each to be left out again. */
export function comparisonRail(model: Model, actions: Actions): TemplateResult {
  const { choice } = model;
  const line = (each: AreaRef, at: number) => {
    const name = nameAt(model, at);
    const shown = each.vintage === OWN ? { area: null, own: each.code } : { area: each, own: null };
    return html`<li><a href=${writeAddress({ ...choice, view: "map", ...shown })}>${name}</a><span class="faint">${each.vintage === OWN ? "Your own" : each.code}</span>
      <button type="button" class="close" aria-label="Leave out ${name}" @click=${() => actions.leaveOut(each)}><span aria-hidden="true">×</span></button></li>`;
  };
  return html`
    <section class="pickers" aria-labelledby="compared-heading">
      <h2 id="compared-heading" class="small-heading">Areas compared</h2>
      ${choice.compared.length > 0 ? html`<ul class="compared-areas">${choice.compared.map(line)}</ul>` : nothing}
      <p class="faint">${choice.compared.length < MOST_COMPARED ? "Add an area by its name, code or postcode in the box at the top, or from its profile." : "Four areas are the most that stand side by side; another takes the place of the last."}</p>
    </section>
  `;
}

function nameAt({ comparison: found, names, choice }: Model, at: number): string {
  const area = choice.compared[at];
  if (found.state === "ready") return found.value.areas[at]?.name ?? area?.code ?? "";
  const onMap = area?.vintage === choice.vintage ? names.get(area.code) : undefined;
  return onMap ?? (area?.vintage === OWN ? "Your own neighbourhood" : (area?.code ?? ""));
}

export function comparison(model: Model, actions: Actions): TemplateResult | typeof nothing {
  const { comparison: found, choice } = model;
  if (choice.compared.length < FEWEST_COMPARED)
    return html`<p class="none">${choice.compared.length === 0 ? `Choose from ${FEWEST_COMPARED} to ${MOST_COMPARED} areas` : "Choose at least one more"}: write a name, code or postcode in the box at the top. Small areas, wards, districts and neighbourhoods of your own can stand beside each other; what one has no figure of is said.</p>`;
  if (found.state === "failed")
    return html`<div class="over">${problemCard(found.problem, actions.retry)}</div>`;
  if (found.state !== "ready")
    return html`<p class="waiting none" role="status">Bringing the figures together…</p>`;
  return side(found.value, model);
}

function side(found: Comparison, { choice }: Model): TemplateResult {
  return html`
    <div class="comparison" style="--areas:${found.areas.length}" tabindex="0" role="region" aria-label="Figures side by side">
      <p class="first-words">${testedInWords(found)} The shapes say how an area stands to ${found.areas[0]?.name ?? "the first"}.</p>
      ${verdictKey()}
      ${found.sections.map(({ id, title, figures }) => {
        const [folded, open] = [
          figures.filter((each) => each.folded),
          figures.filter((each) => !each.folded),
        ];
        return html`<section aria-labelledby="beside-${id}"><h2 id="beside-${id}">${title}</h2>
          ${open.length > 0 ? table(found, open, title) : nothing}
          ${folded.length > 0 ? html`<details><summary>${number(folded.length)} more</summary>${table(found, folded, title)}</details>` : nothing}</section>`;
      })}
      <p class="faint">${found.method}</p>
      <p class="faint">Release ${found.release}. <a href=${comparisonAddress(choice.compared)}>This comparison as JSON</a></p>
    </div>
  `;
}

/** How many pairs of areas were tested. */
export const testedInWords = ({ tested }: Pick<Comparison, "tested">): string =>
  tested === 0
    ? "No pair could be tested; each row says why."
    : `${countOf(tested, "pair was", "pairs were")} tested.`;

function table({ areas }: Comparison, figures: ComparedFigure[], title: string): TemplateResult {
  return html`
    <div class="comparison-frame"><table>
      <caption class="unseen">${title}</caption>
      <thead><tr><th scope="col">Figure</th>${areas.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${figures.map((figure) => row(figure, areas[0]?.name ?? ""))}</tbody>
    </table></div>
  `;
}

function row(figure: ComparedFigure, first: string): TemplateResult {
  const { unit, period, ranking, tests, tests_because: because, values } = figure;
  const said = tests.flatMap(({ sentence }) => sentence ?? []);
  return html`
    <tr>
      <th scope="row">${comparedName(figure)}<span class="faint">${[ranking ? "" : unit, periodInWords(period)].filter(Boolean).join(", ")}</span>
        ${
          said.length > 0 || because
            ? html`<details><summary>${said.length > 0 ? countOf(said.length, "test") : "Not tested"}</summary>
              ${said.map((each) => html`<p>${each}</p>`)}${because ? html`<p>${sentenceCase(because)}.</p>` : nothing}</details>`
            : nothing
        }</th>
      ${values.map((value, at) => html`<td>${cell(value, figure, standing(tests, at), first)}</td>`)}
    </tr>
  `;
}

/** What a figure is called where its heading is not beside it. */
export function comparedName({ name, label, heading, category_name: category }: ComparedFigure): string {
  const own = heading && heading !== label && label !== name ? `${heading}: ${label}` : label || name;
  return category ? `${own}: ${category}` : own;
}

/** How an area stands to the first; null for the first itself, and where the pair was not tested. */
export function standing(tests: PairTest[], at: number): PairTest["verdict"] | null {
  const test = tests.find(({ first, second }) => first === 0 && second === at);
  return test && test.verdict !== "not_compared" ? turned(test.verdict) : null;
}

function cell(
  value: ComparedValue | null,
  figure: ComparedFigure,
  verdict: PairTest["verdict"] | null,
  first: string,
): TemplateResult {
  if (value === null) return html`<span class="gap">No such figure</span>`;
  if (value.value === null) return html`<span class="gap">${statusInWords(value)}</span>`;
  if (figure.ranking) return html`<strong>${sentenceCase(value.words ?? String(value.value))}</strong>`;
  const doubt = value.status === "observed" ? (value.value === 0 ? "zero" : "") : value.status;
  return html`<strong>${number(value.value, figure.decimals)}</strong>${doubt ? html` <span class="gap">${doubt}</span>` : nothing}<span class="faint">${interval(value, figure.decimals)}</span>
    ${verdict ? html`<span class="verdict-line">${inlineMark(verdict)}${thanInWords(verdict, first)}</span>` : nothing}`;
}
