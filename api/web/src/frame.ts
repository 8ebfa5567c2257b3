/** The rooms of the page: masthead, rail, headline, map or table, profile. */
import { html, nothing, type TemplateResult } from "lit-html";
import { writeAddress, type View } from "./address.ts";
import { header, headline, pickers, placeNotes } from "./controls.ts";
import { legend } from "./legend.ts";
import { questionOf, type Actions, type Model } from "./model.ts";
import { about, problemCard } from "./notices.ts";
import { profilePanel } from "./profile.ts";
import { figuresAddress } from "./service.ts";
import { summary, table } from "./table.ts";

export function whole(model: Model, actions: Actions): TemplateResult {
  const { choice, figures } = model;
  const closeOutside = (event: Event) => {
    if (event.target === event.currentTarget) actions.closeAbout();
  };
  return html`
    <a class="skip" href="#figures">Skip to the figures</a>
    ${header(model, actions)}
    <div class="layout ${choice.area ? "with-profile" : ""}">
      <div class="rail">${pickers(model, actions)} ${legend(model)} ${placeNotes(model)}</div>
      <main id="figures" tabindex="-1" aria-busy=${figures.state === "loading" ? "true" : "false"}>
        ${heading(model, actions)} ${notices(model, actions)} ${stage(model, actions)}
        <p class="attribution">${attribution(model)}</p>
        <p class="unseen" role="status">${spoken(model)}</p>
        <p id="said" role="status"></p>
      </main>
      ${profilePanel(model, actions)}
    </div>
    <dialog id="about" aria-labelledby="about-heading" @click=${closeOutside}>${about(model, actions)}</dialog>
  `;
}

function heading(model: Model, actions: Actions): TemplateResult {
  const { title, under } = headline(model);
  const { choice } = model;
  const view = (to: View, label: string) => html`
    <a href=${writeAddress({ ...choice, view: to })} aria-current=${choice.view === to ? "page" : nothing}>${label}</a>
  `;
  return html`
    <div class="heading">
      <div class="heading-words">
        <h1>${title}</h1>
        <p>${under}</p>
      </div>
      <div class="heading-tools">
        <nav class="views" aria-label="Show as">${view("map", "Map")}${view("table", "Table")}</nav>
        <button type="button" class="plain" @click=${actions.copyLink}>Copy link</button>
        <button type="button" class="plain" aria-haspopup="dialog" @click=${actions.openAbout}>
          About<span class="roomy"> these figures</span>
        </button>
      </div>
    </div>
  `;
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
  return html`
    <div class="stage">
      <div class="progress" ?hidden=${figures.state !== "loading"}></div>
      <div class="map-frame" ?hidden=${isTable}>
        <div id="map"></div>
        <div id="tip" hidden aria-hidden="true"></div>
        <button type="button" class="fit" @click=${actions.fitPlace} ?hidden=${!mapWorks}>
          ${choice.place.within === null ? "Show everything" : `Whole of ${choice.place.name}`}
        </button>
        ${mapWorks ? nothing : noMap(model)}
      </div>
      ${isTable ? html`<div class="table-view">${table(model, actions)}</div>` : nothing}
      ${figures.state === "failed" ? html`<div class="over">${problemCard(figures.problem, actions.retry)}</div>` : nothing}
    </div>
  `;
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
  const { figures } = model;
  const { title, under } = headline(model);
  if (figures.state === "loading") return "Loading figures";
  return figures.state === "ready" ? `${title}. ${under}. ${summary(figures.value)}` : "";
}
