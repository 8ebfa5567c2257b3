import assert from "node:assert/strict";
import { test } from "node:test";
import type { Comparator, Profile, ProfileFigure, Spread } from "./shapes.ts";
import { leading, placesOf, spineInWords, spineRows, type SpineRow } from "./spine.ts";

const spread: Spread = {
  minimum: 2,
  lower_quartile: 8,
  median: 9,
  upper_quartile: 14,
  maximum: 50,
  of: 263,
  among: "LSOAs of Bristol",
};

const bristol: Comparator = {
  kind: "lad",
  vintage: "lad_2021",
  code: "E06000023",
  name: "Bristol",
  value: 10,
  lower: null,
  upper: null,
  numerator: null,
  denominator: null,
  period: "2018",
  verdict: "worse",
  level: 99.8,
  because: null,
};

const burglary = {
  indicator: "burglary",
  name: "Burglary",
  label: "Burglary",
  heading: "",
  category: "",
  category_name: "",
  period: "2018",
  decimals: 1,
  value: 30,
  lower: 20,
  upper: 60,
  area: null,
  spread,
  comparators: [bristol],
} as unknown as ProfileFigure;

const row = (parts: Partial<SpineRow> = {}): SpineRow => ({
  section: "Crime",
  name: "Burglary",
  figure: { ...burglary, value: 30 },
  comparator: { ...bristol, value: 10 },
  spread,
  polarity: "high_is_bad",
  ...parts,
});

const profile = (...figures: ProfileFigure[]): Profile =>
  ({
    area: { vintage: "lsoa_2011", code: "E01014540" },
    sections: [{ id: "crime", title: "Crime", topic: "crime", figures }],
  }) as unknown as Profile;

test("where high is bad, a high value lies left of the comparator, and the worst of the peers at the edge", () => {
  const { dot, left, right, innerLeft, innerRight } = placesOf(row());
  assert.equal(dot, -0.5);
  assert.equal(left, -1);
  assert.equal(right, 0.2);
  assert.ok(left <= innerLeft && innerLeft <= innerRight && innerRight <= right);
});

test("where high is good or neither, a high value lies right", () => {
  assert.equal(placesOf(row({ polarity: "high_is_good" })).dot, 0.5);
  assert.equal(placesOf(row({ polarity: "none" })).dot, 0.5);
});

test("an interval that leaves the chart is cut at its edge", () => {
  const { lower, upper } = placesOf(row());
  assert.deepEqual([lower, upper], [-1, -0.25]);
});

test("peers that are all alike make a chart too", () => {
  const alike = { ...spread, minimum: 10, lower_quartile: 10, upper_quartile: 10, maximum: 10 };
  assert.equal(
    placesOf(row({ spread: alike, figure: { ...burglary, value: 10, lower: null, upper: null } })).dot,
    0,
  );
});

test("a figure has a row where it has a value, a spread and something within it to stand beside", () => {
  const names = spineRows(
    profile(
      burglary,
      { ...burglary, period: "2017" },
      { ...burglary, indicator: "gone", value: null },
      { ...burglary, indicator: "alone", comparators: [] },
      { ...burglary, indicator: "unspread", spread: null },
      { ...burglary, indicator: "people", comparators: [{ ...bristol, value: 472465 }] },
    ),
  ).map(({ figure }) => `${figure.indicator} ${figure.period}`);
  assert.deepEqual(names, ["burglary 2018"]);
});

test("of each theme the first rows lead, and none is lost from the whole", () => {
  const rows = [1, 2, 3, 4, 5].map(() => row()).concat(row({ section: "Health" }));
  assert.deepEqual(
    leading(rows).map(({ section }) => section),
    ["Crime", "Crime", "Crime", "Health"],
  );
});

test("a row is told in words as it is drawn", () => {
  assert.equal(
    spineInWords(row()),
    "Burglary: 30.0; Bristol 10.0: worse (at 99.8 % confidence). Of 263 LSOAs of Bristol the lowest is 2.0, the highest 50.0, and the middle half 8.0 to 14.0.",
  );
});

test("a district is never held beside itself", () => {
  const region = { ...bristol, kind: "region", code: "E12000009", name: "South West", value: 12 };
  const own = { ...profile({ ...burglary, comparators: [bristol, region] } as ProfileFigure) };
  own.area = { ...own.area, code: "E06000023" };
  assert.deepEqual(spineRows(own).map(({ comparator }) => comparator.name), ["South West"]);
  own.area = { ...own.area, code: "E06000024" };
  assert.deepEqual(spineRows(own).map(({ comparator }) => comparator.name), ["Bristol"]);
});
