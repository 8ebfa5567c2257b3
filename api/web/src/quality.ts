/** How good a source's deliveries are, asked for only when somebody opens it. */
import { html, nothing, render, type TemplateResult } from "lit-html";
import { ask } from "./service.ts";

interface Finding {
  aspect: string;
  verdict: "as expected" | "needs a look" | "not known";
  sentence: string;
}

export interface Card {
  status: string;
  timeliness: Finding;
  deliveries: { id: number; partition: string; status: string; findings: Finding[] }[];
}

/** The newest deliveries are shown; how many more there are is said. */
const MOST_SHOWN = 6;

export function qualityAddress(source: string): string {
  return `/sources/${encodeURIComponent(source)}`;
}

/** A closed fold under a source; its first opening asks the service. */
export function qualityFold(source: string): TemplateResult {
  let asked = false;
  const open = async (event: Event) => {
    const fold = event.currentTarget as HTMLDetailsElement;
    const place = fold.querySelector<HTMLElement>(".quality-card");
    if (!fold.open || asked || !place) return;
    asked = true;
    render(html`<p class="faint" role="status">Asking…</p>`, place);
    try {
      render(cardTable(await ask<Card>(qualityAddress(source)), source), place);
    } catch (failure) {
      asked = false;
      const words = failure instanceof Error ? failure.message : String(failure);
      render(html`<p role="alert">${words}</p>`, place);
    }
  };
  return html`<details @toggle=${open}><summary>How good is it?</summary><div class="quality-card"></div></details>`;
}

/** What should be looked at of a delivery, in sentences; that nothing should, where that is so. */
export function toldOf(findings: Finding[]): string[] {
  const look = findings.filter(({ verdict }) => verdict === "needs a look").map(({ sentence }) => sentence);
  if (look.length > 0) return look;
  return [findings.some(({ verdict }) => verdict === "as expected") ? "As expected" : "Not known"];
}

export function moreInWords(all: number): string {
  return all > MOST_SHOWN ? `${all - MOST_SHOWN} earlier deliveries are in the whole card.` : "";
}

function cardTable(card: Card, source: string): TemplateResult {
  const { deliveries } = card;
  return html`
    <p>${card.timeliness.sentence}.</p>
    ${
      deliveries.length === 0
        ? nothing
        : html`<table><caption class="faint">Deliveries behind the figures, the newest first</caption>
            <thead><tr><th scope="col">Delivery</th><th scope="col">What to know</th></tr></thead>
            <tbody>${deliveries.slice(0, MOST_SHOWN).map(
              (one) => html`<tr><th scope="row">${one.partition}</th>
                <td>${toldOf(one.findings).map((sentence) => html`<p>${sentence}</p>`)}</td></tr>`,
            )}</tbody></table>`
    }
    <p class="faint">${moreInWords(deliveries.length)} <a href=${qualityAddress(source)}>The whole card as JSON</a></p>
  `;
}
