/** The key to the map: classes as the service cut them, and zero, missing, withheld and incomplete apart. */
import { html, nothing, type TemplateResult } from "lit-html";
import { PLAIN_COLOUR, type Kind } from "./drawn.ts";
import type { Model } from "./model.ts";
import type { FiguresMeta, Legend } from "./shapes.ts";
import { countedInWords, countOf, number, sentenceCase } from "./words.ts";

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
  const { missing, withheld } = meta.legend ?? {
    missing: { label: "No data" },
    withheld: { label: "Withheld" },
  };
  return html`
    <section class="legend" aria-labelledby="legend-heading">
      <h2 id="legend-heading" class="small-heading">${sentenceCase(meta.unit)}</h2>
      <ul>
        ${meta.legend ? classes(meta.legend, counted) : row(swatch(PLAIN_COLOUR), "Has a value", counted.kinds.value)}
      </ul>
      <ul class="legend-gaps">
        ${row(swatch(null, "missing"), missing.label, counted.kinds.missing)}
        ${row(swatch(null, "hatched"), withheld.label, counted.kinds.withheld)}
        ${counted.incomplete > 0 ? row(swatch(null, "dotted"), "Incomplete", counted.incomplete) : nothing}
      </ul>
      ${meta.denominator ? html`<p class="grade">Divided by: ${countedInWords(meta.denominator)}.</p>` : nothing}
      ${estimates(meta)}
      <p class="grade">${meta.grade_note}</p>
    </section>
  `;
}

function classes(legend: Legend, counted: Tally): TemplateResult {
  return html`
    ${legend.zero ? row(swatch(legend.zero.colour), legend.zero.label, counted.kinds.zero) : nothing}
    ${legend.classes.map((each) => row(swatch(each.colour), each.label, counted.colours.get(each.colour) ?? 0))}
  `;
}

/** Estimates take the colours of their values; that they are estimates is said beside them. */
function estimates({ counts }: FiguresMeta): TemplateResult | typeof nothing {
  const many = counts["estimated"] ?? 0;
  if (many === 0) return nothing;
  return html`<p class="grade">${countOf(many, "area has", "areas have")} an estimate, not an observation; the table says why.</p>`;
}

function swatch(colour: string | null, kind = ""): TemplateResult {
  return html`<span class="swatch ${kind}" style=${colour ? `background-color:${colour}` : nothing} aria-hidden="true"></span>`;
}

function row(mark: TemplateResult, label: string, count: number): TemplateResult {
  return html`<li>${mark}<span class="legend-label">${label}</span><span class="legend-count" title="Areas">${number(count)}<span class="unseen"> areas</span></span></li>`;
}
