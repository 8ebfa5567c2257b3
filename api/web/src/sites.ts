/** The schools and surgeries of an area and near it, each with its own figures. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { AreaName, Profile, Site } from "./shapes.ts";
import { number, sentenceCase } from "./words.ts";

const METRES_IN_A_KILOMETRE = 1000;
const ROUGHLY_M = 10;

export function sitesSection({ sites, sites_note }: Profile): TemplateResult | typeof nothing {
  if (!sites_note) return nothing;
  return html`
    <section aria-labelledby="section-sites">
      <h3 id="section-sites" tabindex="-1">Schools and surgeries</h3>
      ${sites.length > 0 ? table(sites) : nothing}
      <p class="faint">${sites_note}</p>
    </section>
  `;
}

function table(sites: Site[]): TemplateResult {
  return html`
    <table class="sites">
      <thead><tr><th scope="col">Place</th><th scope="col">Where</th></tr></thead>
      <tbody>${sites.map(row)}</tbody>
    </table>
  `;
}

function row(site: Site): TemplateResult {
  const { kind, name, postcode, code, figures } = site;
  const about = [sentenceCase(kind), postcode, code].filter(Boolean).join(", ");
  return html`
    <tr>
      <th scope="row">${name}<span class="faint">${about}</span>
        ${
          figures.length > 0
            ? html`<details><summary>Its own figures</summary>
              <ul>${figures.map((figure) => html`<li>${figure.name}. ${figure.sentence}</li>`)}</ul></details>`
            : nothing
        }
      </th>
      <td>${whereInWords(site)}</td>
    </tr>
  `;
}

/** Where a site is, seen from the area: inside, or how far from its outline. */
export function whereInWords({ inside, distance_m }: Pick<Site, "inside" | "distance_m">): string {
  if (inside) return distance_m === null ? "Inside, by its postcode" : "Inside";
  if (distance_m === null) return "Near";
  if (distance_m < METRES_IN_A_KILOMETRE) {
    return `${number(Math.max(ROUGHLY_M, Math.round(distance_m / ROUGHLY_M) * ROUGHLY_M), 0)} m away`;
  }
  return `${number(distance_m / METRES_IN_A_KILOMETRE, 1)} km away`;
}

/** The everyday name of an area where it has one: people say Totterdown, and never Bristol 037. */
export function knownAs({ aliases }: Pick<AreaName, "aliases">): string {
  return aliases?.["known_as"] ?? "";
}
