/** A neighbourhood of one's own: drawn, or given as codes or postcodes; made of whole areas. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Corner } from "./address.ts";
import type { Actions, Model } from "./model.ts";
import { problemCard } from "./notices.ts";
import type { Block, Profile, Vintage } from "./shapes.ts";
import { countOf, number, sentenceCase } from "./words.ts";

/** What a neighbourhood is asked for with. */
export type OwnWanted = { name?: string } & (
  | { polygon: { type: "Polygon"; coordinates: Corner[][] } }
  | { codes: string[]; vintage: string }
  | { postcodes: string[] }
);

export const LEAST_CORNERS = 3;

/** Words of a list: parted by lines, commas or semicolons, and codes by spaces too. */
export function wordsOf(text: string): string[] {
  const lines = text.split(/[\n,;]+/).map((each) => each.trim().replace(/\s+/g, " ").toUpperCase());
  const words = lines.flatMap((line) => (line.split(" ").every(isCode) ? line.split(" ") : [line]));
  return [...new Set(words.filter((each) => each !== ""))];
}

const isCode = (word: string): boolean => /^[A-Z]\d{8}$/.test(word);
const isPostcode = (word: string): boolean => /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/.test(word);

/** What a list asks for, or why it cannot be asked. */
export function listWanted(text: string, vintage: string): { wanted: OwnWanted } | { fault: string } {
  const words = wordsOf(text);
  if (words.length === 0) return { fault: "Write at least one code or postcode." };
  const [codes, postcodes] = [words.filter(isCode), words.filter(isPostcode)];
  const neither = words.filter((each) => !isCode(each) && !isPostcode(each));
  if (neither.length > 0)
    return { fault: `“${neither[0]}” is neither a code such as E01014540 nor a postcode such as BS3 4TW.` };
  if (codes.length > 0 && postcodes.length > 0)
    return { fault: "Write either codes or postcodes, not both: a postcode is not an area." };
  return { wanted: codes.length > 0 ? { codes, vintage } : { postcodes } };
}

/** The line round the corners, closed, counter-clockwise as GeoJSON wants it. */
export function ringOf(corners: Corner[]): Corner[] {
  const [first] = corners;
  if (!first) return [];
  const ring: Corner[] = [...corners, first];
  const turning = ring.slice(1).reduce((sum, [x, y], at) => {
    const [px, py] = ring[at] ?? [0, 0];
    return sum + (x - px) * (y + py);
  }, 0);
  return turning > 0 ? ring.toReversed() : ring;
}

export const drawnWanted = (corners: Corner[]): OwnWanted => ({
  polygon: { type: "Polygon", coordinates: [ringOf(corners)] },
});

/** The form where a neighbourhood is drawn or listed. */
export function ownForm(model: Model, actions: Actions): TemplateResult | typeof nothing {
  const corners = model.choice.drawing;
  if (corners === null) return nothing;
  const { own } = model;
  const blockVintages = vintagesOfBlocks(model);
  const submit = (event: Event) => {
    event.preventDefault();
    actions.makeOwn();
  };
  return html`
    <aside class="profile own" aria-labelledby="own-heading">
      <div class="profile-head">
        <h2 id="own-heading" tabindex="-1">Your own neighbourhood</h2>
        <button type="button" class="close" aria-label="Close without making a neighbourhood" @click=${actions.stopDrawing}><span aria-hidden="true">×</span></button>
        <p class="faint">It is put together from whole small areas of the published release, so that nothing about a single home can be worked out.</p>
      </div>
      <form class="profile-body own-form" @submit=${submit}>
        <div class="field"><label for="own-name">Name (if you like)</label>
          <input id="own-name" type="text" maxlength="100" autocomplete="off" .value=${live(own.name)} @input=${(event: Event) => actions.nameOwn((event.target as HTMLInputElement).value)} /></div>
        <fieldset><legend class="group">Draw it</legend>
          ${cornerTools(corners, model, actions)}
        </fieldset>
        <fieldset><legend class="group">Or list it</legend>
          <div class="field"><label for="own-list">Area codes or postcodes, parted by commas or lines</label>
            <textarea id="own-list" rows="4" spellcheck="false" placeholder="E01014540, E01014492&#10;or BS3 4TW, BS1 5TR" .value=${live(own.text)} @input=${(event: Event) => actions.listOwn((event.target as HTMLTextAreaElement).value)}></textarea></div>
          ${blockVintages.length > 1 ? html`<div class="field"><label for="own-vintage">The codes are of</label><select id="own-vintage" @change=${(event: Event) => actions.vintageOfOwn((event.target as HTMLSelectElement).value)}>${blockVintages.map(({ id, name }) => html`<option value=${id} .selected=${live(id === vintageOfCodes(model))}>${name}</option>`)}</select></div>` : nothing}
          <p class="faint">Where there is a list, what is drawn is left aside.</p>
        </fieldset>
        ${own.fault ? html`<p class="section-gap" role="alert">${own.fault}</p>` : nothing}
        ${own.made.state === "failed" ? problemCard(own.made.problem, null) : nothing}
        <button type="submit" class="plain main-action" ?disabled=${own.made.state === "loading"}>${own.made.state === "loading" ? "Working it out…" : "Show its profile"}</button>
      </form>
    </aside>
  `;
}

/** How corners are set, taken back and cleared, with the pointer or with the keyboard. */
export function cornerTools(corners: Corner[], model: Model, actions: Actions): TemplateResult {
  return html`
    <p class="faint">${corners.length === 0 ? "Click the map at each corner." : `${countOf(corners.length, "corner")} set${corners.length < LEAST_CORNERS ? `; ${number(LEAST_CORNERS - corners.length)} more at least` : ""}.`} With the keyboard, move the map with the arrow keys and set a corner at its middle.</p>
    <div class="own-tools">
      <button type="button" class="plain" @click=${actions.cornerAtMiddle} ?disabled=${!model.mapWorks}>Corner at the middle</button>
      <button type="button" class="plain" @click=${actions.undoCorner} ?disabled=${corners.length === 0}>Undo</button>
      <button type="button" class="plain" @click=${actions.clearCorners} ?disabled=${corners.length === 0}>Clear</button>
    </div>
  `;
}

/** The areas a neighbourhood can be put together from: the smallest there are figures of. */
const vintagesOfBlocks = ({ catalogue, choice }: Pick<Model, "catalogue" | "choice">): Vintage[] =>
  catalogue.vintages.filter(
    ({ id, level }) => BLOCK_LEVELS.includes(level) && choice.place.vintages.includes(id),
  );

const BLOCK_LEVELS = ["lsoa", "oa"];

/** The vintage of codes that are listed: as chosen, as on the map, or else the newest. */
export function vintageOfCodes(model: Pick<Model, "catalogue" | "choice" | "own">): string {
  const known = vintagesOfBlocks(model).map(({ id }) => id);
  const wanted = [model.own.vintage, model.choice.vintage].find((each) => known.includes(each));
  return wanted ?? known.toSorted().at(-1) ?? model.choice.vintage;
}

/** The whole areas taken, and how well they fit what was drawn. */
export function madeOf(profile: Profile): TemplateResult | typeof nothing {
  const { blocks, degree_of_fit: fit, unknown_postcodes: unknown = [] } = profile;
  if (!blocks) return nothing;
  const row = (each: Block) => html`
    <tr><th scope="row">${each.name}<span class="faint">${each.code}</span></th>
      <td>${each.taken ? "Taken whole" : "Left out"}</td>
      <td class="numeric">${each.ground_inside === null ? "" : shareInWords(each.ground_inside)}</td></tr>`;
  return html`
    <section aria-labelledby="section-made-of">
      <h3 id="section-made-of" tabindex="-1">What it is made of</h3>
      ${fit ? html`<p>${sentenceCase(fit.words)}</p>` : nothing}
      ${unknown.length > 0 ? html`<p class="section-gap">Not known, and left out: ${unknown.join(", ")}.</p>` : nothing}
      <details><summary>${countOf(blocks.length, "area")} looked at</summary>
        <table class="small-table"><caption class="unseen">Areas that were looked at</caption>
          <thead><tr><th scope="col">Area</th><th scope="col">Taken</th><th scope="col" class="numeric">Ground inside</th></tr></thead>
          <tbody>${blocks.map(row)}</tbody></table></details>
      <p class="faint">The address of this page stays: whoever has it sees the same neighbourhood.</p>
    </section>
  `;
}

const shareInWords = (share: number): string => `${number(Math.round(share * 100))} %`;
