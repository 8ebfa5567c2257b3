import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped, liesIn, ofWhom, sharedDoubt } from "./reading.ts";
import type { AreaName, ProfileFigure } from "./shapes.ts";

const figure = (parts: Partial<ProfileFigure>): ProfileFigure => ({
  indicator: "population",
  name: "Residents",
  label: "Residents",
  heading: "",
  folded: false,
  category: "",
  category_name: "",
  period: "2018",
  unit: "people",
  decimals: 0,
  value: 10,
  lower: null,
  upper: null,
  numerator: null,
  denominator: null,
  confidence: null,
  area: null,
  ranking: null,
  words: null,
  status: "observed",
  reason: null,
  denominator_words: null,
  sentence: "2018: 10 people.",
  sources: [],
  ...parts,
});

const area = (vintage: string, code: string, level: string): AreaName => ({
  vintage,
  code,
  level,
  name: `${code} of ${vintage}`,
});
const bristol = { ...area("lad_2021", "E06000023", "lad"), name: "Bristol", relation: "larger" as const };

test("an area lies in each larger one once, by its newest year, and never in one of its own step", () => {
  const parents = [
    area("region_2011", "E12000009", "region"),
    area("lad_2019", "E06000023", "lad"),
    area("lad_2022", "E06000023", "lad"),
    area("msoa_2021", "E02003019", "msoa"),
    area("ward_2024", "E05010886", "ward"),
    area("ruralurban_2011", "C1", "custom"),
  ];
  const within = liesIn({ ...area("ward_2025", "E05010886", "ward"), parents });
  assert.deepEqual(
    within.map(({ vintage }) => vintage),
    ["lad_2022", "region_2011"],
  );
});

test("a figure of a larger area is said to be of it, and its own figure is said to be of nobody else", () => {
  assert.equal(ofWhom([figure({})]), "");
  assert.equal(
    ofWhom([figure({ area: bristol }), figure({ area: bristol })]),
    "all of Bristol (local authority district), not of this area alone",
  );
  assert.equal(ofWhom([figure({ area: bristol }), figure({})]), "");
  assert.equal(
    ofWhom([figure({ area: { ...bristol, relation: "same" } })]),
    "by boundaries of 2021, the same here",
  );
});

test("a doubt is said once where every figure shares it, and never for a gap", () => {
  const fitted = figure({ status: "estimated", reason: "best_fit" });
  assert.match(sharedDoubt([fitted, fitted]), /^Estimated: /);
  assert.equal(sharedDoubt([fitted, figure({})]), "");
  assert.equal(sharedDoubt([figure({ value: null, status: "withheld", reason: "no_data" })]), "");
});

test("figures stand together in the order in which their headings first come", () => {
  const given = [figure({ heading: "b" }), figure({ heading: "a" }), figure({ heading: "b", value: 2 })];
  assert.deepEqual(
    grouped(given, ({ heading }) => heading).map((each) => each.length),
    [2, 1],
  );
});
