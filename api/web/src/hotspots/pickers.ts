/** The rail of the hotspot view: how, what, when, where, in which pieces; and the key to the map. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { choose } from "../controls.ts";
import type { Actions, Model } from "../model.ts";
import { cornerTools } from "../own.ts";
import { monthInShort, number, sentenceCase } from "../words.ts";
import { classCounts } from "./answers.ts";
import {
  needsLong,
  placeInWords,
  settledOf,
  unitInWords,
  type Parameter,
  type SettledHotspots,
} from "./asking.ts";

export function hotspotPickers(model: Model, actions: Actions): TemplateResult {
  const settled = settledOf(model);
  if (model.offer.state !== "ready" || !settled)
    return html`<p class="waiting" role="status">${model.offer.state === "ready" ? "Nothing here tells where single incidents happened." : "Asking what there is…"}</p>`;
  const offer = model.offer.value;
  const { method, source, question } = settled;
  const set = actions.askHotspots;
  const months = source.months.map((each) => ({ value: each, label: monthInShort(each) }));
  const { within = "", from = "", to = "", unit = "" } = question;
  const places = withOwn(offer.places, within, placeInWords(within, offer));
  const units = withOwn(offer.units, unit, unitInWords(unit));
  return html`
    <form class="pickers" aria-label="What to look for" @submit=${(event: Event) => event.preventDefault()}>
      ${choose(
        "method",
        "How",
        method.id,
        offer.methods.map(({ id, title }) => ({ value: id, label: title })),
        (id) =>
          set({
            method: id,
            bandwidth: undefined,
            cell: undefined,
            ...(offer.methods.some((each) => each.id === id && needsLong(each)) && { from: undefined }),
          }),
      )}
      <p class="faint says">${method.says}</p>
      ${
        offer.sources.length > 1
          ? choose(
              "source",
              "Source",
              source.id,
              offer.sources.map(({ id, title }) => ({ value: id, label: title })),
              (id) => set({ source: id, of: undefined, from: undefined, to: undefined }),
            )
          : nothing
      }
      ${choose(
        "of",
        "Category",
        question["category"] ?? "",
        source.categories.map(({ id, name }) => ({ value: id, label: name })),
        (of) => set({ of }),
      )}
      <div class="pair">
        ${choose(
          "from",
          "From",
          from,
          months.filter(({ value }) => value <= to),
          (value) => set({ from: value }),
        )}
        ${choose("to", "To", to, months, (value) => set({ to: value, from: value < from ? value : from }))}
      </div>
      ${choose(
        "in",
        "Where",
        settled.polygon === null ? within : DRAWN,
        [
          ...places.map(({ id, name }) => ({ value: id, label: name })),
          { value: DRAWN, label: "An area I draw" },
        ],
        (value) =>
          actions.go(
            value === DRAWN
              ? { drawing: [], area: undefined, own: undefined }
              : { drawing: null, hotspots: { ...model.choice.hotspots, in: value } },
          ),
      )}
      ${settled.polygon === null ? nothing : cornerTools(settled.polygon, model, actions)}
      ${
        method.by_unit
          ? choose(
              "unit",
              "Counted in",
              unit,
              units.map(({ id, name }) => ({ value: id, label: name })),
              (value) => set({ unit: value }),
            )
          : nothing
      }
      ${further(settled, actions)}
    </form>
  `;
}

/** The place in the list of places that is drawn. */
const DRAWN = "drawn";

/** What is asked for and not among those offered is offered too. */
function withOwn(
  known: { id: string; name: string }[],
  id: string,
  name: string,
): { id: string; name: string }[] {
  return id === "" || known.some((each) => each.id === id) ? known : [...known, { id, name }];
}

function further({ method, question }: SettledHotspots, actions: Actions): TemplateResult | typeof nothing {
  const set = actions.askHotspots;
  const tick = (id: string, label: string, checked: boolean, change: (on: boolean) => void) => html`
    <label class="tick"><input id=${id} type="checkbox" .checked=${live(checked)} @change=${(event: Event) => change((event.target as HTMLInputElement).checked)} /> ${label}</label>`;
  const known = new Map(method.parameters.map((each) => [each.name, each]));
  const length = (name: "bandwidth" | "cell", label: string) => {
    const told = known.get(name);
    return told === undefined ? nothing : lengthField(name, label, told, question[name] ?? "", actions);
  };
  const over = known.get("over");
  return html`
    ${known.has("bandwidth") ? html`<div class="pair">${length("bandwidth", "Bandwidth, m")}${length("cell", "Cell, m")}</div>` : nothing}
    ${
      over
        ? choose(
            "over",
            "Among",
            question["over"] ?? String(over.usual),
            (over.choices ?? []).map((value) => ({ value, label: sentenceCase(value) })),
            (value) => set({ over: value }),
          )
        : nothing
    }
    ${method.tests ? tick("fdr", "Control false discoveries", question["fdr"] !== "false", (on) => set({ fdr: on ? undefined : "false" })) : nothing}
    ${method.weighs && method.maps ? tick("harm", "Count harm, not incidents", question["harm"] === "true", (on) => set({ harm: on ? "true" : undefined })) : nothing}
  `;
}

/** A length that a rule chooses where nobody does. */
function lengthField(
  name: "bandwidth" | "cell",
  label: string,
  { least, most, means }: Parameter,
  value: string,
  actions: Actions,
): TemplateResult {
  return html`<div class="field"><label for=${name} title=${means}>${label}</label>
    <input id=${name} type="number" inputmode="numeric" min=${least || 10} max=${most ?? 20_000} step="10" placeholder="By rule" .value=${live(value)}
      @change=${(event: Event) => actions.askHotspots({ [name]: (event.target as HTMLInputElement).value || undefined })} /></div>`;
}

/** The key to the map, its classes as the service cut them. */
export function hotspotLegend({ hotspots }: Model): TemplateResult | typeof nothing {
  if (hotspots.state !== "ready" || !hotspots.value.features) return nothing;
  const classes = classCounts(hotspots.value);
  return html`
    <section class="legend" aria-labelledby="legend-heading">
      <h2 id="legend-heading" class="small-heading">On the map</h2>
      <ul>${classes.map(
        ({ name, colour, count }) =>
          html`<li><span class="swatch" style="background-color:${colour}" aria-hidden="true"></span><span class="legend-label">${name}</span><span class="legend-count">${number(count)}<span class="unseen"> on the map</span></span></li>`,
      )}</ul>
      ${classes.length === 0 ? html`<p class="grade">Nothing to draw.</p>` : nothing}
    </section>
  `;
}
