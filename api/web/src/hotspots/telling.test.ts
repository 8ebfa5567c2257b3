/** The tables and charts of answers as the service gave them, read as a reader reads them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nothing, type TemplateResult } from "lit-html";
import { parameterLines, type HotspotAnswer } from "./answers.ts";
import { clockTable, monthsChart } from "./charts.ts";
import { scoring } from "./view.ts";

const answer = (name: string): HotspotAnswer =>
  JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), "utf8")) as HotspotAnswer;

/** What a template says, without its tags. */
function said(part: unknown): string {
  if (part === nothing || part === undefined || part === null) return "";
  if (Array.isArray(part)) return part.map(said).join(" ");
  if (typeof part !== "object") return String(part);
  const { strings, values } = part as TemplateResult;
  return strings.map((each, at) => each + said(values[at])).join("");
}
const words = (part: unknown): string =>
  said(part)
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

test("a hot clock has every hour of every weekday, and its sums", () => {
  const { clock } = answer("hot_clock");
  assert.ok(clock);
  const table = said(clockTable(clock));
  assert.equal(table.split("<tr>").length - 1, 1 + 24 + 1);
  assert.equal(table.split("<td style=").length - 1, 7 * 24);
  const total = clock.flatMap(({ hours }) => hours).reduce((sum, each) => sum + each, 0);
  const text = words(clockTable(clock));
  assert.match(text, new RegExp(`All .* ${Math.round(total).toLocaleString("en-GB")} `));
  assert.match(text, /far above average/);
  assert.doesNotMatch(text, /undefined|NaN|\[object/);
});

test("how good a map was stands beside last period again and a map drawn by lot", () => {
  const { evaluation } = answer("gi_star");
  assert.ok(evaluation?.scored && evaluation.map && evaluation.last_time_again && evaluation.random);
  const text = words(scoring(evaluation));
  for (const row of ["This map", "Last period again", "Drawn by lot"]) assert.ok(text.includes(row));
  assert.ok(text.includes(`${((evaluation.map.hit_rate ?? 0) * 100).toFixed(1)} %`));
  assert.ok(text.includes((evaluation.map.pai ?? 0).toFixed(2)));
  assert.ok(text.includes(evaluation.period ?? ""));
  assert.doesNotMatch(text, /undefined|NaN|\[object/);
});

test("a map that was not scored says why, and has no table", () => {
  const { evaluation } = answer("hot_clock");
  assert.equal(evaluation?.scored, false);
  const text = words(scoring(evaluation));
  assert.ok(text.includes(evaluation.because ?? "nothing"));
  assert.ok(!text.includes("PAI"));
});

test("every month is told, and one that was not delivered is no data and no zero", () => {
  const { months, parameters } = answer("series");
  assert.ok(months && months.length > 24);
  const text = words(monthsChart(months, parameters));
  const decimal = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  for (const { level } of months)
    if (level !== null) assert.ok(text.includes(level.toLocaleString("en-GB", decimal)));
  const gaps = months.filter(({ status }) => status === "missing").length;
  assert.ok(gaps > 0);
  assert.equal(text.split("No data").length - 1, 2 * gaps);
  assert.doesNotMatch(text, /undefined|NaN|\[object/);
});

test("which chance p is stands among the parameters", () => {
  const lines = new Map(parameterLines(answer("gi_star").parameters));
  assert.match(lines.get("Chance") ?? "", /dealing the incidents out by lot/);
});
