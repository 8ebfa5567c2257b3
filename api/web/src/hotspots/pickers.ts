/** The rail of the hotspot view: how, what, when, where, in which pieces; and the key to the map. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { choose } from "../controls.ts";
import type { Actions, Model } from "../model.ts";
import { monthInShort, number } from "../words.ts";
import { classCounts } from "./answers.ts";
import { METHODS, needsLong, placeInWords, settledOf, unitInWords, type SettledHotspots } from "./asking.ts";

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
        METHODS.map(({ id, title }) => ({ value: id, label: title })),
        (id) =>
          set({
            method: id,
            bandwidth: undefined,
            cell: undefined,
            ...(needsLong(id) && { from: undefined }),
          }),
      )}
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
        within,
        places.map(({ id, name }) => ({ value: id, label: name })),
        (value) => set({ in: value }),
      )}
      ${
        method.byUnit
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
  const isSurface = method.id === "kde" || method.id === "risk";
  const length = (part: "bandwidth" | "cell", label: string) => html`
    <div class="field"><label for=${part}>${label}</label>
      <input id=${part} type="number" inputmode="numeric" min="10" max="20000" step="10" placeholder="By rule" .value=${live(question[part] ?? "")}
        @change=${(event: Event) => set({ [part]: (event.target as HTMLInputElement).value || undefined })} /></div>`;
  if (!method.tests && !method.weighs && !isSurface) return nothing;
  return html`
    ${isSurface ? html`<div class="pair">${length("bandwidth", "Bandwidth, m")}${length("cell", "Cell, m")}</div>` : nothing}
    ${
      method.id === "risk"
        ? choose(
            "over",
            "Among",
            question["over"] ?? "residents",
            [
              { value: "residents", label: "Residents" },
              { value: "households", label: "Households" },
            ],
            (over) => set({ over }),
          )
        : nothing
    }
    ${method.tests ? tick("fdr", "Control false discoveries", question["fdr"] !== "false", (on) => set({ fdr: on ? undefined : "false" })) : nothing}
    ${method.weighs && method.maps ? tick("harm", "Count harm, not incidents", question["harm"] === "true", (on) => set({ harm: on ? "true" : undefined })) : nothing}
  `;
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
