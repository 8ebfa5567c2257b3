/** What went wrong and what to do about it, and the tooltip and the page that explains the figures. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Actions, Model } from "./model.ts";
import type { Problem } from "./service.ts";
import type { Figure, FiguresMeta } from "./shapes.ts";
import {
  countedInWords,
  dayInWords,
  interval,
  intervalName,
  number,
  reasonInWords,
  statusInWords,
} from "./words.ts";

/** What a link asked for by name and is not there. */
export const insteadOf = (replaced: string[]): string =>
  `This link asked for ${replaced.join(" and ")}, which is not here; the nearest there is is shown instead.`;

export function problemCard(problem: Problem, retry: (() => void) | null): TemplateResult {
  return html`
    <div class="problem" role="alert">
      <h2>${problem.title}</h2>
      ${problem.message === `${problem.title}.` ? nothing : html`<p>${problem.message}</p>`}
      <p class="remedy">${withCode(problem.remedy)}</p>
      ${retry ? html`<button type="button" class="plain" @click=${retry}>Try again</button>` : nothing}
    </div>
  `;
}

/** Commands written between backticks, set as code. */
function withCode(text: string): (string | TemplateResult)[] {
  return text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}

/** The whole page while there is nothing to show: the reason, and the two ways to load a place. */
export function nothingToShow(problem: Problem, retry: () => void): TemplateResult {
  return html`
    <header class="masthead"><a class="mark" href="/"><span class="mark-name">LRIS</span><span class="mark-what">Neighbourhood information</span></a></header>
    <main class="bare">
      ${problemCard(problem, retry)}
      ${
        problem.status === 503 || problem.status === 200
          ? html`<section class="howto" aria-labelledby="howto-heading">
            <h2 id="howto-heading">How to load a place</h2>
            <p>On the machine that runs this service, one command brings a place through every step and publishes it:</p>
            <pre><code>make run PLACE=west-yorkshire</code></pre>
            <p>Or take the steps yourself, with files you have:</p>
            <pre><code>lris boundaries load lsoa_2011 boundaries.geojson
lris boundaries publish lsoa_2011
lris load police_street_crime street-crime.csv
lris derive
lris publish --because "first release"</code></pre>
          </section>`
          : nothing
      }
    </main>
  `;
}

/** What the pointer is on: name, value with its interval, or the gap in words. */
export function tooltip(
  name: string,
  figure: Figure | undefined,
  { unit, confidence, denominator }: FiguresMeta,
  decimals: number,
): TemplateResult {
  if (!figure) return html`<strong>${name}</strong><span class="gap">No figure</span>`;
  const range = interval(figure, decimals);
  const counted =
    figure.numerator !== null && figure.denominator !== null
      ? `${number(figure.numerator)} for ${number(figure.denominator)} ${denominator ? countedInWords(denominator) : ""}`
      : "";
  return html`
    <strong>${name}</strong>
    ${
      figure.value === null
        ? html`<span class="gap">${statusInWords(figure)}</span>`
        : html`<span><span class="tip-value">${number(figure.value, decimals)}</span> ${unit}</span>`
    }
    ${range ? html`<span class="faint">${intervalName(confidence)} ${range}</span>` : nothing}
    ${counted ? html`<span class="faint">${counted}</span>` : nothing}
    ${figure.value !== null && figure.status !== "observed" ? html`<span class="gap">${statusInWords(figure)}</span>` : nothing}
    ${figure.reason && figure.reason !== "no_data" ? html`<span class="faint">Because ${reasonInWords(figure.reason)}</span>` : nothing}
  `;
}

/** Caveats, method, boundaries and sources of what is shown. */
export function about(model: Model, actions: Actions): TemplateResult {
  const { indicator } = model.choice;
  const meta = model.figures.state === "ready" ? model.figures.value.meta : null;
  const caveats = meta?.caveats ?? indicator.caveats;
  return html`
    <div class="about-head"><h2 id="about-heading">About these figures</h2>
      <button type="button" class="close" aria-label="Close" @click=${actions.closeAbout}><span aria-hidden="true">×</span></button></div>
    <div class="about-body">
      <h3>${indicator.name}</h3>
      <p>${indicator.description}</p>
      ${indicator.method ? html`<h3>Method</h3><p>${indicator.method}</p>` : nothing}
      ${meta?.denominator ? html`<h3>Divided by</h3><p>${meta.denominator}.</p>` : nothing}
      ${caveats.length > 0 ? html`<h3>Read with care</h3><ul>${caveats.map((each) => html`<li>${each}</li>`)}</ul>` : nothing}
      ${
        meta
          ? html`<h3>Boundaries</h3>
            <p>${meta.grade_note} Edition ${meta.edition}.</p>
            <h3>Sources</h3>
            <ul class="sources">${meta.sources.map((each) => html`<li><span>${each.title}</span><span class="faint">${each.publisher}. ${each.licence}. ${each.attribution}</span></li>`)}</ul>
            <h3>Release</h3>
            <p>Release ${meta.release}, published ${dayInWords(meta.published)}. Figures of a release do not change; a correction is a new release. <a href="/releases">All releases</a></p>`
          : nothing
      }
      <h3>Words</h3>
      <dl>
        <dt>Zero</dt><dd>Counted, and there were none.</dd>
        <dt>No data</dt><dd>Nobody counted, or the count has not arrived. It is not a zero.</dd>
        <dt>Withheld</dt><dd>The figure exists and is held back; the reason is given with it.</dd>
        <dt>Estimated</dt><dd>Worked out from other figures, such as a ward from the small areas that fit it best.</dd>
        <dt>Incomplete</dt><dd>Part of the source is missing, so the true value may be higher.</dd>
        <dt>Interval</dt><dd>The range in which the underlying value plausibly lies, given chance${meta ? html`: ${number(Math.round(meta.confidence * 100))} of 100 such ranges hold it` : nothing}.</dd>
      </dl>
      <p class="faint"><a href="/assets/licences.txt">Licences of the software in this page</a> · <a href="/docs">The service’s documentation</a></p>
    </div>
  `;
}
