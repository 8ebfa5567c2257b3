/** One neighbourhood on a page: its figures by theme, its gaps in words, and where they come from. */
import { html, nothing, type TemplateResult } from "lit-html";
import { MOST_COMPARED, nameOf, OWN, writeAddress, type AreaRef } from "./address.ts";
import { figureGroup } from "./figures.ts";
import type { Actions, Model } from "./model.ts";
import { problemCard } from "./notices.ts";
import { madeOf } from "./own.ts";
import { qualityFold } from "./quality.ts";
import { grouped, liesIn } from "./reading.ts";
import { documentAddress, ownAddress, packAddress, profileAddress, type DocumentFormat } from "./service.ts";
import type { AreaName, Gap, Profile, ProfileSection } from "./shapes.ts";
import { knownAs, sitesSection } from "./sites.ts";
import { spineSection } from "./spine.ts";
import { qualitySection, similarSection, standsOutSection } from "./standing.ts";
import { levelInWords, periodInWords, TOPICS } from "./words.ts";

export function profilePanel(model: Model, actions: Actions): TemplateResult | typeof nothing {
  const { area, own } = model.choice;
  if (!area && own === null) return nothing;
  const code = area?.code ?? own ?? "";
  const name =
    model.profile.state === "ready" ? model.profile.value.area.name : (model.names.get(code) ?? code);
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
  const parents = liesIn(area);
  const link = (parent: AreaName) => html`
    <li><a href=${writeAddress({ ...model.choice, area: parent })} title=${levelInWords(parent.level)}>${knownAs(parent) || parent.name}</a></li>
  `;
  return html`
    ${area.fictional ? html`<span class="badge">Fictional</span>` : nothing}
    <p class="faint">${knownAs(area) ? html`Known as ${knownAs(area)}. ` : nothing}${model.choice.own === null ? html`${levelInWords(area.level)} ${area.code}` : "A neighbourhood of your own, made of whole areas"}</p>
    ${parents.length > 0 ? html`<nav aria-label="Areas it lies in"><ul class="lies-in"><li aria-hidden="true">in</li>${parents.map(link)}</ul></nav>` : nothing}
  `;
}

function body(model: Model, profile: Profile): TemplateResult {
  const { choice } = model;
  const topics = new Set(profile.sections.map(({ topic }) => topic));
  const elsewhere = profile.gaps.filter(({ topic }) => !topics.has(topic));
  const address = (area: AreaRef) => writeAddress({ ...choice, area, own: null });
  const compare = (areas: AreaRef[]) =>
    writeAddress({
      ...choice,
      view: "compare",
      compared: areas.slice(0, MOST_COMPARED),
      area: null,
      own: null,
    });
  return html`
    ${takeAway(model, profile)}
    <nav class="themes" aria-label="Themes of this profile"><ul>${profile.sections.map(
      ({ id, title }) =>
        html`<li><button type="button" @click=${() => showSection(id)}>${title}</button></li>`,
    )}</ul></nav>
    ${madeOf(profile)} ${standsOutSection(profile)} ${spineSection(profile)}
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
    ${similarSection(profile, address, compare)} ${sitesSection(profile)} ${qualitySection(profile)}
    ${sources(profile)}
    <p class="faint">Release ${profile.release}.</p>
  `;
}

const DOCUMENTS: [DocumentFormat, string][] = [
  ["html", "Page to print"],
  ["pdf", "PDF"],
  ["xlsx", "Excel"],
  ["json", "JSON"],
];

/** So many areas fit into the address of a hotspot question. */
const MOST_LOOKED_AT = 60;

/** The profile as a document, and the area beside others. */
function takeAway({ choice }: Model, profile: Profile): TemplateResult {
  const { area } = profile;
  const itself = choice.own === null ? profileAddress(area.vintage, area.code) : ownAddress(choice.own);
  const named =
    choice.own === null ? { vintage: area.vintage, code: area.code } : { vintage: OWN, code: choice.own };
  const others = choice.compared.filter((each) => nameOf(each) !== nameOf(named));
  const beside = [...others, named].slice(-MOST_COMPARED);
  const besideAddress = writeAddress({ ...choice, view: "compare", compared: beside, area: null, own: null });
  const blocks = (profile.blocks ?? []).filter(({ taken }) => taken).map(nameOf);
  const ground = choice.own === null ? nameOf(area) : blocks.join(",");
  const isSmall = blocks.length <= MOST_LOOKED_AT;
  const lookedAt = { ...choice.hotspots, in: ground };
  const hotspotsAddress = writeAddress({
    ...choice,
    view: "hotspots",
    hotspots: lookedAt,
    area: null,
    own: null,
  });
  return html`
    <div class="take-away">
      <p class="downloads">Take away ${DOCUMENTS.map(
        ([format, label]) => html`<a href=${documentAddress(itself, format)}>${label}</a>`,
      )}${area.level === "ward" ? html`<a href=${packAddress(area)}>PDF of all its small areas</a>` : nothing}</p>
      <p><a href=${besideAddress}>${others.length > 0 ? "Add to the comparison" : "Compare with other areas"}</a>
        ${isSmall ? html` · <a href=${hotspotsAddress}>Hotspots here</a>` : nothing}</p>
    </div>
  `;
}

function sources(profile: Profile): TemplateResult {
  return html`
    <section><h3>Sources</h3>
      <ul class="sources">${profile.sources.map(
        (source) => html`
        <li><span>${source.homepage ? html`<a href=${source.homepage} rel="noreferrer">${source.title}</a>` : source.title}</span>
          <span class="faint">${source.publisher}. Licence: ${source.licence}. ${source.attribution}${source.periods?.length ? ` Periods: ${source.periods.map(periodInWords).join(", ")}.` : ""}</span>
          ${qualityFold(source.id)}</li>`,
      )}</ul>
    </section>
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
