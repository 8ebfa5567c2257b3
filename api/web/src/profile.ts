/** One neighbourhood on a page: its figures by theme, its gaps in words, and where they come from. */
import { html, nothing, type TemplateResult } from "lit-html";
import { writeAddress } from "./address.ts";
import { figureGroup } from "./figures.ts";
import type { Actions, Model } from "./model.ts";
import { problemCard } from "./notices.ts";
import { qualityFold } from "./quality.ts";
import { grouped, liesIn } from "./reading.ts";
import { profileAddress } from "./service.ts";
import type { AreaName, Gap, Profile, ProfileSection } from "./shapes.ts";
import { knownAs, sitesSection } from "./sites.ts";
import { levelInWords, periodInWords, TOPICS } from "./words.ts";

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
  const parents = liesIn(area);
  const link = (parent: AreaName) => html`
    <li><a href=${writeAddress({ ...model.choice, area: parent })} title=${levelInWords(parent.level)}>${knownAs(parent) || parent.name}</a></li>
  `;
  return html`
    ${area.fictional ? html`<span class="badge">Fictional</span>` : nothing}
    <p class="faint">${knownAs(area) ? html`Known as ${knownAs(area)}. ` : nothing}${levelInWords(area.level)} ${area.code}</p>
    ${parents.length > 0 ? html`<nav aria-label="Areas it lies in"><ul class="lies-in"><li aria-hidden="true">in</li>${parents.map(link)}</ul></nav>` : nothing}
  `;
}

function body(profile: Profile): TemplateResult {
  const topics = new Set(profile.sections.map(({ topic }) => topic));
  const elsewhere = profile.gaps.filter(({ topic }) => !topics.has(topic));
  return html`
    <nav class="themes" aria-label="Themes of this profile"><ul>${profile.sections.map(
      ({ id, title }) => html`<li><button type="button" @click=${() => showSection(id)}>${title}</button></li>`,
    )}</ul></nav>
    ${profile.sections.map((each) =>
      section(
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
    ${sitesSection(profile)}
    <section><h3>Sources</h3>
      <ul class="sources">${profile.sources.map(
        (source) => html`
        <li><span>${source.homepage ? html`<a href=${source.homepage} rel="noreferrer">${source.title}</a>` : source.title}</span>
          <span class="faint">${source.publisher}. Licence: ${source.licence}. ${source.attribution}${source.periods?.length ? ` Periods: ${source.periods.map(periodInWords).join(", ")}.` : ""}</span>
          ${qualityFold(source.id)}</li>`,
      )}</ul>
    </section>
    <p class="faint">Release ${profile.release}. <a href=${profileAddress(profile.area.vintage, profile.area.code)}>This profile as JSON</a></p>
  `;
}

/** A theme: its figures, or, where it has none or lacks some, why. */
function section({ id, title, figures }: ProfileSection, gaps: Gap[]): TemplateResult {
  return html`
    <section aria-labelledby="section-${id}">
      <h3 id="section-${id}" tabindex="-1">${title}</h3>
      ${grouped(figures, ({ heading, indicator }) => heading || indicator).map(figureGroup)}
      ${gaps.map((gap) => html`<p class="section-gap">${gap.sentence}</p>`)}
    </section>
  `;
}

function showSection(id: string): void {
  const heading = document.getElementById(`section-${id}`);
  heading?.scrollIntoView({ block: "start" });
  heading?.focus({ preventScroll: true });
}
