/** Charts of what is no map: the week's clock, the months with their limits, Lorenz's curve. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { number, periodInWords } from "../words.ts";
import { HOUR_CLASSES, hourInWords, numberInWords, type SeriesMonth } from "./answers.ts";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Hours by weekday as a table whose cells are coloured; what the colour says is in the cell as words. */
export function clockTable(clock: { weekday: string; hours: number[] }[]): TemplateResult {
  const total = clock.flatMap(({ hours }) => hours).reduce((sum, each) => sum + each, 0);
  const average = total / Math.max(1, clock.length * HOURS.length);
  const cell = (value: number) => {
    const words = hourInWords(value, average);
    const { colour, ink } = HOUR_CLASSES.find((each) => each.words === words) ?? {
      colour: "#fff",
      ink: "#000",
    };
    return html`<td style="background-color:${colour};color:${ink}" title=${words}>${number(value, value >= 10 ? 0 : 1)}<span class="unseen">, ${words}</span></td>`;
  };
  const sum = (values: number[]) =>
    number(
      values.reduce((all, each) => all + each, 0),
      0,
    );
  return html`
    <div class="table-frame flat" tabindex="0" role="region" aria-label="Incidents by hour and weekday">
      <table class="clock">
        <caption class="faint">Incidents in each hour of the week; an average hour has ${numberInWords(average)}.</caption>
        <thead><tr><th scope="col">Hour</th>${clock.map(({ weekday }) => html`<th scope="col"><abbr title=${weekday}>${weekday.slice(0, 3)}</abbr></th>`)}<th scope="col">All</th></tr></thead>
        <tbody>${HOURS.map(
          (hour) =>
            html`<tr><th scope="row">${String(hour).padStart(2, "0")}:00</th>${clock.map(({ hours }) => cell(hours[hour] ?? 0))}<td class="sum">${sum(clock.map(({ hours }) => hours[hour] ?? 0))}</td></tr>`,
        )}</tbody>
        <tfoot><tr><th scope="row">All</th>${clock.map(({ hours }) => html`<td class="sum">${sum(hours)}</td>`)}<td class="sum">${number(total, 0)}</td></tr></tfoot>
      </table>
    </div>
    <ul class="clock-key" aria-label="What the colours mean">${HOUR_CLASSES.map(({ words, colour }) => html`<li><span class="swatch" style="background-color:${colour}" aria-hidden="true"></span>${words}</li>`)}</ul>
  `;
}

const [TALL, LEFT, FOOT, HEAD] = [240, 44, 26, 10];
/** How wide the drawing is, so that its words keep their size on a telephone. */
const [BROAD, NARROW, PHONE_PX, LABEL_WIDE] = [640, 370, 760, 84];

/** Where a month stands on the chart; months without a delivery part the line. */
export function monthPlaces(
  months: SeriesMonth[],
  top: number,
  wide = BROAD,
): ({ x: number; y: number } | null)[] {
  const step = (wide - LEFT - 12) / Math.max(1, months.length - 1);
  return months.map(({ level }, at) =>
    level === null ? null : { x: LEFT + at * step, y: HEAD + (1 - level / top) * (TALL - HEAD - FOOT) },
  );
}

/** Months as a line between control limits, those out of the ordinary marked; and the same as a table. */
export function monthsChart(months: SeriesMonth[], parameters: Record<string, unknown>): TemplateResult {
  const limit = (name: string) => (typeof parameters[name] === "number" ? parameters[name] : null);
  const [mean, lower, upper] = [limit("mean"), limit("lower"), limit("upper")];
  const top = Math.max(1, upper ?? 0, ...months.map(({ level }) => level ?? 0)) * 1.08;
  const wide = globalThis.innerWidth <= PHONE_PX ? NARROW : BROAD;
  const flagged = months.filter(({ flags }) => flags.length > 0).length;
  return html`
    <figure class="months">
      <svg viewBox="0 0 ${wide} ${TALL}" role="img" aria-label="Month by month: ${months.length} months, ${flagged} out of the ordinary. The table has every number.">${series(months, top, wide, { mean, lower, upper })}</svg>
      <figcaption class="faint">Solid line: the usual month. Dashed lines: limits that chance seldom passes. A diamond is a month out of the ordinary.</figcaption>
    </figure>
    ${monthsTable(months)}
  `;
}

function series(
  months: SeriesMonth[],
  top: number,
  wide: number,
  { mean, lower, upper }: Record<"mean" | "lower" | "upper", number | null>,
): unknown {
  const places = monthPlaces(months, top, wide);
  const y = (level: number) => HEAD + (1 - level / top) * (TALL - HEAD - FOOT);
  const rule = (level: number | null, dash: string) =>
    level === null
      ? nothing
      : svg`<line x1=${LEFT} x2=${wide - 8} y1=${y(level)} y2=${y(level)} stroke="#4d595e" stroke-width="1" stroke-dasharray=${dash} /><text x=${LEFT - 6} y=${y(level) + 4} text-anchor="end" font-size="11" fill="#4d595e">${numberInWords(Math.round(level))}</text>`;
  const steps = places.flatMap((place, at) => {
    const next = places[at + 1];
    return place && next ? [{ place, next }] : [];
  });
  const every = Math.max(1, Math.ceil((months.length * LABEL_WIDE) / (wide - LEFT)));
  return svg`
    ${rule(mean, "none")}${rule(lower, "5 4")}${rule(upper, "5 4")}
    ${steps.map(({ place, next }) => svg`<line x1=${place.x} y1=${place.y} x2=${next.x} y2=${next.y} stroke="#0b5563" stroke-width="2" />`)}
    ${places.map((place, at) => {
      if (!place) return nothing;
      const isOut = (months[at]?.flags.length ?? 0) > 0;
      return isOut
        ? svg`<path d="M0,-6 L6,0 L0,6 L-6,0 Z" transform="translate(${place.x} ${place.y})" fill="#d55e00" stroke="#1b2427" stroke-width="1" />`
        : svg`<circle cx=${place.x} cy=${place.y} r="3.2" fill="#0b5563" />`;
    })}
    ${months.map(({ month }, at) => {
      const place = places[at];
      return place && at % every === 0
        ? svg`<text x=${place.x} y=${TALL - 6} text-anchor=${place.x > wide - LABEL_WIDE / 2 ? "end" : "middle"} font-size="11" fill="#4d595e">${month}</text>`
        : nothing;
    })}
  `;
}

function monthsTable(months: SeriesMonth[]): TemplateResult {
  const hasSeasons = months.some(({ usual }) => usual != null);
  const n = (value: number | null | undefined, decimals = 0) =>
    value == null ? html`<span class="gap">No data</span>` : number(value, decimals);
  return html`
    <div class="table-frame flat" tabindex="0" role="region" aria-label="Months">
      <table><caption class="unseen">Incidents month by month</caption>
        <thead><tr><th scope="col">Month</th><th scope="col" class="numeric">Incidents</th><th scope="col" class="numeric">Per equal month</th>${hasSeasons ? html`<th scope="col" class="numeric">Usual for the season</th>` : nothing}<th scope="col">Out of the ordinary</th></tr></thead>
        <tbody>${months
          .toReversed()
          .map(
            (each) =>
              html`<tr><th scope="row">${periodInWords(each.month)}</th><td class="numeric">${n(each.incidents)}</td><td class="numeric">${n(each.level, 1)}</td>${hasSeasons ? html`<td class="numeric">${n(each.usual, 1)}</td>` : nothing}<td>${each.flags.join("; ") || (each.level === null ? "" : "no")}</td></tr>`,
          )}</tbody></table>
    </div>
  `;
}

const SQUARE = 240;

/** Shares of places and of incidents, the emptiest first: a straight line where all have as much. */
export function lorenzCurve(points: [number, number][]): TemplateResult {
  const inside = SQUARE - 50;
  const at = ([places, held]: [number, number]) => `${40 + places * inside},${10 + (1 - held) * inside}`;
  const half = points.find(([, held]) => held >= 0.5);
  const words = half
    ? `The fullest ${number((1 - half[0]) * 100, 1)} % of the map points hold half of the incidents.`
    : "";
  return html`
    <figure class="lorenz">
      <svg viewBox="0 0 ${SQUARE} ${SQUARE}" role="img" aria-label="Lorenz's curve. ${words}">
        <rect x="40" y="10" width=${inside} height=${inside} fill="none" stroke="#cfd6d8" />
        <line x1="40" y1=${10 + inside} x2=${40 + inside} y2="10" stroke="#7b878c" stroke-dasharray="4 4" />
        <polyline points=${points.map(at).join(" ")} fill="none" stroke="#0b5563" stroke-width="2.4" />
        <text x=${40 + inside / 2} y=${SQUARE - 12} text-anchor="middle" font-size="11" fill="#4d595e">share of map points, emptiest first</text>
        <text x="16" y=${10 + inside / 2} text-anchor="middle" font-size="11" fill="#4d595e" transform="rotate(-90 16 ${10 + inside / 2})">share of incidents</text>
        <text x="34" y="16" text-anchor="end" font-size="11" fill="#4d595e">1</text><text x="34" y=${14 + inside} text-anchor="end" font-size="11" fill="#4d595e">0</text>
      </svg>
      <figcaption class="faint">${words} The dashed line is where every point would have as much.</figcaption>
    </figure>
  `;
}
