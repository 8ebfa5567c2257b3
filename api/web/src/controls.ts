/** The header and the rail: place, search, topic, indicator, category, level, period. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { indicatorsOf, periodsOf, vintagesOf } from "./address.ts";
import type { Actions, Model } from "./model.ts";
import type { Topic } from "./shapes.ts";
import { knownAs } from "./sites.ts";
import { countOf, dayInWords, levelInWords, periodInWords, TOPICS } from "./words.ts";

interface Option {
  value: string;
  label: string;
}

export function choose(
  id: string,
  label: string,
  chosen: string,
  options: Option[],
  change: (value: string) => void,
): TemplateResult {
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <select id=${id} title=${options.find((each) => each.value === chosen)?.label ?? nothing} @change=${(event: Event) => change((event.target as HTMLSelectElement).value)}>
        ${options.map((each) => html`<option value=${each.value} .selected=${live(each.value === chosen)}>${each.label}</option>`)}
      </select>
    </div>
  `;
}

export function header(model: Model, actions: Actions): TemplateResult {
  const { catalogue, choice, figures } = model;
  const places = catalogue.places.map((each) => ({ value: each.id, label: each.name }));
  return html`
    <header class="masthead">
      <a class="mark" href="/" aria-label="LRIS, start page"><span class="mark-name">LRIS</span><span class="mark-what">Neighbourhood information</span></a>
      <div class="masthead-place">
        ${choose("place", "Place", choice.place.id, places, (place) => actions.go({ place, indicator: undefined, category: undefined, vintage: undefined, period: undefined, area: undefined, own: undefined, drawing: null, hotspots: {} }))}
        ${choice.place.fictional ? html`<span class="badge">Fictional place</span>` : nothing}
      </div>
      ${searchBox(model, actions)}
      <p class="release">
        ${
          figures.state === "ready"
            ? html`<strong>Release ${figures.value.meta.release}</strong><span>${dayInWords(figures.value.meta.published)}</span>`
            : nothing
        }
      </p>
    </header>
  `;
}

function searchBox(model: Model, actions: Actions): TemplateResult {
  const { search } = model;
  const found = search.found.state === "ready" ? search.found.value : [];
  const open = search.open && search.text.trim().length >= 2;
  const take = (index: number) => {
    const area = found[index];
    if (area) actions.openArea(area, { frame: true });
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") actions.mark(1);
    else if (event.key === "ArrowUp") actions.mark(-1);
    else if (event.key === "Enter" && open) take(Math.max(search.marked, 0));
    else if (event.key === "Escape" && open) actions.closeSearch();
    else return;
    event.preventDefault();
  };
  return html`
    <div class="search field" role="search">
      <label for="search">${model.choice.view === "compare" ? "Add an area" : "Find an area"}</label>
      <input
        id="search" type="text" autocomplete="off" spellcheck="false" placeholder="Name, code or postcode"
        role="combobox" aria-autocomplete="list" aria-controls="search-found" aria-expanded=${open ? "true" : "false"}
        aria-activedescendant=${open && search.marked >= 0 ? `found-${search.marked}` : nothing}
        .value=${live(search.text)}
        @input=${(event: Event) => actions.search((event.target as HTMLInputElement).value)}
        @keydown=${keys}
        @blur=${() => actions.closeSearch()}
      />
      <ul id="search-found" role="listbox" aria-label="Areas found" class="found" ?hidden=${!open || found.length === 0}>
        ${found.map(
          (area, index) => html`
          <li id="found-${index}" role="option" aria-selected=${index === search.marked ? "true" : "false"}
              @mousedown=${(event: Event) => {
                event.preventDefault();
                take(index);
              }}>
            <span>${area.name}${knownAs(area) ? `, ${knownAs(area)}` : ""}</span><span class="faint">${levelInWords(area.level)} ${area.code}</span>
          </li>`,
        )}
      </ul>
      ${
        open && search.found.state !== "loading" && found.length === 0
          ? html`<p class="found found-none">${search.found.state === "failed" ? search.found.problem.message : `No area of ${model.choice.place.name} has “${search.text.trim()}” in its name or code, or as its postcode.`}</p>`
          : nothing
      }
    </div>
  `;
}

export function pickers(model: Model, actions: Actions): TemplateResult {
  const { catalogue, choice } = model;
  const { indicator, place } = choice;
  const indicators = indicatorsOf(place, catalogue);
  const topics = (Object.keys(TOPICS) as Topic[]).filter((topic) =>
    indicators.some((each) => each.topic === topic),
  );
  const vintages = vintagesOf(place, indicator).map((id) => ({ value: id, label: vintageLabel(model, id) }));
  const newIndicator = (indicator: string | undefined) => actions.go({ indicator });
  return html`
    <form class="pickers" aria-label="What to show" @submit=${(event: Event) => event.preventDefault()}>
      <fieldset class="topics">
        <legend>Topic</legend>
        ${topics.map(
          (topic) => html`
          <label class="chip">
            <input type="radio" name="topic" value=${topic} .checked=${live(topic === indicator.topic)}
              @change=${() => newIndicator(indicators.find((each) => each.topic === topic)?.id)} />
            <span>${TOPICS[topic]}</span>
          </label>`,
        )}
      </fieldset>
      ${choose(
        "indicator",
        "Indicator",
        indicator.id,
        indicators
          .filter((each) => each.topic === indicator.topic)
          .map((each) => ({ value: each.id, label: each.name })),
        newIndicator,
      )}
      ${
        indicator.categories.length > 0
          ? choose(
              "category",
              "Category",
              choice.category ?? "",
              indicator.categories.map((each) => ({ value: each.id, label: each.name })),
              (category) => actions.go({ category }),
            )
          : nothing
      }
      ${choose("vintage", "Areas", choice.vintage, vintages, (vintage) => actions.go({ vintage }))}
      ${periodPicker(model, actions)}
    </form>
  `;
}

function vintageLabel(model: Model, id: string): string {
  const vintage = model.catalogue.vintages.find((each) => each.id === id);
  return vintage ? vintage.name : id;
}

function periodPicker(model: Model, actions: Actions): TemplateResult {
  const periods = periodsOf(model.choice.indicator, model.choice.vintage);
  const at = periods.indexOf(model.choice.period);
  const step = (by: number, label: string, sign: string) => {
    const period = periods[at + by];
    return html`<button type="button" class="step" aria-label=${period === undefined ? label : `${label}: ${periodInWords(period)}`}
      ?disabled=${period === undefined} @click=${() => actions.go({ period })}><span aria-hidden="true">${sign}</span></button>`;
  };
  return html`
    <div class="period">
      ${choose(
        "period",
        "Period",
        model.choice.period,
        periods.map((each) => ({ value: each, label: periodInWords(each) })),
        (period) => actions.go({ period }),
      )}
      ${step(-1, "Previous period", "‹")}${step(1, "Next period", "›")}
    </div>
  `;
}

/** What this place does not have, said where one would look for it. */
export function placeNotes(model: Model): TemplateResult {
  const { place } = model.choice;
  return html`
    <section class="notes" aria-label="About this place">
      <p>${place.note}</p>
      ${
        place.fictional
          ? html`<h2 class="small-heading">A real place</h2>
            <p>Stop the service and start it with <code>make run PLACE=west-yorkshire</code>, or load your own files: README says how. Places stay beside each other; choose one above.</p>`
          : nothing
      }
      ${
        place.gaps.length > 0
          ? html`<h2 class="small-heading">Not available here</h2>
            <ul class="gaps">${place.gaps.map((gap) => html`<li><strong>${TOPICS[gap.topic] ?? gap.topic}.</strong> ${gap.sentence}</li>`)}</ul>`
          : nothing
      }
    </section>
  `;
}

/** The headline: what is shown, where, when. */
export function headline(model: Model): { title: string; under: string } {
  const { indicator, category, place, period, vintage } = model.choice;
  const named = indicator.categories.find((each) => each.id === category)?.name;
  const areas = model.catalogue.vintages.find((each) => each.id === vintage);
  const count = model.drawn.size > 0 ? ` (${countOf(model.drawn.size, "area")})` : "";
  return {
    title: named ? `${indicator.name}: ${named.charAt(0).toLowerCase()}${named.slice(1)}` : indicator.name,
    under: `${place.name}, ${periodInWords(period)}, by ${areas?.name ?? vintage}${count}`,
  };
}
