import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cellInWords,
  classCounts,
  columnCell,
  colouredShapes,
  columnInWords,
  columnsOf,
  coverageInWords,
  hourInWords,
  numberInWords,
  parameterLines,
  type HotspotAnswer,
} from "./answers.ts";
import { monthPlaces } from "./charts.ts";
import { whereInWords } from "./view.ts";

const shape = (properties: Record<string, unknown>) =>
  ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [0, 0] } }) as const;

const answer = {
  features: [
    shape({ code: "A", name: "A", class: "hot, 99 %", incidents: 9, z: 4.2 }),
    shape({ code: "B", name: "B", class: "not significant", incidents: 1, z: null, new: true }),
  ],
  classes: [
    { class: "hot, 99 %", colour: "#b2182b" },
    { class: "not significant", colour: "#f2f2f2" },
    { class: "cold, 99 %", colour: "#2166ac" },
  ],
  parameters: {},
  coverage: {},
  evaluation: null,
  reading: [],
} as unknown as HotspotAnswer;

test("a shape takes the colour of its class, and what stands out has a dark edge besides", () => {
  const drawn = colouredShapes(answer).features.map(({ properties }) => [
    properties?.["colour"],
    properties?.["stands_out"],
  ]);
  assert.deepEqual(drawn, [
    ["#b2182b", true],
    ["#f2f2f2", false],
  ]);
});

test("the key counts every class, those that do not occur too", () => {
  assert.deepEqual(
    classCounts(answer).map(({ count }) => count),
    [1, 1, 0],
  );
});

test("the table has a column for whatever any shape tells, and a gap is a word", () => {
  assert.deepEqual(columnsOf(answer), ["incidents", "z", "new"]);
  assert.deepEqual(
    [cellInWords(null), cellInWords(0), cellInWords(true), cellInWords([])],
    ["none", "0", "yes", "none"],
  );
  assert.deepEqual([columnCell("p", 0), columnCell("incidents", 0)], ["under 0.0001", "0"]);
  assert.equal(columnInWords("adjusted_p"), "p, adjusted");
  assert.equal(columnInWords("land_km2"), "Land, km²");
});

test("numbers keep the digits that say something", () => {
  assert.deepEqual([1234.5, 3.14159, 0.04237, 0.000001, 12].map(numberInWords), [
    "1,235",
    "3.14",
    "0.0424",
    "under 0.0001",
    "12",
  ]);
});

test("what was not delivered is named, and what looks too small too", () => {
  const whole = { month: "2018-10", force: "Avon", status: "whole" } as const;
  assert.equal(coverageInWords({ months: [whole] }), "Every month asked about was delivered whole.");
  assert.equal(
    coverageInWords({
      months: [
        whole,
        { ...whole, month: "2018-11", status: "missing" },
        { ...whole, force: null, status: "doubtful" },
      ],
    }),
    "Missing: 2018-11 of Avon. Fewer rows than usual: 2018-10.",
  );
});

test("parameters are lines; what stands elsewhere is not said again, and what is inside is named after what it is in", () => {
  assert.deepEqual(
    parameterLines({ method: "kde", bandwidth_m: 300, because: { cell_m: "as asked" }, harm: null }),
    [
      ["Bandwidth, m", "300"],
      ["Because: cell, m", "as asked"],
    ],
  );
});

test("hours are told beside an average hour, and none is none", () => {
  assert.deepEqual(
    [0, 1, 5, 10, 14, 30].map((value) => hourInWords(value, 10)),
    ["none", "far below average", "below average", "about average", "above average", "far above average"],
  );
});

test("a month that was not delivered has no place on the chart", () => {
  const month = (level: number | null) => ({
    month: "2018-10",
    status: "",
    incidents: level,
    level,
    flags: [],
  });
  const places = monthPlaces([month(5), month(null), month(10)], 10);
  assert.equal(places[1], null);
  assert.ok((places[0]?.y ?? 0) > (places[2]?.y ?? 0));
});

test("a place goes by its name, or by its rank", () => {
  assert.equal(whereInWords({ name: "Bristol 001A", code: "E01" }), "Bristol 001A (E01)");
  assert.equal(whereInWords({ name: "S1", code: "S1" }), "S1");
  assert.equal(whereInWords({ rank: 3 }), "No. 3");
});
