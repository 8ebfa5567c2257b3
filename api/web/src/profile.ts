/** One neighbourhood on a page: its figures in sentences, its gaps in words, and where they come from. */
import { html, nothing, type TemplateResult } from "lit-html";
import { writeAddress } from "./address.ts";
import type { Actions, Model } from "./model.ts";
import { problemCard } from "./notices.ts";
import { profileAddress } from "./service.ts";
import type { AreaName, Gap, Profile, ProfileFigure, ProfileSection } from "./shapes.ts";
import {
  countedInWords,
  interval,
  intervalName,
  LEVELS_UPWARDS,
  levelInWords,
  number,
  periodInWords,
  sentenceCase,
  statusInWords,
  TOPICS,
} from "./words.ts";

/** Figures of a group shown before the rest is folded away. */
const FIGURES_UNFOLDED = 6;

export function profilePanel(model: Model, actions: Actions): TemplateResult | typeof nothing {
  const { area } = model.choice;
  if (!area) return nothing;
  const name =
    model.profile.state === "ready"
      ? model.profile.value.area.name
      : (model.names.get(area.code) ?? area.code);
  return html`
    <aside class="profile" aria-labelledby="profile-name">
      <div class="profile-head">
        <h2 id="profile-name" tabindex="-1">${name}</h2>
        <button type="button" class="close" aria-label="Close the profile of ${name}" @click=${actions.closeArea}><span aria-hidden="true">×</span></button>
        ${model.profile.state === "ready" ? whereabouts(model, model.profile.value) : nothing}
      </div>
      <div class="profile-body">
        ${model.profile.state === "loading" ? html`<p class="waiting">Loading the profile…</p>` : nothing}
        ${model.profile.state === "failed" ? problemCard(model.profile.problem, actions.retry) : nothing}
        ${model.profile.state === "ready" ? body(model, model.profile.value) : nothing}
      </div>
    </aside>
  `;
}

function whereabouts(model: Model, { area }: Profile): TemplateResult {
  const rank = ({ level }: AreaName) => LEVELS_UPWARDS.indexOf(level);
  const parents = area.parents.toSorted((a, b) => rank(a) - rank(b));
  const link = (parent: AreaName) => html`
    <li><a href=${writeAddress({ ...model.choice, area: parent })} title=${levelInWords(parent.level)}>${parent.name}</a></li>
  `;
  return html`
    <p class="faint">${levelInWords(area.level)} ${area.code}</p>
    ${parents.length > 0 ? html`<nav aria-label="Areas it lies in"><ul class="lies-in"><li aria-hidden="true">in</li>${parents.map(link)}</ul></nav>` : nothing}
  `;
}

function body(model: Model, profile: Profile): TemplateResult {
  const topics = new Set(profile.sections.map(({ topic }) => topic));
  const elsewhere = profile.gaps.filter(({ topic }) => !topics.has(topic));
  return html`
    ${profile.sections.map((each) =>
      section(
        model,
        each,
        profile.gaps.filter(({ topic }) => topic === each.topic),
      ),
    )}
    ${
      elsewhere.length > 0
        ? html`<section><h3>Not available</h3>
          <ul class="gaps">${elsewhere.map((gap) => html`<li><strong>${TOPICS[gap.topic] ?? gap.topic}.</strong> ${gap.sentence}</li>`)}</ul></section>`
        : nothing
    }
    <section><h3>Sources</h3>
      <ul class="sources">${profile.sources.map(
        (source) => html`
        <li><span>${source.homepage ? html`<a href=${source.homepage} rel="noreferrer">${source.title}</a>` : source.title}</span>
          <span class="faint">${source.publisher}. ${source.licence}. ${source.attribution}${source.periods?.length ? ` Periods: ${source.periods.map(periodInWords).join(", ")}.` : ""}</span></li>`,
      )}</ul>
    </section>
    <p class="faint">Release ${profile.release}. <a href=${profileAddress(profile.area.vintage, profile.area.code)}>This profile as JSON</a></p>
  `;
}

/** A theme: its figures, or, where it has none, why. */
function section(model: Model, { id, title, figures }: ProfileSection, gaps: Gap[]): TemplateResult {
  return html`
    <section aria-labelledby="section-${id}">
      <h3 id="section-${id}">${title}</h3>
      ${together(figures, ({ indicator }) => indicator).map((each) => indicatorGroup(model, each))}
      ${gaps.map((gap) => html`<p class="section-gap">${gap.sentence}</p>`)}
    </section>
  `;
}

/** Figures that share a key, in the order in which the keys first come. */
function together(
  figures: ProfileFigure[],
  key: (figure: ProfileFigure) => string | null,
): ProfileFigure[][] {
  const groups = new Map<string | null, ProfileFigure[]>();
  for (const figure of figures) groups.set(key(figure), [...(groups.get(key(figure)) ?? []), figure]);
  return [...groups.values()];
}

/** An indicator: its unit and period said once, then a line for each of its categories. */
function indicatorGroup(model: Model, figures: ProfileFigure[]): TemplateResult | typeof nothing {
  const [first] = figures;
  if (!first) return nothing;
  const categories = together(figures, ({ category }) => category);
  const line = (each: ProfileFigure[]) => categoryLine(model, each, first.category_name ? null : first.name);
  const folded = categories.slice(FIGURES_UNFOLDED);
  const divided =
    first.denominator !== null && first.denominator_words
      ? `, for ${number(first.denominator)} ${countedInWords(first.denominator_words)}`
      : "";
  const ranged = figures.some(({ lower }) => lower !== null) ? `, each with its ${intervalOf(model)}` : "";
  return html`
    ${first.category_name ? html`<p class="group">${first.name}<span class="faint">${periodInWords(first.period)}${divided}${ranged}</span></p>` : nothing}
    <ul class="figures">${categories.slice(0, FIGURES_UNFOLDED).map(line)}</ul>
    ${
      folded.length > 0
        ? html`<details><summary>${number(folded.length)} more</summary><ul class="figures">${folded.map(line)}</ul></details>`
        : nothing
    }
  `;
}

/** A category's newest figure, and those of earlier periods below it. `alone` names what has no categories. */
function categoryLine(
  model: Model,
  [newest, ...earlier]: ProfileFigure[],
  alone: string | null,
): TemplateResult | typeof nothing {
  if (!newest) return nothing;
  const under = alone ? `${newest.unit}, ${periodInWords(newest.period)}` : "";
  return html`
    <li data-status=${newest.status}>
      <div class="figure-top">
        <span class="figure-name">${alone ?? newest.category_name ?? newest.name}${under ? html`<span class="faint">${under}</span>` : nothing}</span>
        ${valueOf(model, newest)}
      </div>
      ${doubt(newest)}
      ${
        earlier.length > 0
          ? html`<ul class="earlier" aria-label="Earlier">${earlier.map(
              (each) => html`
              <li data-status=${each.status}><div class="figure-top"><span class="faint">${periodInWords(each.period)}</span>${valueOf(model, each)}</div>${doubt(each)}</li>`,
            )}</ul>`
          : nothing
      }
    </li>
  `;
}

function valueOf(model: Model, figure: ProfileFigure): TemplateResult {
  if (figure.value === null) return html`<span class="gap">${statusInWords(figure)}</span>`;
  const decimals = model.catalogue.indicators.find(({ id }) => id === figure.indicator)?.decimals ?? 1;
  const range = interval(figure, decimals);
  return html`<span class="figure-value">${number(figure.value, decimals)}${range ? html`<span class="faint" title=${sentenceCase(intervalOf(model))}>${range}</span>` : nothing}</span>`;
}

/** All figures of a release are given with intervals of one width. */
function intervalOf({ figures }: Model): string {
  const meta = figures.state === "ready" ? figures.value.meta : undefined;
  return intervalName(meta?.confidence).toLowerCase();
}

/** Why there is no value, or why the one there is should be doubted, in the service's own words. */
function doubt(figure: ProfileFigure): TemplateResult | typeof nothing {
  if (figure.value !== null && figure.reason === null) return nothing;
  return html`<p>${sentenceCase(figure.sentence.replace(`${figure.period}: `, ""))}</p>`;
}
