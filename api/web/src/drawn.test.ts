import assert from "node:assert/strict";
import { test } from "node:test";
import { drawnAs } from "./drawn.ts";
import type { Figure, Legend } from "./shapes.ts";

const legend: Legend = {
  method: "quantile",
  classes: [
    { lower: 1, upper: 2, label: "1 to 2", colour: "pale" },
    { lower: 2, upper: 9, label: "2 to 9", colour: "deep" },
  ],
  zero: { label: "Zero", colour: "cream" },
  missing: { label: "No data" },
  withheld: { label: "Withheld" },
};

const figure = (parts: Partial<Figure>): Figure => ({
  area_code: "E01000001",
  name: "Aldermere 001A",
  value: null,
  lower: null,
  upper: null,
  numerator: null,
  denominator: null,
  unit: "incidents",
  status: "observed",
  reason: null,
  ...parts,
});

test("zero, missing and withheld are three different things", () => {
  const kinds = [
    drawnAs(figure({ value: 0 }), legend),
    drawnAs(figure({ status: "withheld", reason: "no_data" }), legend),
    drawnAs(figure({ status: "withheld", reason: "small_number" }), legend),
  ].map(({ kind }) => kind);
  assert.deepEqual(kinds, ["zero", "missing", "withheld"]);
});

test("a withheld figure never takes the colour of a class, whatever value comes with it", () => {
  assert.equal(drawnAs(figure({ status: "withheld", reason: "not_shared", value: 1 }), legend).colour, null);
});

test("a value on the edge of two classes belongs to the lower, and nothing falls off the top", () => {
  assert.equal(drawnAs(figure({ value: 2 }), legend).colour, "pale");
  assert.equal(drawnAs(figure({ value: 9.0001 }), legend).colour, "deep");
});

test("an incomplete figure keeps its class and its mark", () => {
  assert.deepEqual(drawnAs(figure({ value: 5, status: "incomplete" }), legend), {
    kind: "value",
    colour: "deep",
    incomplete: true,
  });
});

test("without a legend values are alike, and gaps are still gaps", () => {
  assert.equal(drawnAs(figure({ value: 1 }), null).colour, drawnAs(figure({ value: 9 }), null).colour);
  assert.equal(drawnAs(figure({ status: "withheld", reason: "no_data" }), null).kind, "missing");
});

test("where the legend has no symbol for zero, zero is a value like another", () => {
  assert.equal(drawnAs(figure({ value: 0 }), { ...legend, zero: null }).kind, "value");
});
