/** The rooms of the page: masthead, rail, headline, map or table, profile. */
import { html, nothing, type TemplateResult } from "lit-html";
import { writeAddress, type View } from "./address.ts";
import { comparison, comparisonHeadline, comparisonRail } from "./compare.ts";
import { header, headline, pickers, placeNotes } from "./controls.ts";
import { settledOf } from "./hotspots/asking.ts";
import { hotspotLegend, hotspotPickers } from "./hotspots/pickers.ts";
import { findings, hotspotHeadline, hotspotTables } from "./hotspots/view.ts";
import { legend } from "./legend.ts";
import { questionOf, type Actions, type Model } from "./model.ts";
import { about, problemCard } from "./notices.ts";
import { ownForm } from "./own.ts";
import { profilePanel } from "./profile.ts";
import { figuresAddress } from "./service.ts";
import { summary, table } from "./table.ts";

export function whole(model: Model, actions: Actions): TemplateResult {
  const { choice } = model;
  const closeOutside = (event: Event) => {
    if (event.target === event.currentTarget) actions.closeAbout();
  };
  const panel = sidePanel(model, actions);
  return html`
    <a class="skip" href="#figures">Skip to the figures</a>
    ${header(model, actions)}
    <div class="layout ${panel === nothing ? "" : "with-profile"}" data-view=${choice.view}>
      <div class="rail">${rail(model, actions)}</div>
      <main id="figures" tabindex="-1" aria-busy=${isBusy(model) ? "true" : "false"}>
        ${heading(model, actions)} ${notices(model, actions)} ${stage(model, actions)}
        ${choice.view === "hotspots" ? hotspotTables(model) : nothing}
        <p class="attribution">${attribution(model)}</p>
        <p class="unseen" role="status">${spoken(model)}</p>
        <p id="said" role="status"></p>
      </main>
      ${panel}
    </div>
    <dialog id="about" aria-labelledby="about-heading" @click=${closeOutside}>${about(model, actions)}</dialog>
  `;
}

/** One thing at a time beside the map: what is being drawn, a profile, or what the hotspots say. */
function sidePanel(model: Model, actions: Actions): TemplateResult | typeof nothing {
  const { area, own, drawing, view } = model.choice;
  if (drawing !== null && view !== "hotspots") return ownForm(model, actions);
  if (area || own !== null) return profilePanel(model, actions);
  return view === "hotspots" ? findings(model, actions) : nothing;
}

function rail(model: Model, actions: Actions): TemplateResult {
  const { view } = model.choice;
  if (view === "hotspots") return html`${hotspotPickers(model, actions)} ${hotspotLegend(model)}`;
  if (view === "compare") return comparisonRail(model, actions);
  return html`${pickers(model, actions)} ${legend(model)} ${placeNotes(model)}`;
}

/** Whether what the view shows is still on its way. */
function isBusy({ choice, figures, comparison, hotspots }: Model): boolean {
  const shown = { map: figures, table: figures, compare: comparison, hotspots }[choice.view];
  return shown.state === "loading";
}

function heading(model: Model, actions: Actions): TemplateResult {
  const { title, under } = titled(model);
  const { choice } = model;
  const view = (to: View, label: string) => html`
    <a href=${writeAddress({ ...choice, view: to, ...(to === "compare" ? { area: null, own: null, drawing: null } : {}) })} aria-current=${choice.view === to ? "page" : nothing}>${label}</a>
  `;
  return html`
    <div class="heading">
      <div class="heading-words">
        <h1>${title}</h1>
        <p>${under}</p>
      </div>
      <div class="heading-tools">
        <nav class="views" aria-label="Show as">${view("map", "Map")}${view("table", "Table")}${view("hotspots", "Hotspots")}${view("compare", "Compare")}</nav>
        <button type="button" class="plain" @click=${actions.copyLink}>Copy link</button>
        <button type="button" class="plain" aria-haspopup="dialog" @click=${actions.openAbout}>
          About<span class="roomy"> these figures</span>
        </button>
      </div>
    </div>
  `;
}

/** The headline of the view. */
function titled(model: Model): { title: string; under: string } {
  const { view } = model.choice;
  if (view === "hotspots") return hotspotHeadline(model);
  return view === "compare" ? comparisonHeadline(model) : headline(model);
}

function notices(model: Model, actions: Actions): TemplateResult {
  const { choice, figures, notice } = model;
  const isCut = figures.state === "ready" && figures.value.next !== null;
  return html`
    ${
      notice
        ? html`<p class="notice" role="status">
          ${notice} <button type="button" class="plain" @click=${actions.dismiss}>Dismiss</button>
        </p>`
        : nothing
    }
    ${
      isCut
        ? html`<p class="notice" role="status">
          These are not all the figures there are.
          <a href=${figuresAddress(questionOf(choice), "csv")}>Download the whole table</a>.
        </p>`
        : nothing
    }
  `;
}

function stage(model: Model, actions: Actions): TemplateResult {
  const { choice, figures, mapWorks } = model;
  const isTable = choice.view === "table";
  const isFigures = isTable || choice.view === "map";
  return html`
    <div class="stage" ?hidden=${hasNoMap(model)}>
      <div class="progress" ?hidden=${!isBusy(model)}></div>
      <div class="map-frame" ?hidden=${isTable || choice.view === "compare"}>
        <div id="map"></div>
        <div id="tip" hidden aria-hidden="true"></div>
        <div class="map-tools">
          <button type="button" class="fit" @click=${actions.fitPlace} ?hidden=${!mapWorks}>
            ${choice.place.within === null ? "Show everything" : `Whole of ${choice.place.name}`}
          </button>
          <button type="button" class="fit" id="draw-own" @click=${actions.startDrawing} ?hidden=${choice.drawing !== null || choice.view !== "map"}>Draw your own area</button>
        </div>
        ${mapWorks ? nothing : noMap(model)}
      </div>
      ${isTable ? html`<div class="table-view">${table(model, actions)}</div>` : nothing}
      ${choice.view === "compare" ? html`<div class="table-view">${comparison(model, actions)}</div>` : nothing}
      ${isFigures && figures.state === "failed" ? html`<div class="over">${problemCard(figures.problem, actions.retry)}</div>` : nothing}
    </div>
  `;
}

/** A question of when, not of where, has nothing to draw on the map. */
function hasNoMap(model: Model): boolean {
  return model.choice.view === "hotspots" && settledOf(model)?.method.maps === false;
}

function noMap({ choice }: Model): TemplateResult {
  return html`
    <div class="over">
      <div class="problem">
        <h2>The map cannot be drawn here</h2>
        <p>This browser has WebGL switched off or does not know it. The table has the same figures.</p>
        <p><a href=${writeAddress({ ...choice, view: "table" })}>Show the table</a></p>
      </div>
    </div>
  `;
}

function attribution({ figures }: Model): string {
  if (figures.state !== "ready") return "";
  return [...new Set(figures.value.meta.sources.map((each) => each.attribution))].join(" ");
}

/** What a screen reader is told when the figures change: the picture in one sentence. */
function spoken(model: Model): string {
  const { figures, choice, hotspots } = model;
  const { title, under } = titled(model);
  if (choice.view === "hotspots")
    return hotspots.state === "ready"
      ? `${title}. ${under}. ${hotspots.value.reading.join(" ")}`
      : "Working it out";
  if (choice.view === "compare") return `${title}. ${under}.`;
  if (figures.state === "loading") return "Loading figures";
  return figures.state === "ready" ? `${title}. ${under}. ${summary(figures.value)}` : "";
}
