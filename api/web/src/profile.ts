/** One neighbourhood on a page: its figures in sentences, its gaps in words, and where they come from. */
import { html, nothing, type TemplateResult } from "lit-html";
import { writeAddress } from "./address.ts";
import type { Actions, Model } from "./model.ts";
import { problemCard } from "./notices.ts";
import { profileAddress } from "./service.ts";
import type { AreaName, Profile, ProfileFigure, ProfileSection } from "./shapes.ts";
import { interval, levelInWords, number, periodInWords, statusInWords, TOPICS } from "./words.ts";

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
        ${model.profile.state === "ready" ? body(model.profile.value) : nothing}
      </div>
    </aside>
  `;
}

function whereabouts(model: Model, { area }: Profile): TemplateResult {
  const link = (parent: AreaName) => html`
    <li><a href=${writeAddress({ ...model.choice, area: parent })}>${parent.name}</a></li>
  `;
  return html`
    <p class="faint">${levelInWords(area.level)} ${area.code}</p>
    ${area.parents.length > 0 ? html`<nav aria-label="Areas it lies in"><ol class="crumbs">${area.parents.map(link)}</ol></nav>` : nothing}
  `;
}

function body(profile: Profile): TemplateResult {
  return html`
    ${profile.sections.map(section)}
    ${
      profile.gaps.length > 0
        ? html`<section><h3>Not available</h3>
          <ul class="gaps">${profile.gaps.map((gap) => html`<li><strong>${TOPICS[gap.topic] ?? gap.topic}.</strong> ${gap.sentence}</li>`)}</ul></section>`
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

function section({ id, title, figures }: ProfileSection): TemplateResult {
  return html`
    <section aria-labelledby="section-${id}">
      <h3 id="section-${id}">${title}</h3>
      ${kindred(figures).map(group)}
    </section>
  `;
}

/** Neighbouring figures of one indicator and period: said once for all of them. */
function kindred(figures: ProfileFigure[]): ProfileFigure[][] {
  const groups: ProfileFigure[][] = [];
  for (const figure of figures) {
    const last = groups.at(-1);
    const [first] = last ?? [];
    if (last && first?.indicator === figure.indicator && first.period === figure.period) last.push(figure);
    else groups.push([figure]);
  }
  return groups;
}

function group(figures: ProfileFigure[]): TemplateResult | typeof nothing {
  const [first] = figures;
  if (!first) return nothing;
  const folded = figures.slice(FIGURES_UNFOLDED);
  const when = periodInWords(first.period);
  if (!first.category_name)
    return html`<ul class="figures">${figures.map((each) => figureLine(each, each.name, `${each.unit}, ${when}`))}</ul>`;
  const line = (each: ProfileFigure) => figureLine(each, each.category_name ?? each.name, "");
  return html`
    <p class="group">${first.name}<span class="faint">${first.unit}, ${when}</span></p>
    <ul class="figures">${figures.slice(0, FIGURES_UNFOLDED).map(line)}</ul>
    ${
      folded.length > 0
        ? html`<details><summary>${number(folded.length)} more</summary><ul class="figures">${folded.map(line)}</ul></details>`
        : nothing
    }
  `;
}

function figureLine(figure: ProfileFigure, label: string, under: string): TemplateResult {
  const range = interval(figure);
  return html`
    <li data-status=${figure.status}>
      <div class="figure-top">
        <span class="figure-name">${label}${under ? html`<span class="faint">${under}</span>` : nothing}</span>
        ${
          figure.value === null
            ? html`<span class="gap">${statusInWords(figure)}</span>`
            : html`<span class="figure-value">${number(figure.value)}${range ? html`<span class="faint">${range}</span>` : nothing}</span>`
        }
      </div>
      <p>${figure.sentence}</p>
    </li>
  `;
}
