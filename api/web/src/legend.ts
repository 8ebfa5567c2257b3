/** The key to the map: classes as the service cut them, and zero, missing, withheld and incomplete apart. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Kind } from "./drawn.ts";
import type { Model } from "./model.ts";
import type { FiguresMeta } from "./shapes.ts";
import { number } from "./words.ts";

interface Tally {
  kinds: Record<Kind, number>;
  colours: Map<string, number>;
  incomplete: number;
}

function tally(model: Model): Tally {
  const counted: Tally = {
    kinds: { value: 0, zero: 0, missing: 0, withheld: 0 },
    colours: new Map(),
    incomplete: 0,
  };
  for (const each of model.drawn.values()) {
    counted.kinds[each.kind] += 1;
    counted.incomplete += Number(each.incomplete);
    if (each.kind === "value" && each.colour)
      counted.colours.set(each.colour, (counted.colours.get(each.colour) ?? 0) + 1);
  }
  return counted;
}

export function legend(model: Model): TemplateResult | typeof nothing {
  if (model.figures.state !== "ready") return nothing;
  const { meta } = model.figures.value;
  const counted = tally(model);
  const { zero, classes, missing, withheld } = meta.legend;
  return html`
    <section class="legend" aria-labelledby="legend-heading">
      <h2 id="legend-heading" class="small-heading">${meta.unit}</h2>
      <ul>
        ${zero ? row(swatch(zero.colour), zero.label, counted.kinds.zero) : nothing}
        ${classes.map((each) => row(swatch(each.colour), each.label, counted.colours.get(each.colour) ?? 0))}
      </ul>
      <ul class="legend-gaps">
        ${row(swatch(null, "missing"), missing.label, counted.kinds.missing)}
        ${row(swatch(null, "hatched"), withheld.label, counted.kinds.withheld)}
        ${counted.incomplete > 0 ? row(swatch(null, "dotted"), "Incomplete", counted.incomplete) : nothing}
      </ul>
      <p class="grade">${gradeNote(model, meta)}</p>
    </section>
  `;
}

function swatch(colour: string | null, kind = ""): TemplateResult {
  return html`<span class="swatch ${kind}" style=${colour ? `background-color:${colour}` : nothing} aria-hidden="true"></span>`;
}

function row(mark: TemplateResult, label: string, count: number): TemplateResult {
  return html`<li>${mark}<span class="legend-label">${label}</span><span class="legend-count" title="Areas">${number(count)}<span class="unseen"> areas</span></span></li>`;
}

export function gradeNote(model: Model, meta: FiguresMeta): string {
  const vintage = model.catalogue.vintages.find((each) => each.id === meta.vintage);
  return vintage?.grade_note ?? `Boundaries of grade ${meta.grade}.`;
}
