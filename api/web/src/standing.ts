/** What a profile says as a whole: what stands out, which areas are alike, and how good it all is. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { AreaRef } from "./address.ts";
import type { Profile, StandsOut } from "./shapes.ts";
import { countOf, number } from "./words.ts";

/** How many comparisons were made before anything was said to stand out, and what came of them. */
export function testedInWords({ tested, flagged }: Pick<StandsOut, "tested" | "flagged">): string {
  if (tested === 0) return "Nothing could be compared, so nothing can stand out.";
  const found = flagged === 0 ? "none stands" : flagged === 1 ? "1 stands" : `${number(flagged)} stand`;
  return `${countOf(tested, "comparison was", "comparisons were")} tested, ${found} out.`;
}

const SENTENCES_UNFOLDED = 5;

export function standsOutSection({ stands_out: found }: Profile): TemplateResult | typeof nothing {
  if (!found) return nothing;
  const tell = ({ sentence }: { sentence: string }) => html`<li>${sentence}</li>`;
  const rest = found.sentences.slice(SENTENCES_UNFOLDED);
  return html`
    <section aria-labelledby="section-stands-out">
      <h3 id="section-stands-out" tabindex="-1">What stands out</h3>
      ${found.sentences.length > 0 ? html`<ul class="sentences">${found.sentences.slice(0, SENTENCES_UNFOLDED).map(tell)}</ul>` : nothing}
      ${rest.length > 0 ? html`<details><summary>${number(rest.length)} more</summary><ul class="sentences">${rest.map(tell)}</ul></details>` : nothing}
      <p>${testedInWords(found)}</p>
      ${found.method ? html`<p class="faint">${found.method}</p>` : nothing}
    </section>
  `;
}

const NEIGHBOURS_UNFOLDED = 6;

/** Areas most like this one; `address` tells where each is shown, `compare` where it stands beside this one. */
export function similarSection(
  { similar, similar_because: because, area }: Profile,
  address: (area: AreaRef) => string,
  compare: (areas: AreaRef[]) => string,
): TemplateResult | typeof nothing {
  if (!similar || (similar.length === 0 && !because)) return nothing;
  const link = (each: AreaRef & { name: string }) => html`<li><a href=${address(each)}>${each.name}</a></li>`;
  const rest = similar.slice(NEIGHBOURS_UNFOLDED);
  return html`
    <section aria-labelledby="section-similar">
      <h3 id="section-similar" tabindex="-1">Similar neighbourhoods</h3>
      ${because ? html`<p class=${similar.length > 0 ? "faint" : "section-gap"}>${because}</p>` : nothing}
      ${
        similar.length > 0
          ? html`<ol class="similar">${similar.slice(0, NEIGHBOURS_UNFOLDED).map(link)}</ol>
            ${rest.length > 0 ? html`<details><summary>${number(rest.length)} more</summary><ol class="similar" start=${NEIGHBOURS_UNFOLDED + 1}>${rest.map(link)}</ol></details>` : nothing}
            <p><a href=${compare([area, ...similar.slice(0, 3)])}>Compare with the three most similar</a></p>`
          : nothing
      }
    </section>
  `;
}

export function qualitySection({ quality }: Profile): TemplateResult | typeof nothing {
  if (!quality || quality.length === 0) return nothing;
  return html`
    <section aria-labelledby="section-quality">
      <h3 id="section-quality" tabindex="-1">How good these figures are</h3>
      <ul class="sentences">${quality.map((each) => html`<li>${each}</li>`)}</ul>
    </section>
  `;
}
